import ContainrCgroups
import ContainrOCI
import Testing

/// Every limit at once.
func everything() -> OCIResources {
  var resources = OCIResources()
  resources.memory.limit = 64 << 20
  resources.memory.swap = 96 << 20
  resources.memory.reservation = 32 << 20
  resources.cpu.quota = 50_000
  resources.cpu.period = 100_000
  resources.cpu.shares = 512
  resources.cpu.cpus = "0-1"
  resources.cpu.mems = "0"
  resources.pids = 100
  resources.blockIO.throttleReadBpsDevice = [OCIThrottle(major: 254, minor: 0, rate: 1 << 20)]
  resources.blockIO.throttleWriteIOPSDevice = [OCIThrottle(major: 254, minor: 0, rate: 10)]
  return resources
}

private func text(_ resources: OCIResources, _ layout: CgroupMounts.Layout) throws -> [String] {
  try Cgroup.writes(for: resources, layout: layout).map { "\($0.controller)/\($0.file) = \($0.value)" }
}

@Suite struct CgroupWritesTests {
  @Test("on v1 each limit is one value in its controller's file, in the kernel's order")
  func v1() throws {
    #expect(
      try text(everything(), .hybrid) == [
        "memory/memory.limit_in_bytes = 67108864", "memory/memory.memsw.limit_in_bytes = 100663296",
        "memory/memory.soft_limit_in_bytes = 33554432", "cpu/cpu.shares = 512", "cpu/cpu.cfs_period_us = 100000",
        "cpu/cpu.cfs_quota_us = 50000", "cpuset/cpuset.cpus = 0-1", "cpuset/cpuset.mems = 0", "pids/pids.max = 100",
        "blkio/blkio.throttle.read_bps_device = 254:0 1048576", "blkio/blkio.throttle.write_iops_device = 254:0 10",
      ])
  }

  @Test("on v2 the same limits are v2's files: swap by itself, weights for shares, one io.max")
  func v2() throws {
    #expect(
      try text(everything(), .v2) == [
        "memory/memory.max = 67108864", "memory/memory.swap.max = 33554432", "memory/memory.low = 33554432",
        "cpu/cpu.weight = 20", "cpu/cpu.max = 50000 100000", "cpuset/cpuset.cpus = 0-1", "cpuset/cpuset.mems = 0",
        "pids/pids.max = 100", "io/io.max = 254:0 rbps=1048576", "io/io.max = 254:0 wiops=10",
      ])
  }

  @Test("nothing asked is nothing written")
  func empty() throws {
    #expect(try text(OCIResources(), .v1).isEmpty)
    #expect(try text(OCIResources(), .v2).isEmpty)
  }

  @Test("the default device rules deny all, then allow the standard nodes and no others")
  func devices() throws {
    var resources = OCIResources()
    resources.devices = OCIDeviceRule.containerDefaults
    #expect(
      try text(resources, .v1) == ["devices/devices.deny = a"]
        + ["1:3", "1:5", "1:7", "1:8", "1:9", "5:0", "5:1", "5:2", "136:*"].map {
          "devices/devices.allow = c \($0) rwm"
        })
  }

  @Test("unlimited is said as each version says it")
  func unlimited() throws {
    var resources = OCIResources()
    resources.memory.limit = 1 << 20
    resources.memory.swap = -1
    resources.pids = -1
    resources.cpu.quota = -1
    #expect(
      try text(resources, .v1) == [
        "memory/memory.limit_in_bytes = 1048576", "memory/memory.memsw.limit_in_bytes = -1",
        "cpu/cpu.cfs_quota_us = -1",
        "pids/pids.max = max",
      ])
    #expect(
      try text(resources, .v2) == [
        "memory/memory.max = 1048576", "memory/memory.swap.max = max", "cpu/cpu.max = max 100000",
        "pids/pids.max = max",
      ])
    // No process at all is a limit.
    resources = OCIResources()
    resources.pids = 0
    #expect(try text(resources, .v1) == ["pids/pids.max = 0"])
  }

  struct Refusal: Sendable {
    var field: String
    var layout = CgroupMounts.Layout.v1
    var change: @Sendable (inout OCIResources) -> Void
  }

  @Test(
    "values that the kernel would refuse, or mistake, are errors that name the limit",
    arguments: [
      Refusal(field: "memory.limit") { $0.memory.limit = 0 },
      Refusal(field: "memory.swap") { $0.memory.swap = 5 },
      Refusal(field: "memory.swap") {
        $0.memory.limit = 10
        $0.memory.swap = 5
      },
      Refusal(field: "cpu.quota") { $0.cpu.quota = 10 },
      Refusal(field: "cpu.period") { $0.cpu.period = 10 },
      Refusal(field: "cpu.shares", layout: .v2) { $0.cpu.shares = 1 },
      Refusal(field: "cpu.cpus") { $0.cpu.cpus = "1-0" },
      Refusal(field: "cpu.cpus") { $0.cpu.cpus = "0-99999999999999" },
      Refusal(field: "cpu.mems", layout: .v2) { $0.cpu.mems = "0\n1" },
      Refusal(field: "blkio.weight") { $0.blockIO.weight = 1001 },
      Refusal(field: "devices") { $0.devices = [OCIDeviceRule(allow: true, type: "x")] },
      Refusal(field: "devices") { $0.devices = [OCIDeviceRule(allow: true, type: "c", access: "rx")] },
      Refusal(field: "unified") { $0.unified = ["memory.high": "1"] },
      Refusal(field: "unified", layout: .v2) { $0.unified = ["../memory.high": "1"] },
    ])
  func refused(_ refusal: Refusal) {
    var resources = OCIResources()
    refusal.change(&resources)
    let error = #expect(throws: CgroupError.self) { try Cgroup.writes(for: resources, layout: refusal.layout) }
    #expect(error?.field == refusal.field)
  }
}
