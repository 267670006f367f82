// What an OCI runtime does with a cgroup beyond a stack's life of it: some limits changed and others left, everything
// stopped for a while, signals to all.
public import ContainrOCI
internal import ContainrSystem
public import SystemPackage

extension Cgroup {
  /// Changes the limits that are asked for and leaves the others. Where that is asked for a limit of memory below what is
  /// used is refused.
  public func update(_ resources: OCIResources) throws(CgroupError) {
    var resources = mounts.reachable(resources)
    // The two are checked against each other, and the kernel keeps them in order.
    if resources.memory.swap != nil, resources.memory.limit == nil {
      resources.memory.limit = try reading().memoryLimit
    }
    // No limit of memory with one of memory and swap together would be none at all.
    if resources.memory.limit == -1, resources.memory.swap == nil, mounts.layout != .v2,
      try files.text(V1Memory.controller, "memory.memsw.limit_in_bytes") != nil
    {
      resources.memory.swap = -1
    }
    var writes = try Self.writes(for: resources, layout: mounts.layout)
    if resources.memory.checkBeforeUpdate == true, let limit = resources.memory.limit, limit > 0 {
      let used = try reading().memoryUsage ?? 0
      if used > UInt64(limit) {
        throw CgroupError(field: "memory.limit", reason: "\(limit) bytes is less than what is used, \(used)")
      }
    }
    writes = try ordered(writes)
    try perform(writes)
    if mounts.layout == .v2, let directory = files.directory(""), !resources.devices.isEmpty {
      try V2Devices.apply(resources.devices, to: directory)
    }
  }

  /// v1 checks quota and period against the group above with each write: if one order is refused the other may do.
  private func perform(_ writes: [CgroupWrite]) throws(CgroupError) {
    var late: CgroupWrite?
    for write in writes {
      do throws(CgroupError) {
        try files.perform(write)
      } catch {
        let isPair = ["cpu.quota", "cpu.period"].contains(write.field) && late == nil
        let hasOther = writes.contains { $0.field != write.field && ["cpu.quota", "cpu.period"].contains($0.field) }
        guard error.errno == 22, isPair, hasOther, mounts.layout != .v2 else { throw error }
        late = write
      }
    }
    if let late { try files.perform(late) }
  }

  /// Stops everything inside, or lets it go on, and waits until that is so.
  public func setFrozen(_ isFrozen: Bool, milliseconds: Int32 = 10_000) throws(CgroupError) {
    guard let file = try freezerFile() else {
      throw CgroupError(field: "freezer", reason: "no freezer is mounted on this host")
    }
    let deadline = Kernel.monotonicTime() + UInt64(milliseconds) * 1_000_000
    let value = mounts.layout == .v2 ? (isFrozen ? "1" : "0") : (isFrozen ? "FROZEN" : "THAWED")
    while true {
      // v1: a group that is FREEZING may need the word again, when new processes came while it froze.
      try attempting("freezer") { () throws(SyscallError) in try Kernel.write(value, into: file) }
      if try hasStopped() == isFrozen { return }
      if Kernel.monotonicTime() > deadline {
        throw CgroupError(field: "freezer", reason: "not \(isFrozen ? "frozen" : "thawed") in time", file: file)
      }
      Kernel.pause(milliseconds: 1)
    }
  }

  /// Whether somebody has let it stand still, this group or one above. Somebody who has come in since, as an exec does, may be on
  /// his way to a stop, which is no sign that the others go on.
  public func isFrozen() throws(CgroupError) -> Bool {
    if try hasStopped() { return true }
    if mounts.layout == .v2 { return try files.text("", "cgroup.freeze") == "1" }
    return try files.text("freezer", "freezer.self_freezing") == "1"
  }

  /// Whether everything inside is stopped.
  private func hasStopped() throws(CgroupError) -> Bool {
    if mounts.layout == .v2 { return try files.keyed("", "cgroup.events", "frozen") == 1 }
    return try files.text("freezer", "freezer.state") == "FROZEN"
  }

  private func freezerFile() throws(CgroupError) -> FilePath? {
    mounts.layout == .v2
      ? files.directory("")?.appending("cgroup.freeze")
      : files.directory("freezer")?.appending("freezer.state")
  }

  /// A signal to some of the processes inside; frozen ones get it when they go on, SIGKILL before. One that is gone is no
  /// error.
  public func signal(_ pids: [Int32], _ signal: Int32) throws(CgroupError) {
    for pid in pids {
      try attempting("kill") { () throws(SyscallError) in
        do throws(SyscallError) {
          try ProcessIdentity.current(pid: pid).send(signal: signal)
        } catch {
          if error.errno != 2 && error.errno != 3 { throw error }
        }
      }
    }
  }

  /// The files for entering it (`selfAttachFiles`), with the controllers of each hierarchy; below a path of its own where
  /// `places` names one for a controller (`""` is all others). Fails for a controller that is not mounted.
  public func entryFiles(places: [String: String]) throws(CgroupError) -> [FilePath] {
    for controller in places.keys where !controller.isEmpty && mounts.controllers[controller] == nil {
      throw CgroupError(field: "exec", reason: "unknown controller \(controller)")
    }
    return try directories(cpuset: true).map { directory in
      // Nearly always, and without the generic code that appends components.
      if places.isEmpty { return directory.path.appending(entryFile(of: directory.path)) }
      let place = mounts.controllers.names(at: directory.root).compactMap { places[$0] }.first ?? places[""] ?? ""
      let whole = directory.path.appending(FilePath(place).components)
      return whole.appending(entryFile(of: whole))
    }
  }

  /// Copies without a place of the directories in the v1 hierarchies, by the name of the hierarchy's mount point.
  public func mountableDirectories() throws(CgroupError) -> [(name: String, directory: FilePath)] {
    var all: [(name: String, directory: FilePath)] = []
    for directory in try directories(cpuset: true) {
      guard let name = directory.root.lastComponent?.string, !all.contains(where: { $0.name == name }) else { continue }
      all.append((name, directory.path))
    }
    return all.sorted { $0.name < $1.name }
  }

  /// A file of the cgroup as it is; nil if there is none. `controller` is without meaning on v2.
  public func text(_ controller: String, _ file: String) throws(CgroupError) -> String? {
    try files.text(controller, file)
  }

  /// Where a file of the cgroup is; nil if the hierarchy is not mounted.
  public func path(_ controller: String, _ file: String) -> FilePath? {
    files.directory(controller)?.appending(file)
  }
}
