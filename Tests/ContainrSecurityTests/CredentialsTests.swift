// The appliers, on threads of their own. They need root.
import ContainrOCI
import ContainrSeccomp
import ContainrSecurity
import ContainrSystem
import Glibc
import SystemPackage
import Testing

@Suite(.enabled(if: isRoot, "changing credentials needs root")) struct CredentialsTests {
  private static func docker() throws -> OCICapabilities {
    try CapabilityDefaults.capabilities(add: [], drop: [])
  }

  @Test("root in a container holds Docker's fourteen capabilities and no others")
  func containerRoot() throws {
    let status = try onOwnThread {
      let capabilities = try Self.docker()
      try Credentials.limitBounding(to: capabilities)
      try Credentials.become(uid: 0, gid: 0, groups: [0, 10])
      try Credentials.setCapabilities(capabilities, uid: 0)
      return try threadStatus()
    }
    for field in ["CapBnd", "CapPrm", "CapEff"] { #expect(status[field] == "00000000a80425fb") }
    for field in ["CapInh", "CapAmb"] { #expect(status[field] == "0000000000000000") }
    #expect(status["Groups"] == "0 10")
  }

  @Test("another user holds none, keeps the bounding set, and has exactly its groups")
  func plainUser() throws {
    let status = try onOwnThread {
      let capabilities = try Self.docker()
      try Credentials.limitBounding(to: capabilities)
      try Credentials.become(uid: 1000, gid: 1001, groups: [1001, 5, 1001])
      try Credentials.setCapabilities(capabilities, uid: 1000)
      try Credentials.setNoNewPrivileges()
      return try threadStatus()
    }
    #expect(status["Uid"] == "1000 1000 1000 1000")
    #expect(status["Gid"] == "1001 1001 1001 1001")
    #expect(status["Groups"] == "5 1001")
    #expect(status["CapBnd"] == "00000000a80425fb")
    for field in ["CapPrm", "CapEff", "CapInh", "CapAmb"] { #expect(status[field] == "0000000000000000") }
    #expect(status["NoNewPrivs"] == "1")
  }

  @Test("a capability that was given away cannot be asked for again")
  func gone() throws {
    let error = try onOwnThread {
      try Credentials.limitBounding(to: CapabilitySet([.chown, .setpcap]))
      do {
        try Credentials.limitBounding(to: CapabilitySet([.chown, .sysAdmin]))
      } catch {
        return "\(error)"
      }
      return "no error"
    }
    #expect(error.contains("CAP_SYS_ADMIN"))
  }

  @Test("raising a hard limit without CAP_SYS_RESOURCE is an error that says so")
  func hardLimit() throws {
    let hard = try Rlimit.hard("nofile")
    try #require(hard < .max)
    let error = try onOwnThread {
      try Credentials.setCapabilities(OCICapabilities(), uid: 0)
      do {
        try Rlimit.apply([OCIRlimit(type: "RLIMIT_NOFILE", soft: 1024, hard: hard + 1)])
      } catch {
        return "\(error)"
      }
      return "no error"
    }
    #expect(error.contains("over this process's hard limit \(hard)"))
    #expect(try Rlimit.hard("RLIMIT_NOFILE") == hard)
  }

  @Test("the kernel takes the default filter and decides by it", arguments: [true, false])
  func filter(noNewPrivileges: Bool) throws {
    let results = try onOwnThread {
      let capabilities = try Self.docker()
      let program = try SeccompProfile.defaultProgram(capabilities: capabilities)
      try ProcessReset.sessionKeyring()
      try Credentials.limitBounding(to: capabilities)
      if !noNewPrivileges { try SeccompFilter.install(program) }
      try Credentials.become(uid: 1000, gid: 1000, groups: [1000])
      try Credentials.setCapabilities(capabilities, uid: 1000)
      if noNewPrivileges {
        try Credentials.setNoNewPrivileges()
        try SeccompFilter.install(program)
      }
      var results: [Int32] = []
      for family in [Int32(40), 38, 2] {
        let fd = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        results.append(fd < 0 ? errno : 0)
        if fd >= 0 { close(fd) }
      }
      do {
        try ProcessReset.sessionKeyring()
        results.append(0)
      } catch {
        results.append((error as? SyscallError)?.errno ?? -1)
      }
      return results + [Int32(try threadStatus()["Seccomp"] ?? "") ?? -1]
    }
    #expect(results == [EPERM, EPERM, 0, EPERM, 2])
  }

  @Test("what the caller had is reset: nice, scheduler, I/O priority, affinity, secure bits, death signal")
  func reset() throws {
    let nice = try onOwnThread {
      _ = Glibc.nice(5)
      try ProcessReset.scheduling()
      try ProcessReset.parentDeathSignal()
      try ProcessReset.secureBits()
      errno = 0
      return Glibc.nice(0)
    }
    #expect(nice == 0)
  }

  @Test("a negative oom_score_adj is lifted, another one stays, through a handle on procfs")
  func oomScore() throws {
    let before = try Kernel.text(of: "/proc/self/oom_score_adj")
    let proc = try Kernel.open("/proc", [.path, .directory])
    try ProcessReset.oomScoreAdjust(nil, procfs: proc.raw)
    #expect(try Int(Kernel.text(of: "/proc/self/oom_score_adj")) == max(0, Int(before) ?? 0))
  }
}
