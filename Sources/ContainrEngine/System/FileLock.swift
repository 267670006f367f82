// Locks that die with their holder: flock(2) on a file, removed with care.
internal import CContainrLinux
public import SystemPackage

/// An exclusive lock on a file, held until this value ends.
public struct FileLock: ~Copyable, Sendable {
  private let fd: OwnedFD
  /// The lock's file.
  public let path: FilePath

  /// Takes the lock, waiting unless `wait` is false (then EWOULDBLOCK is thrown). The file is made if missing.
  public init(_ path: FilePath, wait: Bool = true) throws(SyscallError) {
    while true {
      let fd = try Kernel.open(path, [.readWrite, .create, .noFollow], mode: 0o600)
      try Kernel.lock(fd.raw, wait: wait, path)
      // The holder before us may have removed the file: only a lock on the file that stands there counts.
      let mine = try Kernel.status(at: fd.raw)
      if try Kernel.exists(path) {
        let there = try Kernel.status(of: path)
        if there.inode == mine.inode && there.device == mine.device {
          self.fd = fd
          self.path = path
          return
        }
      }
    }
  }

  /// Removes the lock's file while holding it; the next one to come makes a new file.
  public func removeFile() throws(SyscallError) { try Self.forget(path) }

  /// Removes a lock's file, if there is one, whoever holds it: only where nobody needs the lock any more.
  public static func forget(_ path: FilePath) throws(SyscallError) {
    do throws(SyscallError) {
      try Kernel.remove(path)
    } catch {
      if error.errno != 2 { throw error }
    }
  }
}

extension Kernel {
  /// flock(2), exclusive unless it is said to be shared, on an open file or directory; EWOULDBLOCK if somebody else has it and `wait` is false. The lock
  /// ends with the last descriptor of this opening.
  public static func lock(
    _ fd: CInt, wait: Bool, _ path: FilePath? = nil, shared: Bool = false
  ) throws(SyscallError) {
    try check(cl_flock(fd, (shared ? 1 : 2) | (wait ? 0 : 4)), "flock", path)
  }
}
