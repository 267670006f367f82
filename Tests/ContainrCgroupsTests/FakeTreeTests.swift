// Both layouts on plain files: what is written where, and what differs afterwards. No root needed.
import ContainrOCI
import ContainrSystem
import Foundation
import SystemPackage
import Testing

@testable import ContainrCgroups

@Suite struct FakeTreeTests {
  @Test("limits are written into the files of v1")
  func v1() throws {
    let tree = try FakeTree(.hybrid)
    var resources = everything()
    resources.devices = []
    try tree.cgroup.create(resources)
    #expect(try tree.text("memory", "memory.limit_in_bytes").hasPrefix("67108864"))
    #expect(try tree.text("pids", "pids.max") == "100")
    #expect(try tree.text("cpu", "cpu.shares").hasPrefix("512"))
    #expect(try tree.text("cpuset", "cpuset.cpus") == "0-1")
    #expect(try tree.text("blkio", "blkio.throttle.read_bps_device") == "254:0 1048576")
  }

  @Test("limits are written into the files of v2, and the controllers are turned on above")
  func v2() throws {
    let tree = try FakeTree(.v2)
    try tree.cgroup.create(everything())
    #expect(try tree.text("", "memory.max") == "67108864")
    #expect(try tree.text("", "memory.swap.max") == "33554432")
    #expect(try tree.text("", "cpu.weight").hasPrefix("20"))
    #expect(try tree.text("", "cpu.max") == "50000 100000")
    for group in ["", "containr", "containr/stack"] {
      let control = tree.root.appending(FilePath(group).components).appending("cgroup.subtree_control")
      #expect(try Kernel.text(of: control) == "+memory +cpu +pids +io +cpuset")
    }
    #expect(try tree.text("", "cgroup.subtree_control") == "")
  }

  @Test(
    "v2: controllers that show as on may be on their way: the last group is written all the same, the others are not")
  func enabling() throws {
    let tree = try FakeTree(.v2)
    for group in ["", "containr", "containr/stack"] {
      try Kernel.write(
        "memory cpu pids io cpuset",
        into: tree.root.appending(FilePath(group).components).appending("cgroup.subtree_control"))
    }
    try tree.cgroup.create(everything())
    func control(_ group: String) throws -> String {
      try Kernel.text(of: tree.root.appending(FilePath(group).components).appending("cgroup.subtree_control"))
    }
    #expect(try control("") == "memory cpu pids io cpuset")
    #expect(try control("containr") == "memory cpu pids io cpuset")
    #expect(try control("containr/stack").hasPrefix("+memory +cpu +pids +io +cpuset"))
  }

