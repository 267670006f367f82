// Walking and removing directory trees by descriptor: no symlink is followed, no path is resolved twice.
internal import CContainrLinux
public import SystemPackage

/// What of a tree could not be removed, and why; the rest is gone.
public struct TreeRemovalError: Error, Sendable, CustomStringConvertible {
  /// The root of the tree.
  public var path: FilePath
  /// At most 32, the first ones.
  public var failures: [SyscallError]
  /// How many there were in all.
  public var count: Int

  /// All of it.
  public init(path: FilePath, failures: [SyscallError], count: Int) {
    self.path = path
    self.failures = failures
    self.count = count
  }

  /// The first three failures and the number of the others.
  public var description: String {
    let shown = failures.prefix(3).map(\.description).joined(separator: "; ")
    return "\(path) is not removed: \(shown)" + (count > 3 ? "; and \(count - 3) more" : "")
  }
}

/// A time of a file (CLOCK_REALTIME).
public struct FileTime: Sendable, Hashable {
  /// Since 1970; may be negative.
  public var seconds: Int64
  /// 0 to 999,999,999.
  public var nanoseconds: UInt32

  /// Both parts as the kernel has them.
  public init(seconds: Int64, nanoseconds: UInt32) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
}

extension Kernel {
  /// When the contents of what a descriptor refers to were changed, as far as nobody has set it to another time.
  public static func modificationTime(_ fd: CInt) throws(SyscallError) -> FileTime {
    var out = cl_stat()
    try check(cl_statx(fd, "", 0x1000, &out), "statx")
    return FileTime(seconds: out.mtime_seconds, nanoseconds: out.mtime_nanoseconds)
  }

