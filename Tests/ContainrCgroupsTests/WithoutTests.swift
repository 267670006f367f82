// Limits without those that a host cannot give.
import ContainrOCI
import Testing

@testable import ContainrCgroups

@Suite("Limits that are left out") struct WithoutTests {
  private var all: OCIResources {
    var all = OCIResources()
    (all.memory.limit, all.memory.reservation, all.memory.swap) = (64 << 20, 32 << 20, 128 << 20)
    (all.cpu.shares, all.cpu.quota, all.cpu.period, all.cpu.cpus, all.cpu.mems) = (512, 50_000, 100_000, "0", "0")
    all.pids = 5
    all.blockIO.weight = 200
    let throttle = [OCIThrottle(major: 8, minor: 0, rate: 300)]
    (all.blockIO.weightDevice, all.blockIO.throttleReadBpsDevice) = (throttle, throttle)
    (all.blockIO.throttleWriteBpsDevice, all.blockIO.throttleReadIOPSDevice) = (throttle, throttle)
    all.blockIO.throttleWriteIOPSDevice = throttle
    return all
  }

  @Test(
    "each limit that a host can lack is left out by the name under which it is lacking, and no other with it",
    arguments: [CgroupMounts.Layout.v1, .v2])
  func each(layout: CgroupMounts.Layout) throws {
    var all = all
    if layout == .v1 {
      (all.memory.swappiness, all.memory.disableOOMKiller) = (10, true)
      (all.cpu.realtimeRuntime, all.cpu.realtimePeriod) = (1000, 2000)
    }
    let fields = Set(try Cgroup.writes(for: all, layout: layout).filter(\.asked).map(\.field))
    #expect(fields.count > 10)
    for field in fields {
      let gone: Set<String> = field == "memory.limit" ? [field, "memory.swap"] : [field]
      let rest = Set(try Cgroup.writes(for: all.without(gone), layout: layout).filter(\.asked).map(\.field))
      // Quota and period are one limit in two files.
      let pair: Set<String> = ["cpu.quota", "cpu.period"]
      #expect(fields.subtracting(rest) == (pair.contains(field) ? pair.intersection(fields) : gone), "\(field)")
    }
  }

  @Test("what may be used of the devices stays: that is a protection") func devices() {
    var resources = OCIResources()
    resources.devices = [OCIDeviceRule(allow: false)]
    #expect(resources.without(["devices", "pids.limit"]) == resources)
  }
}
