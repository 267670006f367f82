// Making a cgroup's directories: parents, cpuset's inheritance on v1, subtree_control on v2.
internal import ContainrSystem
public import SystemPackage

/// A cgroup in one hierarchy.
struct CgroupDirectory: Sendable, Hashable {
  var path: FilePath
  /// The hierarchy's mount point.
  var root: FilePath
  var isCPUSet = false
}

extension Cgroup {
  /// The path's components; no `..`, not absolute, at least two deep or of two names with a dot between, so that nobody
  /// else's group is meant.
  func checkedComponents() throws(CgroupError) -> FilePath.ComponentView {
    try checkPath()
    return FilePath(path).components
  }

  /// The same check, by bytes: each command's entry begins with it.
  private func checkPath() throws(CgroupError) {
    var (names, length, dots, hasDot) = (0, 0, 0, false)
    var isPlain = path.utf8.first != 0x2F
    func endName() {
      if length > 0 { names += 1 }
      if length > 0, length == dots, length <= 2 { isPlain = false }
      (length, dots) = (0, 0)
    }
    for byte in path.utf8 {
      if byte == 0x2F {
        endName()
        continue
      }
      length += 1
      if byte == 0x2E {
        dots += 1
        hasDot = true
      }
    }
    endName()
    guard isPlain, names >= (ownsParents ? 2 : 1) || hasDot else {
      throw CgroupError(field: "create", reason: "`\(path)` is no path of a cgroup of ours")
    }
  }

  /// The directories in each hierarchy that is used, once each.
  func directories(cpuset: Bool) throws(CgroupError) -> [CgroupDirectory] {
    let relative = FilePath(path)
    let sets = mounts.controllers["cpuset"]
    return try roots(cpuset: cpuset).map { root in
      CgroupDirectory(path: root.pushing(relative), root: root, isCPUSet: mounts.layout != .v2 && root == sets)
    }
  }

  /// The mount points of the hierarchies that are used, once each.
  func roots(cpuset: Bool) throws(CgroupError) -> [FilePath] {
    try checkPath()
    var roots: [FilePath] = []
    if mounts.layout == .v2 {
      roots = mounts.unified.map { [$0] } ?? []
    } else {
      let others = isEverywhere ? mounts.controllers.names : []
      for name in Self.controllers + (cpuset || isEverywhere ? [V1CPUSet.controller] : []) + others {
        if let root = mounts.controllers[name], !roots.contains(root) { roots.append(root) }
      }
      if isEverywhere {
        roots += mounts.named.points + (mounts.unified.map { [$0] } ?? [])
      }
    }
    if roots.isEmpty, mounts.withheld.isEmpty {
      throw CgroupError(field: "create", reason: "no cgroup hierarchy is mounted")
    }
    return roots
  }

  /// The directories that exist now, each with those of the `depth` groups above it: where a write can move its values.
  public func watchedDirectories(above depth: Int) throws(CgroupError) -> (own: [FilePath], above: [FilePath]) {
    let own = try existingDirectories()
    var above: [FilePath] = []
    for var directory in own {
      for _ in 0..<depth {
        directory.removeLastComponent()
        if !above.contains(directory) { above.append(directory) }
      }
    }
    return (own, above)
  }

  /// The directories that exist now.
  func existingDirectories() throws(CgroupError) -> [FilePath] {
    var existing: [FilePath] = []
    for directory in try directories(cpuset: true) {
      let isThere = try attempting("attach") { () throws(SyscallError) in
        if !directory.isCPUSet { return true }
        return try Kernel.exists(directory.path)
      }
      if isThere { existing.append(directory.path) }
    }
    return existing
  }

  /// Directories above this one that are not there, in every hierarchy that is used.
  public func missingParents() throws(CgroupError) -> [String] {
    var missing: [String] = []
    for directory in try directories(cpuset: true) {
      let parent = directory.path.removingLastComponent()
      if try attempting("create", { () throws(SyscallError) in try !Kernel.exists(parent) }) {
        missing.append(parent.string)
      }
    }
    return missing
  }

  /// mkdir with parents; false if it was there. A removal of the parents that runs beside is met by trying again.
  func make(_ directory: FilePath, below root: FilePath) throws(CgroupError) -> Bool {
    for _ in 0..<16 {
      do {
        try Kernel.makeDirectory(directory)
        return true
      } catch {
        if error.errno == 17 { return false }
        if error.errno != 2 { throw CgroupError("create", error) }
      }
      let parent = directory.above
      if parent == root || !parent.starts(with: root) {
        throw CgroupError(field: "create", reason: "the hierarchy is gone", file: root)
      }
      _ = try make(parent, below: root)
    }
    throw CgroupError(field: "create", reason: "its parent is removed again and again", file: directory)
  }

