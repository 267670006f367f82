// What the default filter decides, asked of its bytes.
import ContainrOCI
import ContainrSecurity
import Testing

@testable import ContainrSeccomp

/// One question: a call by name, its arguments, and the answer.
struct Case: Sendable, CustomTestStringConvertible {
  var name: String
  var arguments: [UInt64] = []
  var expected: Decision
  var i386 = false

  init(_ name: String, _ expected: Decision, i386: Bool = false) { self.init(name, [], expected, i386: i386) }

  init(_ name: String, _ arguments: [UInt64], _ expected: Decision, i386: Bool = false) {
    self.name = name
    self.arguments = arguments
    self.expected = expected
    self.i386 = i386
  }

  var testDescription: String { "\(name)(\(arguments.map { String($0) }.joined(separator: ", "))) \(expected)" }
}

private func bounding(_ set: CapabilitySet) -> OCICapabilities {
  var capabilities = OCICapabilities()
  capabilities.bounding = set.names
  return capabilities
}

/// `made`: by the rules as they are, not by what was built in of them.
private func decide(
  _ question: Case, _ set: CapabilitySet = CapabilityDefaults.docker14, made: Bool = false
) throws -> Decision {
  let architecture = FilterArchitecture.all[question.i386 ? 1 : 0]
  guard case .number(let number) = SyscallTable.number(of: question.name, on: architecture) else {
    return .broken("\(question.name) has no number here")
  }
  let capabilities = bounding(set)
  let program =
    try made ? SeccompProfile.compile(capabilities) : SeccompProfile.defaultProgram(capabilities: capabilities)
  return run(
    program,
    on: SyscallData(number: number, architecture: architecture.token, arguments: question.arguments)
  ).decision
}