  /// An extended attribute of what a descriptor refers to, which may be one of O_PATH; nil if it has none of this name.
  /// ERANGE for a value of more than 256 bytes.
  public static func attribute(_ name: String, of fd: CInt) throws(SyscallError) -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = buffer.withUnsafeMutableBytes { cl_getxattr("/proc/self/fd/\(fd)", name, $0.baseAddress!, $0.count) }
    // ENODATA, and EOPNOTSUPP of a file system that has none at all.
    if count == -61 || count == -95 { return nil }
    return Array(buffer.prefix(Int(try check(count, "getxattr \(name)"))))
  }

  /// false: the file system that a path is on has no POSIX ACLs (acl(5)), as NFS of version 4 and what is mounted with `noacl`.
  /// Who cannot be asked says so to who uses it.
  public static func mayHaveACL(_ path: FilePath) -> Bool {
    cl_getxattr(path.string, "system.posix_acl_access", nil, 0) != -95
  }

  /// The names in an open directory as the bytes they are, unsorted, without `.` and `..`.
  public static func entries(in directory: CInt) throws(SyscallError) -> [FilePath.Component] {
    var all: [FilePath.Component] = []
    var buffer = [CChar](repeating: 0, count: 16384)
    while true {
      let count = try check(
        buffer.withUnsafeMutableBufferPointer { cl_getdents(directory, $0.baseAddress!, $0.count, 0) }, "getdents64")
      if count == 0 { return all }
      buffer.withUnsafeBufferPointer { names in
        var at = 0
        while at < Int(count) {
          let name = names.baseAddress! + at
          if let component = FilePath.Component(platformString: name) { all.append(component) }
          while names[at] != 0 { at += 1 }
          at += 1
        }
      }
    }
  }

  /// Removes a file or a whole tree by descriptors, never through a symlink or into another file system; a missing one
  /// is fine. Goes on after a failure and reports all of them.
  public static func removeTree(_ path: FilePath, at directory: CInt = currentDirectory) throws(TreeRemovalError) {
    var error = TreeRemovalError(path: path, failures: [], count: 0)
    func note(_ failure: SyscallError) {
      error.count += 1
      if error.failures.count < 32 { error.failures.append(failure) }
    }
    do {
      if try removeUnlessDirectory(path, at: directory, missingIsFine: true) { return }
      try emptyRoot(path, at: directory, note)
      if error.count == 0 { try remove(path, at: directory, isDirectory: true) }
    } catch {
      note(error)
    }
    if error.count > 0 { throw error }
  }

  /// Removes what is no directory; false if it is one. To try it says so (unlink(2): EISDIR), and is one call instead of two;
  /// what POSIX has instead, EPERM, has other reasons as well.
  private static func removeUnlessDirectory(
    _ path: FilePath, at directory: CInt, missingIsFine: Bool
  ) throws(SyscallError) -> Bool {
    do throws(SyscallError) {
      try remove(path, at: directory)
      return true
    } catch {
      switch error.errno {
      case 21: return false
      case 2 where missingIsFine, 20 where missingIsFine: return true
      case 1:
        if try status(of: path, at: directory, followSymlinks: false).isDirectory { return false }
        throw error
      default: throw error
      }
    }
  }

  // Nothing is removed while it is open here: the last descriptor of a removed directory would have to finish its removal,
  // as an orphan and in a journal transaction of its own.

  private static func emptyRoot(
    _ path: FilePath, at directory: CInt, _ note: (SyscallError) -> Void
  ) throws(SyscallError) {
    let root = try open(path, at: directory, [.readOnly, .directory, .noFollow])
    let device = try status(at: root.raw).mountID
    try emptyDirectory(root.raw, below: path, mount: device, note)
  }

  /// Empties an open directory; a subtree that is too deep is moved up before it is emptied.
  private static func emptyDirectory(
    _ root: CInt, below path: FilePath, mount: UInt64, _ note: (SyscallError) -> Void
  ) throws(SyscallError) {
    var tree = TreeRemoval(root: root, mount: mount, pending: try entries(in: root))
    while let name = tree.pending.popLast() {
      do throws(SyscallError) {
        _ = try remove(name, in: root, path, depth: 0, &tree, note)
      } catch {
        note(named(error, path.appending(name)))
      }
    }
  }

  /// One removal on its way.
  private struct TreeRemoval {
    /// A hostile tree may be deeper than our call stack or the limit of descriptors.
    static let deepest = 16
    let root: CInt
    let mount: UInt64
    /// Names in the root that are still to be removed.
    var pending: [FilePath.Component]
    /// How many directories were moved there because they were too deep.
    var moved = 0
  }

  /// Removes a name in an open directory with all below it; false if something of it is left.
  private static func remove(
    _ name: FilePath.Component, in directory: CInt, _ path: FilePath, depth: Int, _ tree: inout TreeRemoval,
    _ note: (SyscallError) -> Void
  ) throws(SyscallError) -> Bool {
    // Not by its text: what a container writes need not be UTF-8.
    let entry = name.withPlatformString { FilePath(platformString: $0) }
    if try removeUnlessDirectory(entry, at: directory, missingIsFine: false) { return true }
    // Most directories that are met deep in a tree are empty.
    if depth > 0, entry.withPlatformString({ cl_unlinkat(directory, $0, 0x200) }) == 0 { return true }
    if depth == TreeRemoval.deepest {
      tree.pending.append(try lift(entry, from: directory, to: tree.root, &tree.moved))
      return true
    }
    guard try empty(entry, in: directory, path.appending(name), depth, &tree, note) else { return false }
    try remove(entry, at: directory, isDirectory: true)
    return true
  }

  /// Empties a directory, which is closed again when this comes back; false if something is left in it.
  private static func empty(
    _ entry: FilePath, in directory: CInt, _ path: FilePath, _ depth: Int, _ tree: inout TreeRemoval,
    _ note: (SyscallError) -> Void
  ) throws(SyscallError) -> Bool {
    let child = try open(entry, at: directory, [.readOnly, .directory, .noFollow])
    if try status(at: child.raw).mountID != tree.mount {
      throw SyscallError(errno: 16, operation: "remove", path: path, detail: "a mount stands there")
    }
    var isEmpty = true
    for inner in try entries(in: child.raw) {
      do throws(SyscallError) {
        if try !remove(inner, in: child.raw, path, depth: depth + 1, &tree, note) { isEmpty = false }
      } catch {
        isEmpty = false
        note(named(error, path.appending(inner)))
      }
    }
    return isEmpty
  }

  /// Moves a directory to a free name in `root`; an earlier removal that was killed may have left some taken.
  private static func lift(
    _ path: FilePath, from directory: CInt, to root: CInt, _ number: inout Int
  ) throws(SyscallError) -> FilePath.Component {
    while true {
      let name: FilePath.Component = FilePath.Component(".containr-removing-\(number)")!
      number += 1
      do {
        try rename(path, at: directory, to: FilePath(name.string), at: root)
        return name
      } catch {
        if error.errno != 17 && error.errno != 39 && error.errno != 20 { throw error }
      }
    }
  }

  private static func named(_ error: SyscallError, _ path: FilePath) -> SyscallError {
    SyscallError(errno: error.errno, operation: error.operation, path: path, detail: error.detail)
  }
}
