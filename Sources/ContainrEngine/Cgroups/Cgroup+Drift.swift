// Comparing a cgroup with what was asked for, and bringing it there in place.
public import ContainrOCI
internal import ContainrSystem
public import SystemPackage

extension Cgroup {
  /// What the cgroup limits and uses now.
  public func reading() throws(CgroupError) -> CgroupReading {
    var reading = CgroupReading()
    if mounts.layout == .v2 {
      try V2Memory.read(files, into: &reading)
      try V2CPU.read(files, into: &reading)
      try V2IO.read(files, into: &reading)
    } else {
      try V1Memory.read(files, into: &reading)
      try V1CPU.read(files, into: &reading)
      try V1BlockIO.read(files, into: &reading)
    }
    try V1CPUSet.read(files, into: &reading)
    try V1Pids.read(files, into: &reading)
    return reading
  }

  /// The values that differ from what was asked for, and limits that nobody asked for. A cgroup that is gone from a
  /// hierarchy is the difference `exists`. `parents` are those of its parent, if the caller has them.
  public func drift(
    expected resources: OCIResources, below parents: CgroupParents? = nil
  ) throws(CgroupError) -> [CgroupDifference] {
    var differences: [CgroupDifference] = []
    let resources = mounts.reachable(resources)
    let wantsCPUSet = resources.cpu.cpus != nil || resources.cpu.mems != nil
    var files = files
    for directory in try directories(cpuset: wantsCPUSet) {
      let place = parents?.place(of: files.path, root: directory.root)
      let opened =
        if let place { try CgroupFiles.opened(place.name, at: place.parent.raw) } else {
          try CgroupFiles.opened(directory.path)
        }
      if let opened {
        for controller in controllers(at: directory.root) { files.opened[controller] = opened }
      } else {
        differences.append(CgroupDifference(field: "exists", expected: "yes", found: "no", file: directory.path))
      }
    }
    if !differences.isEmpty { return differences }
    for (write, found) in try deviations(from: resources, files) {
      guard let directory = files.directory(write.controller) else { continue }
      differences.append(
        CgroupDifference(
          field: write.field, expected: write.form.expected(write.value), found: found,
          file: directory.appending(write.file)))
    }
    if let devices = try deviceDrift(resources.devices, files) { differences.append(devices) }
    return differences
  }

  /// The controllers whose hierarchy is mounted there; on v2 every file is in the one directory.
  private func controllers(at root: FilePath) -> [String] {
    if mounts.layout == .v2 { return [""] }
    return mounts.controllers.names(at: root)
  }

  /// Brings the limits to `resources`, those not asked for back to none. Only what differs is written unless
  /// `changedOnly` is false.
  public func apply(_ resources: OCIResources, changedOnly: Bool = true) throws(CgroupError) {
    let resources = mounts.reachable(resources)
    if mounts.layout != .v2, resources.cpu.cpus != nil || resources.cpu.mems != nil { try joinCPUSet() }
    // A limit of a controller that none of its limits needed so far.
    if mounts.layout == .v2 { try enableControllers(for: try Self.writes(for: resources, layout: .v2)) }
    var writes = try deviations(from: resources, files).map(\.write)
    if !changedOnly {
      let again = try Self.writes(for: resources, layout: mounts.layout)
      writes = again.filter { $0.form != .command } + writes.filter { !$0.asked }
    }
    for write in try ordered(writes) { try files.perform(write) }
    let devicesDiffer = try deviceDrift(resources.devices, files) != nil
    if devicesDiffer || !changedOnly {
      if mounts.layout == .v2, let directory = files.directory("") {
        try V2Devices.apply(resources.devices, to: directory)
      } else {
        for write in try V1Devices.writes(resources.devices) { try files.perform(write) }
      }
    }
  }

  /// The limits that this host cannot give, before anything is made: from any cgroup that is already there, else from
  /// the list of controllers.
  public static func unavailable(_ resources: OCIResources, mounts: CgroupMounts) throws(CgroupError)
    -> [CgroupShortcoming]
  {
    var shortcomings: [CgroupShortcoming] = []
    let resources = mounts.reachable(resources)
    for write in try writes(for: resources, layout: mounts.layout) {
      guard let reason = try shortcoming(write, mounts) else { continue }
      let entry = CgroupShortcoming(field: write.field, reason: reason)
      if !shortcomings.contains(entry) { shortcomings.append(entry) }
    }
    return shortcomings
  }

