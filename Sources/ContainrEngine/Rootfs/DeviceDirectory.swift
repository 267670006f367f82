// The container's /dev: a tmpfs of ours, filled while nobody can see it. Never the image's directory (baseline rule 3).
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

  /// The filled tmpfs, still detached. The umask must be 0.
  static func make(label: String? = nil) throws(SyscallError) -> DetachedMount {
    let parameters = [MountParameter("mode", "755"), MountParameter("size", "65536k")]
    let mount = try DetachedMount.filesystem(
      "tmpfs", parameters + DetachedMount.context(label, of: "tmpfs"), [.noSetuid, .strictAccessTime])
    for node in nodes {
      try Kernel.makeNode(node.name, at: mount.fd.raw, mode: 0o020666, major: node.major, minor: node.minor)
    }
    for link in links { try Kernel.makeSymlink(link.name, to: link.target, at: mount.fd.raw) }
    for directory in directories { try Kernel.makeDirectory(directory, at: mount.fd.raw) }
    return mount
  }
}
