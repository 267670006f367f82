// On the kernel's own v1 hierarchies, in cgroups with this process's name, which are gone afterwards. Needs root.
import ContainrOCI
import ContainrSystem
import Glibc
import SystemPackage
import Testing

@testable import ContainrCgroups

private let canRun = geteuid() == 0 && ((try? CgroupMounts.detect())?.layout ?? .v2) != .v2

@Suite(.serialized, .enabled(if: canRun, "needs root and cgroup v1 controllers")) struct KernelCgroupTests {
  let mounts: CgroupMounts
  let parent = "containr-test-\(getpid())"

  init() throws { mounts = try CgroupMounts.detect() }

  private func cgroup(_ name: String) -> Cgroup { Cgroup(mounts: mounts, path: "\(parent)/\(name)") }

  /// Runs `body`, then kills and removes, then checks that no hierarchy has anything of ours.
  private func withCgroup(_ name: String, _ body: (Cgroup) throws -> Void) throws {
    let cgroup = cgroup(name)
    let result = Result { try body(cgroup) }
    try cgroup.kill()
    try cgroup.remove()
    try result.get()
    for root in Set(mounts.controllers.values) { #expect(try !Kernel.exists(root.appending(parent))) }
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
      #expect(reading.memoryReservation == 32 << 20 && reading.milliCPUs == 500 && reading.cpuShares == 512)
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
      let file = try #require(mounts.controllers["memory"]).appending("\(parent)/edited/memory.limit_in_bytes")
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
      for name in Cgroup.controllers + ["cpuset"] { #expect(text.contains("\(name):/\(parent)/procs")) }
      let inner = try #require(mounts.controllers["pids"]).appending("\(parent)/procs/inner")
      try Kernel.makeDirectory(inner)
      try Kernel.write(String(second.pid), into: inner.appending("cgroup.procs"))
      #expect(try cgroup.processes() == [first.pid, second.pid].sorted())
      #expect(try cgroup.reading().pidsUsage == 2)
      let error = #expect(throws: CgroupError.self) { try cgroup.remove(milliseconds: 1) }
      #expect(error?.reason.contains("\(first.pid)") == true)
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
        echo 0 > \(mounts.controllers["devices"]!)/\(parent)/devices/tasks || exit 9
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
      #expect(try cgroup.drift(expected: resources).map(\.field) == ["exists"])
      try cgroup.apply(resources)
      #expect(try cgroup.drift(expected: resources) == [])
      #expect(try Kernel.text(of: FilePath("/proc/\(child.pid)/cgroup")).contains("cpuset:/\(parent)/later"))
      // Taken away again, the process may use what the parent may.
      let sets = try #require(mounts.controllers["cpuset"]).appending(FilePath(parent).components)
      #expect(try Kernel.text(of: sets.appending("later").appending("cpuset.cpus")) == "0")
      resources.cpu.cpus = nil
      #expect(try cgroup.drift(expected: resources).map(\.field) == ["cpu.cpus"])
      try cgroup.apply(resources)
      #expect(try cgroup.drift(expected: resources) == [])
      #expect(
        try Kernel.text(of: sets.appending("later").appending("cpuset.cpus"))
          == Kernel.text(of: sets.appending("cpuset.cpus")))
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
    for root in Set(mounts.controllers.values) { #expect(try !Kernel.exists(root.appending(parent))) }
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
    for root in Set(mounts.controllers.values) { #expect(try !Kernel.exists(root.appending(parent))) }
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
      let deadline = Kernel.monotonicTime() + 20_000_000_000
      while try cgroup.reading().pidsUsage < 20 {
        try #require(Kernel.monotonicTime() < deadline, "the bomb did not go off")
        sched_yield()
      }
      try cgroup.kill()
      _ = try bomb.wait()
      #expect(try cgroup.processes() == [])
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
