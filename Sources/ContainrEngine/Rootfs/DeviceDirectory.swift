// The container's /dev: a tmpfs of ours, filled while nobody can see it. Never the image's directory.
internal import ContainrOCI
internal import ContainrSystem
internal import SystemPackage

/// Makes /dev.
enum DeviceDirectory {
  static let nodes: [(name: FilePath, major: UInt32, minor: UInt32)] = [
    ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
  ]
  static let links: [(name: FilePath, target: String)] = [
    ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"),
  ]
  static let directories: [FilePath] = ["pts", "shm", "mqueue"]

  /// The filled tmpfs, still detached. The umask must be 0. Who has no rights over devices (`bound`: in a user namespace, or where the kernel
  /// says so) gets empty files, onto which `bind` puts the host's nodes when the tmpfs has its place.
  static func make(bound: inout Bool, label: String? = nil) throws(SyscallError) -> DetachedMount {
    let parameters = [MountParameter("mode", "755"), MountParameter("size", "65536k")]
    let mount = try DetachedMount.filesystem(
      "tmpfs", parameters + DetachedMount.context(label, of: "tmpfs"), [.noSetuid, .strictAccessTime])
    for node in nodes {
      if !bound {
        do throws(SyscallError) {
          try Kernel.makeNode(node.name, at: mount.fd.raw, mode: 0o020666, major: node.major, minor: node.minor)
          continue
        } catch {
          // EPERM: this whole process is in a user namespace. Of the first one, since it holds for all.
          if error.errno != 1 || node.name != nodes[0].name { throw error }
          bound = true
        }
      }
      _ = try Kernel.open(node.name, at: mount.fd.raw, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o666)
    }
    for link in links { try Kernel.makeSymlink(link.name, to: link.target, at: mount.fd.raw) }
    for directory in directories { try Kernel.makeDirectory(directory, at: mount.fd.raw) }
    return mount
  }

  /// Puts the host's nodes onto the empty files of an attached /dev.
  static func bind(in directory: CInt) throws(SyscallError) {
    for node in nodes {
      let place = try Kernel.open(node.name, at: directory, [.path, .noFollow], resolve: [.beneath, .noSymlinks])
      try hostNode(FilePath("/dev").pushing(node.name), "c", node.major, node.minor).attach(onto: place)
    }
  }

  /// A mount of one node that nobody else has, on a file system of its own. The mount namespace is the caller's alone.
  static func single(_ device: OCIDevice, owner: (uid: UInt32, gid: UInt32)) throws(SyscallError) -> DetachedMount {
    let mount = try DetachedMount.filesystem(
      "tmpfs", [MountParameter("mode", "700"), MountParameter("nr_inodes", "2")], [.noSetuid, .noExec])
    // Attached, since before Linux 6.15 only a mount that has a place can be cloned; over the root nobody meets it.
    try mount.attach(onto: try Kernel.open("/", [.path, .directory]))
    let type = device.nodeType
    let mode = (device.fileMode ?? 0o666) & 0o7777
    try Kernel.makeNode("node", at: mount.fd.raw, mode: type | mode, major: device.major, minor: device.minor)
    try Kernel.changeOwner("node", at: mount.fd.raw, uid: owner.uid, gid: owner.gid)
    let node = try Kernel.open("node", at: mount.fd.raw, [.path, .noFollow])
    try Kernel.changeMode(of: FilePath("/proc/self/fd/\(node.raw)"), mode: mode)
    return try DetachedMount.clone(node.raw, recursive: false)
  }

  /// A mount of one node of the host, which must be the device that is meant.
  static func hostNode(
    _ path: FilePath, _ type: String, _ major: UInt32, _ minor: UInt32
  ) throws(SyscallError) -> DetachedMount {
    let tree = try DetachedMount.clone(path, recursive: false, follow: false)
    let status = try Kernel.status(at: tree.fd.raw)
    let isType = type == "b" ? status.isBlockDevice : status.isCharacterDevice
    guard isType, status.deviceMajor == major, status.deviceMinor == minor else {
      throw SyscallError(
        errno: 19, operation: "statx", path: path, detail: "the host's is not device \(type) \(major):\(minor)")
    }
    try DetachedMount.change(
      tree.fd.raw, set: [.noSetuid, .noExec], clear: [], propagation: 1 << 18, recursive: false)
    return tree
  }
}