  /// Limits that the kernel takes and nothing obeys at present: weights while no block device uses BFQ.
  public static func withoutEffect(
    _ resources: OCIResources, blockDevices: FilePath = "/sys/block"
  ) throws(CgroupError) -> [CgroupShortcoming] {
    if resources.blockIO.weight == nil, resources.blockIO.weightDevice.isEmpty { return [] }
    let usesBFQ = try attempting("blkio.weight") { () throws(SyscallError) in
      for name in try Kernel.names(inDirectory: blockDevices) {
        let scheduler = blockDevices.appending(name).appending("queue/scheduler")
        if try Kernel.exists(scheduler) {
          if try Kernel.text(of: scheduler).split(separator: " ").contains("[bfq]") { return true }
        }
      }
      return false
    }
    if usesBFQ { return [] }
    return [CgroupShortcoming(field: "blkio.weight", reason: "no block device uses the BFQ scheduler, which weighs")]
  }

  /// Why a list of processors or memory nodes cannot be had: this host has others.
  private static func outside(
    _ write: CgroupWrite, _ root: FilePath, _ layout: CgroupMounts.Layout
  ) throws(CgroupError) -> String? {
    let file = root.appending(layout == .v2 ? "\(write.file).effective" : write.file)
    let text = try attempting(write.field) { () throws(SyscallError) in
      try Kernel.exists(file) ? try Kernel.text(of: file) : ""
    }
    let there = String(text.prefix { $0 != "\n" })
    guard let wanted = CgroupValueForm.numbers(write.value), let available = CgroupValueForm.numbers(there),
      !available.isEmpty
    else { return nil }
    return Set(wanted).isSubset(of: Set(available)) ? nil : "`\(write.value)` is not within this host's `\(there)`"
  }

  private static func shortcoming(_ write: CgroupWrite, _ mounts: CgroupMounts) throws(CgroupError) -> String? {
    let name = write.controller
    guard let root = mounts.layout == .v2 ? mounts.unified : mounts.controllers[name] else {
      return CgroupFiles.unreachable(name, mounts)
    }
    if name == V1CPUSet.controller, let reason = try outside(write, root, mounts.layout) { return reason }
    return try attempting(write.field) { () throws(SyscallError) in
      if mounts.layout == .v2, name != "cgroup" {
        let place = mounts.delegation ?? root
        let available = try Kernel.text(of: place.appending("cgroup.controllers")).split(separator: " ")
        if !available.contains(Substring(name)) { return CgroupFiles.unavailable(name, mounts) }
        // Of a group that was given away in part, controllers can be there and not be ours to turn on for what is below.
        let control = place.appending("cgroup.subtree_control")
        if mounts.delegation != nil, try !Kernel.mayWrite(control),
          try !Kernel.text(of: control).split(separator: " ").contains(Substring(name))
        {
          return CgroupFiles.unavailable(name, mounts)
        }
      }
      // Files such as pids.max are not in the root, so any child tells; without one, only creating will.
      for child in try Kernel.names(inDirectory: root) {
        let directory = root.appending(child)
        do throws(SyscallError) {
          guard try Kernel.status(of: directory, followSymlinks: false).isDirectory else { continue }
          if mounts.layout == .v2 {
            let enabled = try Kernel.text(of: directory.appending("cgroup.controllers")).split(separator: " ")
            if !enabled.contains(Substring(name)) { continue }
          }
          if try Kernel.exists(directory.appending(write.file)) { return nil }
          // Somebody else's cgroup may go while we look at it.
          if try Kernel.exists(directory.appending("cgroup.procs")) { return CgroupFiles.missing(write) }
        } catch {
          if error.errno != 2 && error.errno != 19 { throw error }
        }
      }
      if mounts.layout == .v2 || name != V1Memory.controller { return nil }
      return try Kernel.exists(root.appending(write.file)) ? nil : CgroupFiles.missing(write)
    }
  }

