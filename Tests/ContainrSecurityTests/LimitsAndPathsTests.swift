import ContainrOCI
import Testing

@testable import ContainrSecurity

@Suite struct LimitsAndPathsTests {
  @Test("a limit is known by Compose's name and by the specification's")
  func names() throws {
    #expect(try Rlimit.named("nofile", soft: 1, hard: 2) == OCIRlimit(type: "RLIMIT_NOFILE", soft: 1, hard: 2))
    #expect(try Rlimit.named("RLIMIT_CORE", soft: 0, hard: .max).type == "RLIMIT_CORE")
    #expect(throws: SecurityError.self) { try Rlimit.named("files", soft: 1, hard: 2) }
    #expect(throws: SecurityError.self) { try Rlimit.named("nofile", soft: 3, hard: 2) }
  }

  @Test("every container gets no core files and a sane number of descriptors, unless it asks otherwise")
  func defaults() {
    let plain = Rlimit.withDefaults([], hardNOFILE: .max)
    #expect(plain.map(\.type) == ["RLIMIT_CORE", "RLIMIT_NOFILE"])
    #expect(plain.map(\.hard) == [0, 1_048_576])
    #expect(Rlimit.withDefaults([], hardNOFILE: 512)[1] == OCIRlimit(type: "RLIMIT_NOFILE", soft: 512, hard: 512))
    let asked = Rlimit.withDefaults([OCIRlimit(type: "RLIMIT_CORE", soft: 5, hard: 5)], hardNOFILE: 4096)
    #expect(asked.map(\.hard) == [4096, 5])
  }

  @Test("Docker's masked and read-only paths are all among ours")
  func masks() {
    let masks = Set(MaskedPaths.defaults(possibleCPUs: 2))
    for path in ["acpi", "asound", "interrupts", "kcore", "keys", "latency_stats", "sched_debug", "scsi", "timer_list"]
    {
      #expect(masks.contains("/proc/\(path)"))
    }
    #expect(masks.contains("/sys/devices/system/cpu/cpu1/thermal_throttle"))
    #expect(masks.count == MaskedPaths.defaults.count + 2)
    #expect(ReadonlyPaths.defaults == ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"])
  }

  @Test(
    "parameters of the container's own namespaces are allowed",
    arguments: [
      ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
      ("net/ipv4/conf/eth0.10/forwarding", "net/ipv4/conf/eth0.10/forwarding"),
      ("net.ipv4.conf.eth0/10.forwarding", "net/ipv4/conf/eth0.10/forwarding"), ("kernel.shmmax", "kernel/shmmax"),
      ("fs.mqueue.msg_max", "fs/mqueue/msg_max"),
    ])
  func sysctlAllowed(name: String, path: String) throws { #expect(try Sysctl.path(of: name, value: "1 2") == path) }

  @Test(
    "parameters of the host, and tricks, are refused",
    arguments: [
      ("kernel.core_pattern", "x"), ("vm.swappiness", "1"), ("net.ipv4.ip_forward", "1\n2"), ("net.ipv4.x", ""),
      ("net/../kernel/core_pattern", "x"), ("net..x", "1"), ("net", "1"), ("fs.file-max", "1"), ("kernel.sysrq", "1"),
      ("net.ipv4.a b", "1"), ("kernel/shmmax/../core_pattern", "x"), ("fs.mqueue.a.b", "1"), ("net.\u{301}", "1"),
    ])
  func sysctlRefused(name: String, value: String) {
    #expect(throws: SecurityError.self) { try Sysctl.path(of: name, value: value) }
  }

  @Test("a shared namespace takes its parameters away")
  func sysctlShared() {
    #expect(throws: SecurityError.self) { try Sysctl.path(of: "net.ipv4.x", value: "1", ownNetwork: false) }
    #expect(throws: SecurityError.self) { try Sysctl.path(of: "kernel.sem", value: "1", ownIPC: false) }
  }
}
