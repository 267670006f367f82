// One container's cgroup: made, joined, limited. Its reading, killing and removal stand beside this file.
public import ContainrOCI
public import ContainrSystem
public import SystemPackage

/// A cgroup below the roots of all hierarchies that Containr uses.
public struct Cgroup: Sendable, Hashable {
  /// Where the hierarchies are.
  public let mounts: CgroupMounts
  /// `containr/STACK/ID`, relative to the hierarchies' roots.
  public let path: String

  /// Whether the groups above are ours as well, and go with the last one in them.
  public let ownsParents: Bool
  /// In every hierarchy of this host, also those that limit nothing.
  public let isEverywhere: Bool

  /// Names a cgroup of ours, perhaps below a group that is somebody else's; nothing is made.
  public init(mounts: CgroupMounts, path: String, ownsParents: Bool = true) {
    self.mounts = mounts
    self.path = path
    self.ownsParents = ownsParents
    isEverywhere = false
  }

  /// Names one in all hierarchies there are, perhaps by a path that somebody else has chosen (then the groups above are
  /// not ours); nothing is made.
  public init(mounts: CgroupMounts, everywhere path: String, ownsParents: Bool) {
    self.mounts = mounts
    self.path = path
    self.ownsParents = ownsParents
    isEverywhere = true
  }

  /// The v1 hierarchies every container enters. cpuset is joined only by containers that ask for it.
  static let controllers = ["memory", "cpu", "cpuacct", "pids", "blkio", "devices", "freezer"]

  var files: CgroupFiles { CgroupFiles(mounts: mounts, path: FilePath(path)) }

  /// The writes for limits, in order. Pure.
  public static func writes(
    for resources: OCIResources, layout: CgroupMounts.Layout
  ) throws(CgroupError) -> [CgroupWrite] {
    try writes(for: resources, layout: layout, complete: false)
  }

  /// With `complete` every limit is named, those that were not asked for with the value of a fresh cgroup.
  static func writes(
    for resources: OCIResources, layout: CgroupMounts.Layout, complete: Bool
  ) throws(CgroupError) -> [CgroupWrite] {
    var writes: [CgroupWrite] = []
    if layout == .v2 {
      writes += try V2Memory.writes(resources.memory, complete: complete)
      writes += try V2CPU.writes(resources.cpu, complete: complete)
      writes += try V2CPUSet.writes(resources.cpu)
      writes += V1Pids.writes(resources.pids, complete: complete)
      writes += try V2IO.writes(resources.blockIO, complete: complete)
      writes += try OtherLimits.v2(resources)
      for (file, value) in resources.unified.sorted(by: { $0.key < $1.key }) {
        guard file.contains("."), !file.contains("/") else {
          throw CgroupError(field: "unified", reason: "`\(file)` is no file of a cgroup")
        }
        writes.append(CgroupWrite("unified.\(file)", String(file.prefix { $0 != "." }), file, value))
      }
      return writes
    }
    if let file = resources.unified.keys.sorted().first {
      throw CgroupError(field: "unified", reason: "`\(file)` needs cgroup v2; this host has the \(layout) layout")
    }
    writes += try V1Memory.writes(resources.memory, complete: complete)
    writes += try V1CPU.writes(resources.cpu, complete: complete)
    writes += try V1CPUSet.writes(resources.cpu, complete: complete)
    writes += V1Pids.writes(resources.pids, complete: complete)
    writes += try V1BlockIO.writes(resources.blockIO, complete: complete)
    writes += try OtherLimits.v1(resources)
    writes += try V1Devices.writes(resources.devices)
    return writes
  }

  /// Makes the cgroup in every hierarchy and sets its limits. One that exists is brought to these limits.
  public func create(_ resources: OCIResources) throws(CgroupError) {
    let resources = mounts.reachable(resources)
    let writes = try Self.writes(for: resources, layout: mounts.layout)
    let directories = try directories(cpuset: resources.cpu.cpus != nil || resources.cpu.mems != nil)
    var isFresh = true
    for directory in directories {
      let isNew = try make(directory.path, below: directory.root)
      // A v2 tree beside v1's limits nothing; there the group is made before the process that is born in it.
      if !isNew, mounts.layout == .v2 || directory.root != mounts.unified { isFresh = false }
      if directory.isCPUSet { try inheritCPUSet(directory.path, below: directory.root) }
    }
    if mounts.layout == .v2 { try enableControllers(for: writes) }
    if isFresh {
      for write in writes { try files.perform(write) }
    } else {
      try apply(resources)
    }
    if mounts.layout == .v2, let directory = directories.first?.path {
      try V2Devices.apply(resources.devices, to: directory)
    }
  }