  @Test(
    "huge pages are limited when they are used, and when they are reserved where the kernel counts that",
    arguments: [true, false])
  func hugePages(countsReservations: Bool) throws {
    let tree = try FakeTree(.v1)
    var mounts = tree.mounts
    let root = tree.root.appending("hugetlb")
    mounts.controllers["hugetlb"] = root
    let group = root.appending(FilePath(FakeTree.path).components)
    try Kernel.makeDirectories(group)
    let files = ["hugetlb.2MB.limit_in_bytes"] + (countsReservations ? ["hugetlb.2MB.rsvd.limit_in_bytes"] : [])
    for file in files { try Kernel.open(group.appending(file), [.writeOnly, .create], mode: 0o600).writeAll([]) }
    var resources = OCIResources()
    resources.hugepageLimits["2MB"] = 4 << 20
    try Cgroup(mounts: mounts, path: FakeTree.path).update(resources)
    for file in files { #expect(try Kernel.text(of: group.appending(file)) == "4194304") }
    #expect(try Kernel.names(inDirectory: group).count == files.count)
  }

  @Test("use is the same on both: memory without the page cache that goes first, and what is not counted is nothing")
  func uses() throws {
    let v1 = try FakeTree(.v1)
    try v1.write("900", "memory/\(FakeTree.path)/memory.usage_in_bytes")
    try v1.write("inactive_file 1\ntotal_inactive_file 300\ntotal_x 2", "memory/\(FakeTree.path)/memory.stat")
    try v1.write(
      "8:0 Read 4096\n8:0 Write 10\n8:16 Read 4\n8:0 Total 4106\nTotal 4110",
      "blkio/\(FakeTree.path)/blkio.throttle.io_service_bytes_recursive")
    let first = try v1.cgroup.use()
    #expect(first.workingSet == 600 && first.memory == 900 && first.memoryLimit == nil)
    #expect((first.bytesRead, first.bytesWritten) == (4100, 10) && first.processorTime == 12345 && first.pids == 2)
    let v2 = try FakeTree(.v2)
    try v2.write("900", "\(FakeTree.path)/memory.current")
    try v2.write("2000", "\(FakeTree.path)/memory.max")
    try v2.write("anon 5\ninactive_file 1000", "\(FakeTree.path)/memory.stat")
    try v2.write(
      "8:0 rbytes=4096 wbytes=10 rios=1 wios=1\n8:16 rbytes=4 wbytes=0 rios=1 wios=0", "\(FakeTree.path)/io.stat")
    let second = try v2.cgroup.use()
    #expect(second.workingSet == 0 && second.memory == 900 && second.memoryLimit == 2000)
    #expect((second.bytesRead, second.bytesWritten) == (4100, 10) && second.processorTime == 77_000)
    let none = try Cgroup(mounts: v1.mounts, path: "containr/gone").use()
    #expect(none == CgroupUse())
  }

  @Test("in detail both count the same, and what only one counts is nothing on the other")
  func details() throws {
    let v1 = try FakeTree(.v1)
    try v1.write(
      "cache 1\ntotal_cache 400\ntotal_rss 300\ntotal_swap 7\ntotal_pgmajfault 9", "memory/\(FakeTree.path)/memory.stat"
    )
    try v1.write("user 12\nsystem 3", "cpuacct/\(FakeTree.path)/cpuacct.stat")
    try v1.write("nr_periods 100\nnr_throttled 25\nthrottled_time 5000", "cpu/\(FakeTree.path)/cpu.stat")
    try v1.write("8:0 Read 3\n8:0 Write 4\nTotal 7", "blkio/\(FakeTree.path)/blkio.throttle.io_serviced")
    try v1.write("50", "pids/\(FakeTree.path)/pids.max")
    let first = try #require(try v1.cgroup.use(inDetail: true).detail)
    #expect(first.cache == 400 && first.anonymous == 300 && first.swap == 7 && first.majorFaults == 9)
    #expect(first.userTime == 120_000_000 && first.systemTime == 30_000_000 && first.oomKills == 3)
    #expect(first.throttling == CgroupThrottling(periods: 100, throttled: 25, time: 5000))
    #expect((first.reads, first.writes, first.pidsLimit) == (3, 4, 50) && first.memoryPressure == nil)
    let v2 = try FakeTree(.v2)
    try v2.write("anon 300\nfile 400\npgmajfault 9\ninactive_file 2", "\(FakeTree.path)/memory.stat")
    try v2.write("7", "\(FakeTree.path)/memory.swap.current")
    try v2.write(
      "usage_usec 77\nuser_usec 50\nsystem_usec 27\nnr_periods 100\nnr_throttled 25\nthrottled_usec 5",
      "\(FakeTree.path)/cpu.stat")
    try v2.write("8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0", "\(FakeTree.path)/io.stat")
    let averages = "avg10=0.00 avg60=0.00 avg300=0.00"
    try v2.write("some \(averages) total=17\nfull \(averages) total=8", "\(FakeTree.path)/memory.pressure")
    try v2.write("some \(averages) total=5", "\(FakeTree.path)/cpu.pressure")
    let second = try #require(try v2.cgroup.use(inDetail: true).detail)
    #expect(second.cache == 400 && second.anonymous == 300 && second.swap == 7 && second.majorFaults == 9)
    #expect(second.userTime == 50_000 && second.systemTime == 27_000 && second.oomKills == 2)
    #expect(second.throttling == CgroupThrottling(periods: 100, throttled: 25, time: 5000))
    #expect((second.reads, second.writes, second.pidsLimit) == (3, 4, nil))
    #expect(second.memoryPressure == CgroupPressure(some: 17_000, full: 8000))
    #expect(second.processorPressure == CgroupPressure(some: 5000, full: nil) && second.blockPressure == nil)
    #expect(try v2.cgroup.use().detail == nil)
    // Without a limit there are no periods.
    try v2.write("usage_usec 77\nnr_periods 0\nnr_throttled 0", "\(FakeTree.path)/cpu.stat")
    #expect(try v2.cgroup.use(inDetail: true).detail?.throttling == nil)
  }

  @Test("a meter that is kept sees what changes, and counts nothing of what is gone")
  func meter() throws {
    let tree = try FakeTree(.v1)
    let meter = try CgroupMeter(tree.cgroup)
    #expect(try meter.use().processorTime == 12345)
    try tree.write("99999", "cpuacct/\(FakeTree.path)/cpuacct.usage")
    #expect(try meter.use().processorTime == 99999)
    for controller in ["memory", "cpu", "cpuacct", "pids", "blkio"] {
      let group = tree.root.appending(controller).appending(FilePath(FakeTree.path).components)
      for name in try Kernel.names(inDirectory: group) { try Kernel.remove(group.appending(name)) }
    }
    #expect(try meter.use(inDetail: true).processorTime == nil && meter.throttling() == nil)
  }

  @Test("numbers are found in the kernel's bytes: whole keys only, and no number is none")
  func numbers() {
    let numbers = KernelNumbers(Array("anon_thp 5\nanon 18446744073709551615\nfile\nlast 3".utf8))
    #expect(numbers.value(of: "anon") == .max && numbers.value(of: "anon_thp") == 5 && numbers.value(of: "last") == 3)
    #expect(numbers.value(of: "file") == nil && numbers.value(of: "thp") == nil && numbers.first == nil)
    #expect(KernelNumbers(Array("4096\n".utf8)).first == 4096 && KernelNumbers(Array("max\n".utf8)).first == nil)
    #expect(KernelNumbers(Array("-1\n".utf8)).first == nil && KernelNumbers([]).value(of: "a") == nil)
  }

  @Test("the reading is in canonical units on both")
  func readings() throws {
    let v1 = try FakeTree(.v1)
    try v1.write("50000", "cpu/\(FakeTree.path)/cpu.cfs_quota_us")
    try v1.write("67108864", "memory/\(FakeTree.path)/memory.limit_in_bytes")
    let first = try v1.cgroup.reading()
    #expect(first.memoryLimit == 64 << 20 && first.memorySwap == nil && first.milliCPUs == 500 && first.oomKills == 3)
    #expect(first.pidsLimit == nil && first.pidsUsage == 2 && first.cpuUsage == 12345 && first.memoryUsage == 4096)
    let v2 = try FakeTree(.v2)
    try v2.write("25000 50000", "\(FakeTree.path)/cpu.max")
    try v2.write("67108864", "\(FakeTree.path)/memory.max")
    try v2.write("4096", "\(FakeTree.path)/memory.swap.max")
    let second = try v2.cgroup.reading()
    #expect(second.memoryLimit == 64 << 20 && second.memorySwap == 64 << 20 + 4096 && second.milliCPUs == 500)
    #expect(second.cpuUsage == 77_000 && second.oomKills == 2 && second.memoryReservation == nil)
  }

  @Test("drift names what was asked and is not so, and what nobody asked for", arguments: [true, false])
  func drift(isV2: Bool) throws {
    let tree = try FakeTree(isV2 ? .v2 : .v1)
    #expect(try tree.cgroup.drift(expected: OCIResources()) == [])
    var resources = OCIResources()
    resources.memory.limit = 64 << 20 + 100  // rounded down to pages by the kernel
    try tree.write("67108864", isV2 ? "\(FakeTree.path)/memory.max" : "memory/\(FakeTree.path)/memory.limit_in_bytes")
    #expect(try tree.cgroup.drift(expected: resources) == [])
    resources.memory.limit = 32 << 20
    try tree.write("7", isV2 ? "\(FakeTree.path)/pids.max" : "pids/\(FakeTree.path)/pids.max")
    let found = try tree.cgroup.drift(expected: resources)
    #expect(found.map(\.field) == ["memory.limit", "pids.limit"])
    #expect(found.map(\.expected) == ["33554432", "max"])
    #expect(found.map(\.found) == ["67108864", "7"])
    #expect(found[0].file.lastComponent?.string == (isV2 ? "memory.max" : "memory.limit_in_bytes"))
    try tree.cgroup.apply(resources)
    #expect(try tree.cgroup.drift(expected: resources) == [])
  }

  @Test("throttles that nobody asked for are drift, and are taken away")
  func throttles() throws {
    let tree = try FakeTree(.v1)
    try tree.write("8:0 1000000", "blkio/\(FakeTree.path)/blkio.throttle.write_bps_device")
    let found = try tree.cgroup.drift(expected: OCIResources())
    #expect(found.map(\.field) == ["blkio.write_bps"] && found.map(\.found) == ["1000000"])
    let removal = try V1BlockIO.removals(OCIBlockIO()) { $0.contains("throttle") ? "8:0 5" : nil }
    #expect(removal.map(\.value) == ["8:0 0", "8:0 0", "8:0 0", "8:0 0"])
    #expect(
      V2IO.removals(OCIBlockIO(), current: "8:0 rbps=5 wbps=max").map(\.value)
        == ["8:0 rbps=max", "8:0 wbps=max", "8:0 riops=max", "8:0 wiops=max"])
    var asked = OCIBlockIO()
    asked.throttleReadBpsDevice = [OCIThrottle(major: 8, minor: 0, rate: 5)]
    #expect(!V2IO.removals(asked, current: "8:0 rbps=5").contains { $0.value.contains("rbps") })
  }

