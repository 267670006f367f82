// What a file system has left: statfs(2).
internal import CContainrLinux
public import SystemPackage

/// The free space of one file system.
public struct FileSystemSpace: Sendable, Hashable {
  /// Bytes that a program may still write.
  public var freeBytes: UInt64
  /// Inodes left; nil for a file system that makes them as they are needed.
  public var freeInodes: UInt64?
  /// Nothing can be written at all.
  public var isReadOnly: Bool

  /// Of the file system that a path is on.
  public init(of path: FilePath) throws(SyscallError) {
    var space = cl_space()
    try check(path.withPlatformString { cl_statfs_space($0, &space) }, "statfs", path)
    freeBytes = space.free_bytes
    freeInodes = space.inodes == 0 ? nil : space.free_inodes
    isReadOnly = space.read_only != 0
  }

  /// Of the file system that a path will be on: that of the nearest directory above it that exists.
  public init(ofFuture path: FilePath) throws(SyscallError) {
    var path = path
    while true {
      do throws(SyscallError) {
        self = try FileSystemSpace(of: path)
        return
      } catch {
        guard error.errno == 2, path.removeLastComponent() else { throw error }
      }
    }
  }
}
