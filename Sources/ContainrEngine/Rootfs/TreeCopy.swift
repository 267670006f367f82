// A copy of a directory: what a tmpfs with `tmpcopyup` and a new volume begin with. By descriptors, never through a symlink.
public import ContainrSystem
internal import SystemPackage

/// A copy of a directory's contents: directories, files, symlinks, nodes, hard links, holes; modes, owners, times and the
/// attributes that a container can have set.
public struct TreeCopy {
  private static let deepest = 128
  /// Whose a file is to be.
  private let owner: (UInt32, UInt32) -> (uid: UInt32, gid: UInt32)
  /// The first name of each file that has several, by device and inode.
  private var links: [Inode: (directory: SharedFD, name: FilePath)] = [:]

  private struct Inode: Hashable {
    var device: UInt64
    var inode: UInt64
  }

  private init(_ owner: @escaping (UInt32, UInt32) -> (uid: UInt32, gid: UInt32)) { self.owner = owner }

  /// Copies what is in one directory into another one, which is empty and gets its owner; with `describing` also its
  /// mode and time. What is no directory is not copied. `owner` says whose the copy of a file is. Borrows both.
  public static func copy(
    from source: borrowing OwnedFD, into target: CInt, describing: Bool = false,
    owner: @escaping (UInt32, UInt32) -> (uid: UInt32, gid: UInt32) = { ($0, $1) }
  ) throws(SyscallError) {
    let status = try Kernel.status(at: source.raw)
    guard status.isDirectory else { return }
    let readable = try Kernel.open(".", at: source.raw, [.readOnly, .directory])
    let writable = SharedFD(try Kernel.open(".", at: target, [.readOnly, .directory]))
    var copy = TreeCopy(owner)
    try copy.contents(of: readable.raw, into: writable, depth: 0)
    let own = owner(status.uid, status.gid)
    try Kernel.changeOwner(at: target, uid: own.uid, gid: own.gid)
    if describing {
      try Self.copyAttributes(from: readable.raw, to: writable.raw)
      try Kernel.changeMode(writable.raw, mode: status.mode & 0o7777)
      try Kernel.setTime(try Kernel.modificationTime(readable.raw), at: writable.raw)
    }
  }

  private mutating func contents(of source: CInt, into target: SharedFD, depth: Int) throws(SyscallError) {
    if depth > Self.deepest {
      throw SyscallError(errno: 40, operation: "copy", detail: "over \(Self.deepest) directories deep")
    }
    for component in try Kernel.entries(in: source) {
      let name = FilePath(root: nil, [component])
      let status = try Kernel.status(of: name, at: source, followSymlinks: false)
      if status.isDirectory {
        try directory(name, status, of: source, into: target, depth)
        continue
      }
      if status.links > 1 {
        let inode = Inode(device: status.device, inode: status.inode)
        if let first = links[inode] {
          try Kernel.makeHardLink(name, at: target.raw, to: first.name, at: first.directory.raw)
          continue
        }
        links[inode] = (target, name)
      }
      try entry(name, status, of: source, into: target.raw)
    }
  }

  private mutating func directory(
    _ name: FilePath, _ status: FileStatus, of source: CInt, into target: SharedFD, _ depth: Int
  ) throws(SyscallError) {
    try Kernel.makeDirectory(name, at: target.raw, mode: 0o700)
    let inner = try Kernel.open(name, at: source, [.readOnly, .directory, .noFollow])
    let outer = SharedFD(try Kernel.open(name, at: target.raw, [.readOnly, .directory, .noFollow]))
    try contents(of: inner.raw, into: outer, depth: depth + 1)
    try describe(outer.raw, as: inner.raw, status)
  }

  private func entry(
    _ name: FilePath, _ status: FileStatus, of source: CInt, into target: CInt
  ) throws(SyscallError) {
    switch status.mode & 0o170000 {
    case 0o100000:
      let input = try Kernel.open(name, at: source, [.readOnly, .noFollow, .nonBlocking])
      let output = try Kernel.open(name, at: target, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o600)
      try Kernel.copyContents(from: input.raw, to: output.raw, size: Int64(clamping: status.size))
      try describe(output.raw, as: input.raw, status)
      return
    case 0o120000: try Kernel.makeSymlink(name, toBytes: try Kernel.linkTarget(name, at: source), at: target)
    // A socket of somebody who listens elsewhere is no use to anybody.
    case 0o140000: return
    default:
      try Kernel.makeNode(
        name, at: target, mode: status.mode, major: status.deviceMajor, minor: status.deviceMinor)
    }
    let own = owner(status.uid, status.gid)
    try Kernel.changeOwner(name, at: target, uid: own.uid, gid: own.gid)
    let file = try Kernel.open(name, at: source, [.path, .noFollow])
    try Kernel.setTime(try Kernel.modificationTime(file.raw), of: name, at: target)
  }

  /// The order matters: chown clears set-id bits and file capabilities, and each of them the change time alone.
  private func describe(_ target: CInt, as source: CInt, _ status: FileStatus) throws(SyscallError) {
    let own = owner(status.uid, status.gid)
    try Kernel.changeOwner(at: target, uid: own.uid, gid: own.gid)
    try Self.copyAttributes(from: source, to: target)
    try Kernel.changeMode(target, mode: status.mode & 0o7777)
    try Kernel.setTime(try Kernel.modificationTime(source), at: target)
  }

  /// Labels are the host's to give, and `trusted.` steers overlayfs.
  private static func copyAttributes(from source: CInt, to target: CInt) throws(SyscallError) {
    for (name, value) in try Kernel.attributes(of: source)
    where name.hasPrefix("user.") || name == "security.capability" || name.hasPrefix("system.posix_acl_") {
      do throws(SyscallError) { try Kernel.setAttribute(name, value, of: target) } catch {
        // EOPNOTSUPP: a tmpfs without this kind.
        if error.errno != 95 { throw error }
      }
    }
  }
}
