// On the kernel's own hierarchies, v1 or v2, in cgroups with this process's name, which are gone afterwards. Needs root.
import ContainrOCI
import ContainrSystem
import Glibc
import SystemPackage
import Testing

@testable import ContainrCgroups

@Suite(.serialized, .enabled(if: geteuid() == 0, "needs root")) struct KernelCgroupTests {
  let mounts: CgroupMounts
  let parent = "containr-test-\(getpid())"

  init() throws { mounts = try CgroupMounts.detect() }

  private var isUnified: Bool { mounts.layout == .v2 }

  /// The mount points of what we use.
  private var roots: Set<FilePath> {
    isUnified ? Set(mounts.unified.map { [$0] } ?? []) : Set(mounts.controllers.points)
  }

  /// Where a cgroup of ours is for this controller.
  private func directory(_ controller: String, _ name: String) throws -> FilePath {
    try #require(isUnified ? mounts.unified : mounts.controllers[controller]).appending("\(parent)/\(name)")
  }

  private func cgroup(_ name: String) -> Cgroup { Cgroup(mounts: mounts, path: "\(parent)/\(name)") }

  /// Runs `body`, then kills and removes, then checks that no hierarchy has anything of ours.
  private func withCgroup(_ name: String, _ body: (Cgroup) throws -> Void) throws {
    let cgroup = cgroup(name)
    let result = Result { try body(cgroup) }
    try cgroup.kill()
    try cgroup.remove()
    try result.get()
    for root in roots { #expect(try !Kernel.exists(root.appending(parent))) }
  }

  private func limits() -> OCIResources {
    var resources = everything()
    resources.devices = OCIDeviceRule.containerDefaults
    resources.blockIO = OCIBlockIO()
    return resources
  }

  private func sleeper() throws -> ChildProcess {
    try ChildProcess.spawn("/bin/sleep", arguments: ["sleep", "60"], environment: [], descriptors: [0, 1, 2])
  }

  @Test("every limit arrives in the kernel, reads back in canonical units, and does not drift")
  func limitsArrive() throws {
    try withCgroup("limits") { cgroup in
      try cgroup.create(limits())
      let reading = try cgroup.reading()
      #expect(reading.memoryLimit == 64 << 20 && reading.memorySwap == 96 << 20)
      #expect(reading.memoryReservation == 32 << 20 && reading.milliCPUs == 500)
      #expect(reading.cpuShares == (isUnified ? V2CPU.shares(V2CPU.weight(512)) : 512))
      #expect(reading.pidsLimit == 100 && reading.cpus == "0-1" && reading.mems == "0")
      #expect(try cgroup.drift(expected: limits()) == [])
      try cgroup.create(limits())  // again: nothing to do
      #expect(try cgroup.drift(expected: limits()) == [])
    }
  }

  @Test("limits change in place in both directions, with memory and swap in the order that the kernel allows")
  func inPlace() throws {
    try withCgroup("place") { cgroup in
      var resources = limits()
      try cgroup.create(resources)
      for megabytes in [512, 16, 1024, 64] as [Int64] {
        resources.memory.limit = megabytes << 20
        resources.memory.swap = (megabytes + 8) << 20
        resources.pids = megabytes
        resources.memory.reservation = nil
        try cgroup.apply(resources)
        #expect(try cgroup.drift(expected: resources) == [], "\(megabytes) MB")
      }
      try cgroup.apply(OCIResources())
      #expect(try cgroup.drift(expected: OCIResources()) == [])
      #expect(try cgroup.reading().memoryLimit == nil)
      #expect(try cgroup.reading().milliCPUs == nil)
    }
  }

  @Test("a value edited by hand is named with its file, and applied again")
  func editedByHand() throws {
    try withCgroup("edited") { cgroup in
      try cgroup.create(limits())
      let file = try directory("memory", "edited").appending(isUnified ? "memory.max" : "memory.limit_in_bytes")
      try Kernel.write("33554432", into: file)
      let found = try cgroup.drift(expected: limits())
      #expect(
        found == [CgroupDifference(field: "memory.limit", expected: "67108864", found: "33554432", file: file)])
      try cgroup.apply(limits())
      #expect(try cgroup.drift(expected: limits()) == [])
    }
  }

  @Test("a process enters every hierarchy, is listed, and is killed with its sub-cgroups")
  func processes() throws {
    try withCgroup("procs") { cgroup in
      try cgroup.create(limits())
      let (first, second) = (try sleeper(), try sleeper())
      try cgroup.attach(pid: first.pid)
      let text = try Kernel.text(of: FilePath("/proc/\(first.pid)/cgroup"))
      for name in isUnified ? ["0:"] : Cgroup.controllers + ["cpuset"] {
        #expect(text.contains("\(name):/\(parent)/procs"))
      }
      #expect(try cgroup.strays(pid: first.pid) == [])
      #expect(try cgroup.strays(pid: second.pid) != [])
      let inner = try directory("pids", "procs").appending("inner")
      try Kernel.makeDirectory(inner)
      try Kernel.write(String(second.pid), into: inner.appending("cgroup.procs"))
      #expect(try cgroup.processes() == [first.pid, second.pid].sorted())
      #expect(try cgroup.reading().pidsUsage == 2)
      let error = #expect(throws: CgroupError.self) { try cgroup.remove(milliseconds: 1) }
      // On v2 there is one tree, and it is taken down from its leaves.
      #expect(error?.reason.contains("\(isUnified ? second.pid : first.pid)") == true)
      try cgroup.kill()
      #expect(try first.wait() == .signalled(9))
      #expect(try second.wait() == .signalled(9))
      #expect(try cgroup.processes() == [])
    }
  }

  @Test("a process in a container's cgroup opens the standard devices and no others")
  func devices() throws {
    try withCgroup("devices") { cgroup in
      try cgroup.create(limits())
      let script = """
        echo 0 > \(try cgroup.selfAttachFiles().first { isUnified || $0.starts(with: mounts.controllers["devices"]!) }!) || exit 9
        head -c 1 /dev/urandom > /dev/null || exit 1
        mknod /tmp/\(parent).null c 1 3 || exit 2
        rm /tmp/\(parent).null
        mknod /tmp/\(parent).kmsg c 1 11 2> /dev/null && exit 3
        ( : < /dev/kmsg ) 2> /dev/null && exit 4
        exit 0
        """
      let shell = try ChildProcess.spawn(
        "/bin/sh", arguments: ["sh", "-c", script], environment: ["PATH=/usr/bin:/bin"], descriptors: [0, 1, 2])
      #expect(try shell.wait() == .exited(0))
    }
  }

  @Test("a limit on processors added later moves the processes into cpuset")
  func cpusetLater() throws {
    try withCgroup("later") { cgroup in
      var resources = OCIResources()
      try cgroup.create(resources)
      let child = try sleeper()
      try cgroup.attach(pid: child.pid)
      resources.cpu.cpus = "0"
      #expect(try cgroup.drift(expected: resources).map(\.field) == [isUnified ? "cpu.cpus" : "exists"])
      try cgroup.apply(resources)
      #expect(try cgroup.drift(expected: resources) == [])
      let place = "\(isUnified ? "0:" : "cpuset"):/\(parent)/later"
      #expect(try Kernel.text(of: FilePath("/proc/\(child.pid)/cgroup")).contains(place))
      #expect(try Kernel.text(of: FilePath("/proc/\(child.pid)/status")).contains("Cpus_allowed_list:\t0\n"))
      // Taken away again, the process may use what the parent may.
      let sets = try directory("cpuset", "later").removingLastComponent()
      #expect(try Kernel.text(of: sets.appending("later").appending("cpuset.cpus")) == "0")
      resources.cpu.cpus = nil
      #expect(try cgroup.drift(expected: resources).map(\.field) == ["cpu.cpus"])
      try cgroup.apply(resources)
      #expect(try cgroup.drift(expected: resources) == [])
      let released = try Kernel.text(of: sets.appending("later").appending("cpuset.cpus"))
      #expect(try released == Kernel.text(of: sets.appending(isUnified ? "cpuset.cpus.effective" : "cpuset.cpus")))
      try cgroup.kill()
      _ = try child.wait()
    }
  }

  @Test("leftovers of a stack are found, parents stay while others live in them, and what is gone is no error")
  func leftovers() throws {
    let (one, two) = (cgroup("one"), cgroup("two"))
    try one.create(OCIResources())
    try two.create(OCIResources())
    #expect(try Cgroup.leftovers(mounts: mounts, parent: parent) == ["one", "two"])
    try one.remove()
    try one.remove()
    #expect(try Cgroup.leftovers(mounts: mounts, parent: parent) == ["two"])
    try two.remove()
    #expect(try Cgroup.leftovers(mounts: mounts, parent: parent) == [])
    for root in roots { #expect(try !Kernel.exists(root.appending(parent))) }
  }

  @Test("containers of a stack come and go beside each other without taking each other's parents away")
  func besideEachOther() async throws {
    var resources = limits()
    resources.cpu = OCICPU()  // making a cpuset waits for the kernel's grace periods each time
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<4 {
        let cgroup = cgroup("beside-\(number)")
        group.addTask { [resources] in
          for _ in 0..<8 {
            try cgroup.create(resources)
            try cgroup.remove()
          }
        }
      }
      try await group.waitForAll()
    }
    for root in roots { #expect(try !Kernel.exists(root.appending(parent))) }
  }

  @Test("a fork bomb does not outrun kill")
  func forkBomb() throws {
    try withCgroup("bomb") { cgroup in
      var resources = OCIResources()
      resources.pids = 64
      try cgroup.create(resources)
      let files = try cgroup.selfAttachFiles().map(\.string).joined(separator: " ")
      let script = "for f in \(files); do echo 0 > $f; done; b() { b & b & sleep 60; }; b 2> /dev/null"
      let bomb = try ChildProcess.spawn(
        "/bin/sh", arguments: ["sh", "-c", script], environment: ["PATH=/usr/bin:/bin"], descriptors: [0, 1, 2])
      let deadline = Kernel.monotonicTime() + 120_000_000_000
      while try cgroup.reading().pidsUsage < 20 {
        try #require(Kernel.monotonicTime() < deadline, "the bomb did not go off")
        sched_yield()
      }
      try cgroup.kill()
      _ = try bomb.wait()
      #expect(try cgroup.processes() == [])
    }
  }

  @Test("throttles of a block device arrive, drift when they are edited, and are taken away again")
  func throttles() throws {
    let device = try #require(try blockDevice(), "this machine has no block device")
    try withCgroup("throttles") { cgroup in
      var resources = OCIResources()
      resources.blockIO.throttleReadBpsDevice = [OCIThrottle(major: device.major, minor: device.minor, rate: 1 << 20)]
      resources.blockIO.throttleWriteIOPSDevice = [OCIThrottle(major: device.major, minor: device.minor, rate: 10)]
      try cgroup.create(resources)
      #expect(try cgroup.drift(expected: resources) == [])
      let place = "\(device.major):\(device.minor)"
      #expect(
        try cgroup.reading().throttles.sorted() == ["blkio.read_bps \(place) 1048576", "blkio.write_iops \(place) 10"])
      resources.blockIO.throttleReadBpsDevice[0].rate = 2 << 20
      #expect(try cgroup.drift(expected: resources).map(\.field) == ["blkio.read_bps"])
      try cgroup.apply(resources)
      #expect(try cgroup.drift(expected: resources) == [])
      try cgroup.apply(OCIResources())
      #expect(try cgroup.reading().throttles == [])
    }
  }

  private func blockDevice() throws -> (major: UInt32, minor: UInt32)? {
    for name in try Kernel.names(inDirectory: "/sys/block").sorted() where !name.hasPrefix("loop") {
      let numbers = try Kernel.text(of: FilePath("/sys/block/\(name)/dev")).split(separator: ":").compactMap {
        UInt32($0)
      }
      if numbers.count == 2 { return (numbers[0], numbers[1]) }
    }
    return nil
  }

  @Test("v2: a group with processes of its own cannot be a parent, and the error says so")
  func processesInTheParent() throws {
    guard isUnified else { return }  // v1 has no such rule
    let root = try directory("", "").removingLastComponent().appending(parent)
    try Kernel.makeDirectory(root)
    let child = try sleeper()
    try Kernel.write(String(child.pid), into: root.appending("cgroup.procs"))
    let error = #expect(throws: CgroupError.self) { try cgroup("inner").create(limits()) }
    #expect(error?.description.contains("move them into a group below it") == true, "\(String(describing: error))")
    try child.kill()
    _ = try child.wait()
    try cgroup("inner").remove()
    #expect(try !Kernel.exists(root))
  }

  @Test("a process in a group of its container's own is in its place, one beside it is not")
  func strays() {
    func strays(_ text: String) -> [String] { Cgroup.strays(text, path: "containr/t/a", layout: .v2) }
    #expect(strays("0::/containr/t/a\n").isEmpty)
    #expect(strays("0::/containr/t/a/init.scope\n").isEmpty)
    #expect(strays("0::/../../../containr/t/a/x\n").isEmpty)
    #expect(strays("0::/containr/t/a2\n") == [":/containr/t/a2"])
    #expect(strays("0::/\n") == [":/"])
  }

  @Test("v2: what is frozen by hand is killed all the same")
  func frozen() throws {
    guard isUnified else { return }  // v1's freezer is used by every kill
    try withCgroup("frozen") { cgroup in
      try cgroup.create(OCIResources())
      let child = try sleeper()
      try cgroup.attach(pid: child.pid)
      try Kernel.write("1", into: directory("", "frozen").appending("cgroup.freeze"))
      try cgroup.kill()
      #expect(try child.wait() == .signalled(9))
    }
  }

  @Test("what stands still does so while somebody who has come in is not there yet")
  func latecomers() throws {
    try withCgroup("late") { cgroup in
      try cgroup.create(OCIResources())
      let child = try sleeper()
      try cgroup.attach(pid: child.pid)
      try cgroup.setFrozen(true)
      let place = try directory(isUnified ? "" : "freezer", "late")
      let state = place.appending(isUnified ? "cgroup.events" : "freezer.state")
      func isOnItsWay() throws -> Bool {
        let text = try Kernel.text(of: state)
        return isUnified ? text.contains("frozen 0") : text == "FREEZING"
      }
      let file = FilePath("/dev/shm/\(parent)-late")
      defer { unlink(file.string) }
      var writers: [ChildProcess] = []
      var seen = 0
      while seen == 0, writers.count < 10 {
        // Nobody stops in the middle of one write to memory.
        let writer = try ChildProcess.spawn(
          "/bin/dd", arguments: ["dd", "if=/dev/zero", "of=\(file)", "bs=256M", "count=1", "status=none"],
          environment: [],
          descriptors: [0, 1, 2])
        writers.append(writer)
        while try !Kernel.exists(file) || Kernel.status(of: file).size == 0 { usleep(100) }
        // The freezer's alone: each hierarchy takes its time, and the write is over.
        try Kernel.write(String(writer.pid), into: place.appending("cgroup.procs"))
        let (before, isFrozen, after) = (try isOnItsWay(), try cgroup.isFrozen(), try isOnItsWay())
        #expect(isFrozen)
        if before && after { seen += 1 }
        unlink(file.string)
      }
      #expect(seen > 0, "nobody was seen on its way")
      try cgroup.setFrozen(false)
      #expect(try !cgroup.isFrozen())
      for writer in writers { #expect(try writer.wait() == .exited(0)) }
      try child.kill()
      _ = try child.wait()
    }
  }

  @Test("a device program is loaded, attached and replaced on the v2 tree")
  func deviceProgram() throws {
    guard let unified = mounts.unified else { return }
    let directory = unified.appending("containr-test-\(getpid())-devices")
    try Kernel.makeDirectory(directory)
    let result = Result {
      let opened = try Kernel.open(directory, [.readOnly, .directory])
      #expect(try Kernel.deviceProgramTag(cgroup: opened.raw) == nil)
      try V2Devices.apply(OCIDeviceRule.containerDefaults, to: directory)
      let tag = try Kernel.deviceProgramTag(cgroup: opened.raw)
      #expect(tag != nil)
      #expect(try V2Devices.drift(OCIDeviceRule.containerDefaults, in: directory) == nil)
      try V2Devices.apply([OCIDeviceRule(allow: false)], to: directory)
      #expect(try V2Devices.drift(OCIDeviceRule.containerDefaults, in: directory)?.field == "devices")
      #expect(try Kernel.deviceProgramTag(cgroup: opened.raw) != tag)
      try V2Devices.apply(OCIDeviceRule.containerDefaults, to: directory)
      #expect(try Kernel.deviceProgramTag(cgroup: opened.raw) == tag)
    }
    try Kernel.remove(directory, isDirectory: true)
    try result.get()
  }
}