  /// The writes that would change something, each with what its file says now. A file that is missing deviates only
  /// if its limit was asked for.
  private func deviations(
    from resources: OCIResources, _ files: CgroupFiles
  ) throws(CgroupError) -> [(write: CgroupWrite, found: String)] {
    var writes = try Self.writes(for: resources, layout: mounts.layout, complete: true)
    if mounts.layout == .v2 {
      writes += V2IO.removals(resources.blockIO, current: try files.text(V2IO.controller, "io.max"))
      writes += V1BlockIO.weightRemovals(
        resources.blockIO, current: try files.text(V2IO.controller, "io.bfq.weight"), controller: V2IO.controller,
        file: "io.bfq.weight")
      let parent = CgroupFiles(mounts: mounts, path: FilePath(path).removingLastComponent())
      writes += try V2CPUSet.releases(
        resources.cpu,
        own: { file throws(CgroupError) in try files.text(V1CPUSet.controller, file) },
        parent: { file throws(CgroupError) in try parent.text(V1CPUSet.controller, file) })
    } else {
      writes += try V1BlockIO.removals(resources.blockIO) { file throws(CgroupError) in
        try files.text(V1BlockIO.controller, file)
      }
      let parent = CgroupFiles(mounts: mounts, path: FilePath(path).removingLastComponent())
      writes += try V1CPUSet.releases(
        resources.cpu,
        own: { file throws(CgroupError) in try files.text(V1CPUSet.controller, file) },
        parent: { file throws(CgroupError) in try parent.text(V1CPUSet.controller, file) })
    }
    var deviations: [(write: CgroupWrite, found: String)] = []
    for write in writes where write.form != .command {
      guard let text = try files.text(write.controller, write.file) else {
        if write.asked { deviations.append((write, "no such file")) }
        continue
      }
      let found = write.form.found(in: text)
      if found != write.form.expected(write.value) { deviations.append((write, found)) }
    }
    return deviations
  }

  /// v1: memory+swap may never be below memory, so the one that makes room goes first.
  func ordered(_ writes: [CgroupWrite]) throws(CgroupError) -> [CgroupWrite] {
    guard mounts.layout != .v2, let swap = writes.firstIndex(where: { $0.field == "memory.swap" }),
      let limit = writes.firstIndex(where: { $0.field == "memory.limit" }), limit < swap,
      let current = try files.bytes(V1Memory.controller, writes[swap].file)
    else { return writes }
    let target = Int64(CgroupValueForm.bytes(writes[swap].value)) ?? Int64.max
    if target <= current { return writes }
    var writes = writes
    writes.swapAt(swap, limit)
    return writes
  }

  /// v1: makes the cpuset group of a container that had none, and moves its processes there.
  private func joinCPUSet() throws(CgroupError) {
    for directory in try directories(cpuset: true) where directory.isCPUSet {
      guard try make(directory.path, below: directory.root) else { continue }
      try inheritCPUSet(directory.path, below: directory.root)
      for pid in try processes() {
        try attempting("cpu.cpus") { () throws(SyscallError) in
          try Kernel.write(String(pid), into: directory.path.appending("cgroup.procs"))
        }
      }
    }
  }

  /// The list of device rules as a difference; nil if it is as asked, or nothing was asked.
  private func deviceDrift(
    _ rules: [OCIDeviceRule], _ files: CgroupFiles
  ) throws(CgroupError) -> CgroupDifference? {
    if rules.isEmpty { return nil }
    guard let directory = files.directory(V1Devices.controller) else {
      throw CgroupError(field: "devices", reason: "the devices controller is not mounted")
    }
    if mounts.layout == .v2 {
      return try V2Devices.drift(rules, in: directory)
    }
    let expected = try DevicePolicy(rules).list
    let found = (try files.text(V1Devices.controller, "devices.list") ?? "").split(separator: "\n").map(String.init)
    if found.sorted() == expected { return nil }
    return CgroupDifference(
      field: "devices", expected: expected.joined(separator: ", "), found: found.sorted().joined(separator: ", "),
      file: directory.appending("devices.list"))
  }
}
