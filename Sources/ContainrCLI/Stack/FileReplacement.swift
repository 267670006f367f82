// Writes a file of the user's so that it holds either the old text or the new one, whatever happens in between.
internal import ContainrSystem
internal import Glibc
internal import SystemPackage

enum FileReplacement {
  /// Puts `text` in the place of the file, or makes one. Mode and owner of an existing file stay, links are followed, and
  /// what is no regular file (`/dev/stdout`) is written to.
  static func write(_ text: String, to path: FilePath) throws(SyscallError) {
    guard let (target, status) = try existing(path) else {
      return try replace(path, Array(text.utf8), mode: 0o666) { _ throws(SyscallError) in }
    }
    if !status.isRegular {
      return try Kernel.open(target, .writeOnly).writeAll(Array(text.utf8))
    }
    try replace(target, Array(text.utf8), mode: 0o600) { file throws(SyscallError) in try take(status, for: file) }
  }

  /// Puts `bytes` in the place of a file that held `old` when it was read. EBUSY: somebody has changed it since. A file
  /// with several names is EMLINK: they would part.
  static func write(_ bytes: [UInt8], over old: [UInt8], at path: FilePath) throws(SyscallError) {
    guard let (target, status) = try existing(path), status.isRegular else {
      throw SyscallError(errno: EINVAL, operation: "write", path: path)
    }
    guard status.links == 1 else { throw SyscallError(errno: EMLINK, operation: "write", path: path) }
    try replace(target, bytes, mode: 0o600) { file throws(SyscallError) in
      try take(status, for: file)
    } before: { () throws(SyscallError) in
      let now = try TextFile.bytes(of: target)
      let inode = try Kernel.status(of: target, followSymlinks: false).inode
      guard now == old, inode == status.inode else {
        throw SyscallError(errno: EBUSY, operation: "write", path: path)
      }
    }
  }

  /// Gives a new file the owner and mode of the one that it replaces.
  private static func take(_ status: FileStatus, for file: CInt) throws(SyscallError) {
    let made = try Kernel.status(at: file)
    if made.uid != status.uid || made.gid != status.gid {
      try Kernel.changeOwner(at: file, uid: status.uid, gid: status.gid)
    }
    // After the owner: a change of it takes the set-id bits away.
    try Kernel.changeMode(file, mode: status.mode & 0o7777)
  }

  /// Where the path leads and what is there; nil: nothing.
  private static func existing(_ path: FilePath) throws(SyscallError) -> (FilePath, FileStatus)? {
    let file: OwnedFD
    do {
      file = try Kernel.open(path, .path)
    } catch {
      if error.errno == ENOENT { return nil }
      throw error
    }
    let status = try Kernel.status(at: file.raw)
    if status.isDirectory { throw SyscallError(errno: EISDIR, operation: "write", path: path) }
    guard status.isRegular else { return (path, status) }
    return (FilePath(try Kernel.readLink(FilePath("/proc/self/fd/\(file.raw)"))), status)
  }

  /// `before` is asked as late as can be, right before the new file takes the old one's name.
  private static func replace(
    _ path: FilePath, _ bytes: [UInt8], mode: UInt64, prepare: (CInt) throws(SyscallError) -> Void,
    before: () throws(SyscallError) -> Void = { () throws(SyscallError) in }
  ) throws(SyscallError) {
    let name = path.lastComponent?.string ?? "file"
    let temporary = path.removingLastComponent().appending(".\(name).\(getpid())")
    do {
      let file = try Kernel.open(temporary, [.writeOnly, .create, .exclusive, .noFollow], mode: mode)
      try prepare(file.raw)
      try file.writeAll(bytes)
      // The name must not be newer than the content after a loss of power.
      try Kernel.sync(temporary)
      try before()
      try Kernel.rename(temporary, to: path)
    } catch {
      do { try Kernel.remove(temporary) } catch {}  // it may never have been made
      throw error
    }
  }
}