#if arch(x86_64)
  @Suite struct SeccompProfileTests {
    static let cases: [Case] = [
      Case("read", .allow), Case("execve", .allow), Case("openat2", .allow), Case("futex_waitv", .allow),
      Case("fchmodat2", .allow), Case("mseal", .allow), Case("chroot", .allow), Case("ptrace", .allow),
      Case("mount", .denied), Case("unshare", .denied), Case("setns", .denied), Case("bpf", .denied),
      Case("open_by_handle_at", .denied), Case("keyctl", .denied), Case("add_key", .denied),
      Case("request_key", .denied), Case("io_uring_setup", .denied), Case("userfaultfd", .denied),
      Case("kexec_load", .denied), Case("init_module", .denied), Case("pivot_root", .denied), Case("reboot", .denied),
      Case("fsopen", .denied), Case("move_mount", .denied), Case("perf_event_open", .denied),
      Case("clone3", .unknown),
      Case("clone", [0x11], .allow), Case("clone", [0x003D_0F00], .allow), Case("clone", [0x1000_0011], .denied),
      Case("clone", [0x0002_0000], .denied), Case("clone", [0x4000_0000], .denied),
      Case("socket", [1], .allow), Case("socket", [2], .allow), Case("socket", [16], .allow),
      Case("socket", [38], .denied), Case("socket", [40], .denied), Case("socket", [0x1_0000_0028], .denied),
      Case("socket", [0xFFFF_FFFF_0000_0026], .denied), Case("socket", [39], .allow),
      Case("ioctl", [0, 0x5401], .allow), Case("ioctl", [0, 0x5412], .denied), Case("ioctl", [0, 0x541C], .denied),
      Case("ioctl", [0, 0x1_0000_5412], .denied), Case("ioctl", [0x5412, 0x5413], .allow),
      Case("personality", [0], .allow), Case("personality", [8], .allow), Case("personality", [0xFFFF_FFFF], .allow),
      Case("personality", [0x20008], .allow), Case("personality", [0x40000], .denied),
      Case("read", .allow, i386: true), Case("socket", [2], .allow, i386: true),
      Case("socket", [40], .denied, i386: true), Case("socketcall", [1], .denied, i386: true),
      Case("socketcall", [8], .denied, i386: true), Case("socketcall", [3], .allow, i386: true),
      Case("waitpid", .allow, i386: true), Case("msgget", .allow, i386: true), Case("mount", .denied, i386: true),
      Case("clone", [0x1000_0000], .denied, i386: true), Case("vm86", .denied, i386: true),
    ]

    @Test("the default filter answers as Docker's, without its holes", arguments: cases)
    func decisions(question: Case) throws {
      #expect(try decide(question) == question.expected)
      #expect(try decide(question, made: true) == question.expected, "made of the rules")
    }

    @Test("a call that is newer than the profile is ENOSYS, so that programs fall back")
    func unknownCalls() throws {
      let program = try SeccompProfile.defaultProgram(capabilities: bounding(CapabilityDefaults.docker14))
      for number in [467, 500, 1023, UInt32.max] + (0x4000_0000...0x4000_0005) {
        #expect(run(program, on: SyscallData(number: number)).decision == .unknown, "number \(number)")
      }
    }

    @Test("the filter that is built in is what the rules make for the default capabilities")
    func builtIn() throws {
      let capabilities = bounding(CapabilityDefaults.docker14)
      #expect(SeccompProfile.cacheKey(capabilities: capabilities) == DefaultProgram.key)
      let made = try SeccompProfile.compile(capabilities)
      #expect(try SeccompProfile.defaultProgram(capabilities: capabilities) == made)
      let numbers = stride(from: 0, to: made.count, by: 8).map { start in
        made[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      }
      #expect(numbers == DefaultProgram.instructions, "\(numbers.map { "0x" + String($0, radix: 16) })")
    }

    @Test("another architecture is killed")
    func otherArchitecture() throws {
      let program = try SeccompProfile.defaultProgram(capabilities: bounding(CapabilityDefaults.docker14))
      #expect(run(program, on: SyscallData(number: 0, architecture: 0xC000_00B7)).decision == .kill)
    }

    @Test(
      "a capability opens the calls that belong to it and no others",
      arguments: [
        (Capability.sysAdmin, "mount"), (.sysAdmin, "clone3"), (.sysAdmin, "unshare"), (.sysModule, "init_module"),
        (.dacReadSearch, "open_by_handle_at"), (.sysBoot, "reboot"), (.sysTime, "settimeofday"), (.bpf, "bpf"),
        (.perfmon, "perf_event_open"), (.sysNice, "mbind"), (.syslog, "syslog"), (.sysPtrace, "pidfd_getfd"),
      ])
    func capabilities(capability: Capability, name: String) throws {
      #expect(try decide(Case(name, .allow), CapabilitySet([capability])) == .allow)
      #expect(try decide(Case("keyctl", .denied), CapabilitySet([capability])) == .denied)
      #expect(try decide(Case("chroot", .denied), CapabilitySet([capability])) == .denied)
    }

    @Test("with CAP_SYS_ADMIN clone may make namespaces")
    func privilegedClone() throws {
      #expect(try decide(Case("clone", [0x1000_0011], .allow), .all) == .allow)
    }

    @Test("every call that libseccomp knows here is named by the profile, so that none is ENOSYS by omission")
    func isComplete() {
      let verdicts = SeccompProfile.verdicts(capabilities: [])
      let missing = FilterArchitecture.all.flatMap { architecture in
        (0..<1000).compactMap { SyscallTable.name(of: $0, on: architecture) }.filter { verdicts[$0] == nil }
      }
      #expect(missing == [])
    }

    @Test("the names that Debian's libseccomp lacks are these, and have numbers of our own")
    func supplements() throws {
      let lacking = SeccompProfile.verdicts(capabilities: []).keys.filter(SyscallTable.isUnknownToLibrary).sorted()
      #expect(
        lacking == [
          "getxattrat", "listmount", "listxattrat", "lsm_get_self_attr", "lsm_list_modules", "lsm_set_self_attr",
          "mseal", "removexattrat", "setxattrat", "statmount", "uretprobe",
        ])
      for name in lacking where name != "uretprobe" { #expect(SyscallTable.since424[name] != nil, "\(name)") }
    }

    @Test("our own numbers agree with libseccomp's where it has them")
    func numbersAgree() {
      for architecture in FilterArchitecture.all {
        for (name, number) in SyscallTable.since424.merging(architecture.own, uniquingKeysWith: { first, _ in first }) {
          if let known = SyscallTable.name(of: number, on: architecture) { #expect(known == name) }
        }
      }
    }

    @Test("no name is both allowed and denied, and no number gets two verdicts")
    func noContradiction() throws {
      #expect(Set(AllowedSyscalls.names).count == AllowedSyscalls.names.count)
      #expect(Set(AllowedSyscalls.names).isDisjoint(with: RestrictedSyscalls.never))
      for entry in RestrictedSyscalls.byCapability { #expect(Set(AllowedSyscalls.names).isDisjoint(with: entry.names)) }
      for architecture in FilterArchitecture.all {
        var seen: [UInt32: Verdict] = [:]
        for (name, verdict) in SeccompProfile.verdicts(capabilities: []) {
          guard case .number(let number) = SyscallTable.number(of: name, on: architecture) else { continue }
          #expect(seen.updateValue(verdict, forKey: number) ?? verdict == verdict, "\(name)")
        }
      }
    }

    @Test("an unknown name is an error, not a hole")
    func unknownName() {
      #expect(SyscallTable.number(of: "no_such_call", on: FilterArchitecture.all[0]) == .unknown)
      #expect(SyscallTable.number(of: "waitpid", on: FilterArchitecture.all[0]) == .absent)
    }

    @Test("the filter is small, quick to a verdict, and the same for the same capabilities")
    func shape() throws {
      let docker = bounding(CapabilityDefaults.docker14)
      let program = try SeccompProfile.defaultProgram(capabilities: docker)
      #expect(program.count / 8 < 1000)
      #expect((0..<500).allSatisfy { run(program, on: SyscallData(number: $0)).steps < 20 })
      #expect(try SeccompProfile.defaultProgram(capabilities: docker) == program)
      var chownOnly = docker
      chownOnly.bounding = ["CAP_CHOWN", "CAP_SYS_CHROOT"]
      #expect(SeccompProfile.cacheKey(capabilities: chownOnly) == SeccompProfile.cacheKey(capabilities: docker))
      #expect(try SeccompProfile.defaultProgram(capabilities: chownOnly) == program)
      let admin = try SeccompProfile.defaultProgram(capabilities: bounding(.all))
      #expect(SeccompProfile.digest(of: admin) != SeccompProfile.digest(of: program))
    }
  }
#endif
