// What the strict profile grants and denies, asked of its bytes.
import ContainrOCI
import ContainrSecurity
import Testing

@testable import ContainrSeccomp

#if arch(x86_64)
  @Suite struct StrictProfileTests {
    private func decide(_ question: Case, add: [String] = []) throws -> Decision {
      let capabilities = try CapabilityDefaults.capabilities(add: add, drop: [], base: .strict(noNewPrivileges: true))
      let architecture = FilterArchitecture.all[question.i386 ? 1 : 0]
      guard case .number(let number) = SyscallTable.number(of: question.name, on: architecture) else {
        return .broken("\(question.name) has no number here")
      }
      return run(
        try SeccompProfile.strictProgram(capabilities: capabilities),
        on: SyscallData(number: number, architecture: architecture.token, arguments: question.arguments)
      ).decision
    }

    static let cases: [Case] = [
      Case("read", .allow), Case("execve", .allow), Case("execveat", .allow), Case("openat2", .allow),
      Case("futex_waitv", .allow), Case("clone", [0x11], .allow), Case("clone3", .unknown),
      Case("chroot", .denied), Case("ptrace", .denied), Case("process_vm_readv", .denied), Case("adjtimex", .denied),
      Case("modify_ldt", .denied), Case("name_to_handle_at", .denied), Case("vmsplice", .denied),
      Case("memfd_secret", .denied), Case("remap_file_pages", .denied), Case("statmount", .denied),
      Case("mknod", [0, 0o010644], .allow), Case("mknod", [0, 0o100644], .allow), Case("mknod", [0, 0o644], .allow),
      Case("mknod", [0, 0o140755], .allow), Case("mknod", [0, 0o020644], .denied),
      Case("mknod", [0, 0o060644], .denied),
      Case("mknodat", [0, 0, 0o010644], .allow), Case("mknodat", [0, 0, 0o060644], .denied),
      Case("socket", [1], .allow), Case("socket", [2], .allow), Case("socket", [10], .allow),
      Case("socket", [17], .denied), Case("socket", [38], .denied), Case("socket", [40], .denied),
      Case("socket", [16, 3, 0], .allow), Case("socket", [16, 3, 15], .denied), Case("socket", [16, 3, 9], .errno(22)),
      Case("socket", [0x1_0000_0001], .allow), Case("socket", [0x1_0000_0028], .denied),
      Case("personality", [0], .allow), Case("personality", [0xFFFF_FFFF], .allow), Case("personality", [8], .denied),
      Case("ioctl", [0, 0x5412], .denied), Case("ioctl", [0, 0x5401], .allow), Case("keyctl", .denied),
      Case("io_uring_setup", .denied), Case("unshare", .denied), Case("mount", .denied),
    ]

    @Test("the strict filter answers as its list says", arguments: cases)
    func decisions(question: Case) throws { #expect(try decide(question) == question.expected) }

    @Test("programs of another architecture are killed at their first call")
    func architectures() throws { #expect(try decide(Case("read", .allow, i386: true)) == .kill) }

    @Test("a capability from cap_add gives its calls back")
    func added() throws {
      #expect(try decide(Case("ptrace", .allow), add: ["SYS_PTRACE"]) == .allow)
      #expect(try decide(Case("chroot", .allow), add: ["SYS_CHROOT"]) == .allow)
      #expect(try decide(Case("mknod", [0, 0o060644], .allow), add: ["MKNOD"]) == .allow)
      #expect(try decide(Case("socket", [17], .allow), add: ["NET_RAW"]) == .allow)
      #expect(try decide(Case("mount", .allow), add: ["SYS_ADMIN"]) == .allow)
    }

    @Test("about 345 calls are open to every container of this machine's architecture")
    func count() throws {
      let verdicts = StrictProfile.verdicts(capabilities: CapabilityDefaults.strict7.names)
      let open = verdicts.filter { name, verdict in
        guard case .number = SyscallTable.number(of: name, on: FilterArchitecture.all[0]) else { return false }
        return verdict != .denied && verdict != .unknown
      }
      #expect((270...350).contains(open.count), "\(open.count)")
      let denied = Set(StrictProfile.denied.flatMap(\.names))
      #expect(denied.isSubset(of: Set(AllowedSyscalls.names + ["chroot", "socketcall"])), "each is open by default")
    }

    @Test("seven capabilities are in force; more can never be gained, and files that carry some can still be executed")
    func capabilities() throws {
      let strict = try CapabilityDefaults.capabilities(add: [], drop: [], base: .strict(noNewPrivileges: true))
      #expect(
        strict.effective == [
          "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_NET_BIND_SERVICE",
        ])
      #expect(strict.permitted == strict.effective && strict.bounding.count == 14)
      let free = try CapabilityDefaults.capabilities(add: [], drop: [], base: .strict(noNewPrivileges: false))
      #expect(free.bounding == free.effective)
      let changed = try CapabilityDefaults.capabilities(
        add: ["NET_RAW"], drop: ["CHOWN"], base: .strict(noNewPrivileges: true))
      #expect(changed.effective.contains("CAP_NET_RAW") && !changed.bounding.contains("CAP_CHOWN"))
      let none = try CapabilityDefaults.capabilities(add: [], drop: ["ALL"], base: .strict(noNewPrivileges: true))
      #expect(none.bounding == [] && none.effective == [])
    }

    @Test("the key of a program tells what went into it")
    func keys() throws {
      func key(_ add: [String]) throws -> String {
        SeccompProfile.strictCacheKey(
          capabilities: try CapabilityDefaults.capabilities(add: add, drop: [], base: .strict(noNewPrivileges: true)))
      }
      #expect(try key([]) == key(["AUDIT_READ"]))
      for name in ["SYS_PTRACE", "SYS_CHROOT", "MKNOD", "NET_RAW", "SYS_ADMIN", "SYS_TIME"] {
        #expect(try key([]) != key([name]), "\(name)")
      }
    }
  }
#endif