  /// Moves a process into every hierarchy. On v1 the writes go back to back: the first after an idle moment waits for
  /// an RCU grace period (7 ms measured for all of them), the others ride along.
  public func attach(pid: Int32) throws(CgroupError) {
    var procs: [SharedFD] = []
    for directory in try existingDirectories() {
      procs.append(
        try attempting("attach") { () throws(SyscallError) in
          SharedFD(try Kernel.open(directory.appending("cgroup.procs"), .writeOnly))
        })
    }
    for file in procs {
      try attempting("attach") { () throws(SyscallError) in try Kernel.writeAll(file.raw, Array(String(pid).utf8)) }
    }
  }

  /// The files into which a single-threaded process writes `0` to move itself into this cgroup. v1's `tasks` needs no
  /// thread-group lock for that, so all hierarchies together take 0.2 ms where `attach` takes 7.
  public func selfAttachFiles() throws(CgroupError) -> [FilePath] {
    try existingDirectories().map { $0.appending(entryFile(of: $0)) }
  }

  /// Moves a process of one thread into every hierarchy, as quickly as it would do it itself. A group of v2 whose container has
  /// groups of its own may have no process: then to where `first` is, the container's first one.
  public func attach(singleThreaded pid: Int32, beside first: Int32) throws(CgroupError) {
    for file in try selfAttachFiles() {
      do throws(CgroupError) {
        try attempting("attach") { () throws(SyscallError) in try Kernel.write(String(pid), into: file) }
      } catch {
        guard error.errno == 16, let unified = mounts.unified, file.lies(below: unified),
          let inner = try place(of: first)
        else { throw error }
        try attempting("attach") { () throws(SyscallError) in
          try Kernel.write(String(pid), into: unified.pushing(inner).appending("cgroup.procs"))
        }
      }
    }
  }

  /// The group of v2 that a process is in, if it is this one or below it.
  private func place(of pid: Int32) throws(CgroupError) -> FilePath? {
    let text = try attempting("attach") { () throws(SyscallError) in
      try Kernel.text(of: FilePath("/proc/\(pid)/cgroup"))
    }
    for line in text.split(separator: "\n") where line.hasPrefix("0::/") {
      let group = line.dropFirst(4)
      if group == path || group.hasPrefix("\(path)/") { return FilePath(String(group)) }
    }
    return nil
  }

  /// v2's trees, also beside v1's, have no `tasks`.
  func entryFile(of directory: FilePath) -> String {
    if let unified = mounts.unified, directory.lies(below: unified) { return "cgroup.procs" }
    return mounts.layout == .v2 ? "cgroup.procs" : "tasks"
  }

  /// The same files, open for writing: for a process that will not see their paths. `withoutV2`: it has been born in the
  /// v2 tree's group.
  public func openSelfAttachFiles(withoutV2: Bool = false) throws(CgroupError) -> [SharedFD] {
    var files: [SharedFD] = []
    for file in try selfAttachFiles() {
      if withoutV2, let unified = mounts.unified, file.lies(below: unified) { continue }
      files.append(try attempting("attach") { () throws(SyscallError) in SharedFD(try Kernel.open(file, .writeOnly)) })
    }
    return files
  }

  /// Makes it in the v2 tree that stands beside v1's, and opens it there for CLONE_INTO_CGROUP; nil without such a tree.
  /// To write a process into it later takes the lock of all forks, and with it a grace period of milliseconds.
  public func openBesideV1(making: Bool) throws(CgroupError) -> OwnedFD? {
    guard isEverywhere, mounts.layout == .hybrid, let root = mounts.unified else { return nil }
    guard try roots(cpuset: true).contains(root) else { return nil }
    let directory = root.pushing(FilePath(path))
    if making { _ = try make(directory, below: root) }
    return try attempting("attach") { () throws(SyscallError) in
      try Kernel.open(directory, [.readOnly, .directory])
    }
  }

  /// The directory for CLONE_INTO_CGROUP, which the caller owns; nil on v1, where it does not work.
  public func open() throws(CgroupError) -> OwnedFD? {
    guard mounts.layout == .v2, let directory = files.directory("") else { return nil }
    return try attempting("attach") { () throws(SyscallError) in
      try Kernel.open(directory, [.readOnly, .directory])
    }
  }
}