  @Test("processors that were asked for once are given back as the parent has them")
  func releasedProcessors() throws {
    let tree = try FakeTree(.hybrid)
    for group in ["containr/", "containr/stack/"] { try tree.write("0-1", "cpuset/\(group)cpuset.cpus") }
    try tree.write("1", "cpuset/\(FakeTree.path)/cpuset.cpus")
    let drift = try tree.cgroup.drift(expected: OCIResources())
    #expect(drift.map { "\($0.field) \($0.expected) \($0.found)" } == ["cpu.cpus 0-1 1"])
    try tree.cgroup.apply(OCIResources())
    #expect(try tree.text("cpuset", "cpuset.cpus") == "0-1")
    #expect(try tree.cgroup.drift(expected: OCIResources()) == [])
    // v2 has a word for it, nothing, which it does not take back while there are processes.
    let unified = try FakeTree(.v2)
    #expect(try unified.cgroup.drift(expected: OCIResources()) == [])
    try unified.write("0-1", "containr/stack/cpuset.cpus.effective")
    try unified.write("1", "\(FakeTree.path)/cpuset.cpus")
    #expect(
      try unified.cgroup.drift(expected: OCIResources()).map { "\($0.field) \($0.expected) \($0.found)" } == [
        "cpu.cpus 0-1 1"
      ])
    try unified.cgroup.apply(OCIResources())
    #expect(try unified.cgroup.drift(expected: OCIResources()) == [])
  }

  @Test("weights of devices that nobody asks for any more are taken away", arguments: [true, false])
  func releasedWeights(isV2: Bool) throws {
    let tree = try FakeTree(isV2 ? .v2 : .hybrid)
    let file = isV2 ? "io.bfq.weight" : "blkio.bfq.weight_device"
    try tree.write("default 100\n8:0 500\n8:16 300", (isV2 ? "" : "blkio/") + "\(FakeTree.path)/\(file)")
    if !isV2 { try tree.write("100", "blkio/\(FakeTree.path)/blkio.bfq.weight") }
    var resources = OCIResources()
    resources.blockIO.weightDevice = [OCIThrottle(major: 8, minor: 16, rate: 300)]
    #expect(
      try tree.cgroup.drift(expected: resources).map { "\($0.field) \($0.expected) \($0.found)" } == [
        "blkio.weight_device default 500"
      ])
  }

  @Test("a device list edited by hand is drift")
  func deviceList() throws {
    let tree = try FakeTree(.v1)
    var resources = OCIResources()
    resources.devices = OCIDeviceRule.containerDefaults
    #expect(try tree.cgroup.drift(expected: resources).map(\.found) == ["a *:* rwm"])
    let list = ["136:*", "5:0", "5:1", "5:2", "1:9", "1:8", "1:7", "1:5", "1:3"].map { "c \($0) rwm" }
    try tree.write(list.joined(separator: "\n"), "devices/\(FakeTree.path)/devices.list")
    #expect(try tree.cgroup.drift(expected: resources) == [])
  }

  @Test("a limit without its file is an error that says which and why, before and during", arguments: [true, false])
  func missingFile(isV2: Bool) throws {
    let tree = try FakeTree(isV2 ? .v2 : .hybrid)
    for group in ["", "containr", "containr/stack", FakeTree.path] {
      let file = isV2 ? "memory.swap.max" : "memory/\(group)/memory.memsw.limit_in_bytes"
      let path = isV2 ? "\(group)/\(file)" : file
      try Kernel.remove(tree.root.appending(FilePath(path).components))
    }
    var resources = OCIResources()
    resources.memory.limit = 1 << 20
    resources.memory.swap = 2 << 20
    resources.blockIO.weight = 300
    let shortcomings = try Cgroup.unavailable(resources, mounts: tree.mounts)
    #expect(shortcomings.map(\.field) == ["memory.swap", "blkio.weight"])
    #expect(shortcomings[0].reason.contains("swap accounting"))
    let error = #expect(throws: CgroupError.self) { try tree.cgroup.create(resources) }
    #expect(error?.field == "memory.swap")
    #expect(error?.reason.contains("swap accounting") == true)
  }

  @Test("a weight is said to be without effect unless a block device uses BFQ")
  func withoutEffect() throws {
    let tree = try FakeTree(.v1)
    for name in ["block/sda/queue", "block/ram0"] { try Kernel.makeDirectories(tree.root.appending(name)) }
    var resources = OCIResources()
    let devices = tree.root.appending("block")
    #expect(try Cgroup.withoutEffect(resources, blockDevices: devices) == [])
    resources.blockIO.weight = 300
    try tree.write("none [mq-deadline] bfq", "block/sda/queue/scheduler")
    #expect(try Cgroup.withoutEffect(resources, blockDevices: devices).map(\.field) == ["blkio.weight"])
    try tree.write("none mq-deadline [bfq]", "block/sda/queue/scheduler")
    #expect(try Cgroup.withoutEffect(resources, blockDevices: devices) == [])
  }

  @Test("of a group that was given away in part the controller that it lacks is named, for its own limits alone")
  func partlyDelegated() throws {
    let tree = try FakeTree(.v2)
    try tree.write("memory pids", "containr/cgroup.controllers")
    try tree.write("", "containr/cgroup.subtree_control")
    var mounts = tree.mounts
    mounts.isDelegated = true
    mounts.delegation = tree.root.appending("containr")
    var resources = OCIResources()
    resources.memory.limit = 1 << 20
    resources.pids = 5
    #expect(try Cgroup.unavailable(resources, mounts: mounts) == [])
    resources.cpu.cpus = "0"
    let lacking = try Cgroup.unavailable(resources, mounts: mounts)
    #expect(lacking.map(\.field) == ["cpu.cpus"])
    #expect(lacking.map(\.reason) == ["the cpuset controller has not been delegated to this user"])
  }

  @Test("a controller that is not mounted is an error only for its own limits")
  func missingController() throws {
    let tree = try FakeTree(.v1)
    var mounts = CgroupMounts(controllers: tree.mounts.controllers)
    mounts.controllers["pids"] = nil
    let cgroup = Cgroup(mounts: mounts, path: FakeTree.path)
    var resources = OCIResources()
    resources.memory.limit = 1 << 20
    try cgroup.create(resources)
    resources.pids = 5
    #expect(try Cgroup.unavailable(resources, mounts: mounts).map(\.field) == ["pids.limit"])
    #expect(throws: CgroupError.self) { try cgroup.apply(resources) }
  }

  @Test(
    "a path that is not ours is refused before anything is touched",
    arguments: ["", "/", "containr", "/containr/a/b", "containr/../x", "containr/./x"])
  func badPath(path: String) throws {
    let tree = try FakeTree(.v1)
    let cgroup = Cgroup(mounts: tree.mounts, path: path)
    #expect(throws: CgroupError.self) { try cgroup.create(OCIResources()) }
    #expect(throws: CgroupError.self) { try cgroup.remove() }
    #expect(throws: CgroupError.self) { try cgroup.kill() }
  }

  @Test("leftovers are found in whichever hierarchy they are")
  func leftovers() throws {
    let tree = try FakeTree(.v1)
    try Kernel.makeDirectories(tree.root.appending("pids/containr/stack/two"))
    #expect(try Cgroup.leftovers(mounts: tree.mounts, parent: "containr/stack") == ["one", "two"])
    #expect(try Cgroup.leftovers(mounts: tree.mounts, parent: "containr/none") == [])
  }

  @Test("attaching writes the pid into every hierarchy that the container is in")
  func attach() throws {
    let tree = try FakeTree(.v1)
    try tree.cgroup.attach(pid: 42)
    for name in Cgroup.controllers { #expect(try tree.text(name, "cgroup.procs").hasPrefix("42")) }
    #expect(try tree.cgroup.selfAttachFiles().contains(tree.root.appending("freezer/\(FakeTree.path)/tasks")))
    #expect(try tree.cgroup.open() == nil)
  }
}