  /// v1: copies the lists down from the root, since a group with empty lists takes no process.
  func inheritCPUSet(_ directory: FilePath, below root: FilePath) throws(CgroupError) {
    var parent = root
    for component in directory.components.dropFirst(root.components.count) {
      let child = parent.appending(component)
      for file in V1CPUSet.files {
        let from = parent
        try attempting("cpu.cpus") { () throws(SyscallError) in
          if try Kernel.text(of: child.appending(file)).isEmpty {
            try Kernel.write(try Kernel.text(of: from.appending(file)), into: child.appending(file))
          }
        }
      }
      parent = child
    }
  }

  /// v2: turns the controllers on in every group above this one. One that the kernel has not is an error only when a
  /// limit needs it.
  func enableControllers(for writes: [CgroupWrite]) throws(CgroupError) {
    guard let root = mounts.unified else { return }
    let components = try checkedComponents()
    let (top, above) = try attempting("create") { () throws(SyscallError) in try delegation(root, components) }
    let available = try attempting("create") { () throws(SyscallError) in
      try Kernel.text(of: top.appending("cgroup.controllers"))
    }.split(separator: " ").map(String.init)
    var wanted = ["memory", "cpu", "pids", "io"].filter(available.contains)
    for write in writes where write.asked && write.controller != "cgroup" {
      guard available.contains(write.controller) else {
        throw CgroupError(
          field: write.field, reason: CgroupFiles.unavailable(write.controller, mounts),
          file: top.appending("cgroup.controllers"))
      }
      if !wanted.contains(write.controller) { wanted.append(write.controller) }
    }
    var group = top
    for (index, component) in components.enumerated().dropFirst(above) {
      let control = group.appending("cgroup.subtree_control")
      try attempting("create") { () throws(SyscallError) in
        let enabled = try Kernel.text(of: control).split(separator: " ").map(String.init)
        var missing = wanted.filter { !enabled.contains($0) }
        // Somebody else's write shows here before its files are there. Ours ends after it, whatever it says.
        let waits = missing.isEmpty && index == components.count - 1
        if waits { missing = wanted }
        if missing.isEmpty { return }
        do throws(SyscallError) {
          try Kernel.write(missing.map { "+\($0)" }.joined(separator: " "), into: control)
        } catch {
          // A group that was handed to us with everything on may not be ours to write: EPERM, EACCES, EROFS.
          if waits, [1, 13, 30].contains(error.errno) { return }
          // Of a group that was given to us not all controllers may have been.
          let needed = writes.contains { $0.asked && missing.contains($0.controller) }
          if !needed, [1, 13, 30].contains(error.errno) { return }
          if error.errno != 16 { throw error }
          if index == 0, try Self.leaveRoot(of: root) {
            return try Kernel.write(missing.map { "+\($0)" }.joined(separator: " "), into: control)
          }
          throw SyscallError(
            errno: 16, operation: error.operation, path: control,
            detail:
              "processes are in this cgroup itself, and cgroup v2 limits only groups beside which there are none: "
              + "move them into a group below it")
        }
      }
      group.append(component)
    }
  }
}

extension Cgroup {
  /// v2: the first group on the way that is ours to turn controllers on in, and how many lie above it. Those are somebody
  /// else's, who has turned on there what we were given (cgroups(7), delegation).
  private func delegation(
    _ root: FilePath, _ components: FilePath.ComponentView
  ) throws(SyscallError) -> (top: FilePath, above: Int) {
    var (group, above) = (root, 0)
    if !mounts.isDelegated { return (group, above) }
    for component in components.dropLast() {
      if try Kernel.mayWrite(group.appending("cgroup.subtree_control")) { break }
      group.append(component)
      above += 1
    }
    return (group, above)
  }

  /// Where the processes go that stand in the way.
  private static let initGroup = "init"

  /// v2: in a container the top of the tree is the container's own cgroup, with all its processes in it, and such a group
  /// cannot hand controllers on (cgroups(7), no internal processes). They move into a group below it, as every container
  /// that starts containers does it. false: this is the host's own top, or they do not go.
  static func leaveRoot(of root: FilePath) throws(SyscallError) -> Bool {
    // The real top has no type.
    guard try Kernel.exists(root.appending("cgroup.type")) else { return false }
    let group = root.appending(initGroup)
    do throws(SyscallError) { try Kernel.makeDirectory(group) } catch { if error.errno != 17 { throw error } }
    // They go on forking meanwhile.
    for _ in 0..<64 {
      let processes = try Kernel.text(of: root.appending("cgroup.procs")).split(separator: "\n")
      if processes.isEmpty { return true }
      for process in processes {
        do throws(SyscallError) { try Kernel.write(String(process), into: group.appending("cgroup.procs")) } catch {
          // It has ended. One of another pid namespace, whose number is 0, cannot be moved from here.
          if error.errno != 3 { return false }
        }
      }
    }
    return false
  }
}
