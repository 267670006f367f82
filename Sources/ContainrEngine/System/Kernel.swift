// The syscall gate for files: thin typed calls, one kernel call each unless the name says otherwise.
internal import CContainrLinux
public import SystemPackage

/// The kernel's calls, by topic in this room's files.
public enum Kernel {
  /// AT_FDCWD.
  public static let currentDirectory: CInt = -100
}

/// What open(2) is asked for. Values of Linux on x86-64 and arm64 where they agree, else taken from C.
public struct OpenFlags: OptionSet, Sendable {
  /// The kernel's bits.
  public let rawValue: UInt64
  /// From the kernel's bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  /// O_RDONLY.
  public static let readOnly = OpenFlags([])
  /// O_WRONLY.
  public static let writeOnly = OpenFlags(rawValue: 0o1)
  /// O_RDWR.
  public static let readWrite = OpenFlags(rawValue: 0o2)
  /// O_CREAT.
  public static let create = OpenFlags(rawValue: 0o100)
  /// O_EXCL.
  public static let exclusive = OpenFlags(rawValue: 0o200)
  /// O_TRUNC.
  public static let truncate = OpenFlags(rawValue: 0o1000)
  /// O_APPEND.
  public static let append = OpenFlags(rawValue: 0o2000)
  /// O_NOCTTY.
  public static let noControl = OpenFlags(rawValue: 0o400)
  /// O_NONBLOCK.
  public static let nonBlocking = OpenFlags(rawValue: 0o4000)
  /// O_DIRECTORY.
  public static let directory = OpenFlags(rawValue: UInt64(cl_O_DIRECTORY()))
  /// O_NOFOLLOW.
  public static let noFollow = OpenFlags(rawValue: UInt64(cl_O_NOFOLLOW()))
  /// O_PATH.
  public static let path = OpenFlags(rawValue: 0o10000000)
  /// O_TMPFILE: a file without a name in a directory.
  public static let temporary = OpenFlags(rawValue: UInt64(cl_O_TMPFILE()))
}

/// How openat2(2) resolves a path.
public struct ResolveFlags: OptionSet, Sendable {
  /// The kernel's bits.
  public let rawValue: UInt64
  /// From the kernel's bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }
  /// RESOLVE_NO_XDEV.
  public static let noCrossDevice = ResolveFlags(rawValue: 0x01)
  /// RESOLVE_NO_MAGICLINKS.
  public static let noMagicLinks = ResolveFlags(rawValue: 0x02)
  /// RESOLVE_NO_SYMLINKS.
  public static let noSymlinks = ResolveFlags(rawValue: 0x04)
  /// RESOLVE_BENEATH.
  public static let beneath = ResolveFlags(rawValue: 0x08)
  /// RESOLVE_IN_ROOT.
  public static let inRoot = ResolveFlags(rawValue: 0x10)
}

/// What statx(2) says of a file.
public struct FileStatus: Sendable, Hashable {
  /// The file system's device number.
  public var device: UInt64
  /// The inode number.
  public var inode: UInt64
  /// Bytes.
  public var size: UInt64
  /// The id of the mount, as in mountinfo.
  public var mountID: UInt64
  /// Type and permission bits.
  public var mode: UInt32
  /// The owner.
  public var uid: UInt32
  /// The group.
  public var gid: UInt32
  /// The number of hard links.
  public var links: UInt32
  /// Of a device node: its major number.
  public var deviceMajor: UInt32
  /// Of a device node: its minor number.
  public var deviceMinor: UInt32
  /// When content or attributes last changed: the kernel's own time, which nobody can set back.
  public var changed: FileTime

  /// S_IFDIR.
  public var isDirectory: Bool { mode & 0o170000 == 0o040000 }
  /// S_IFREG.
  public var isRegular: Bool { mode & 0o170000 == 0o100000 }
  /// S_IFLNK.
  public var isSymbolicLink: Bool { mode & 0o170000 == 0o120000 }
  /// S_IFCHR.
  public var isCharacterDevice: Bool { mode & 0o170000 == 0o020000 }
  /// S_IFBLK.
  public var isBlockDevice: Bool { mode & 0o170000 == 0o060000 }
  /// overlayfs's mark for a name that does not exist: a character device 0/0.
  public var isWhiteout: Bool { isCharacterDevice && deviceMajor == 0 && deviceMinor == 0 }
}

extension Kernel {
  /// openat2(2), CLOEXEC; EAGAIN (a rename raced with a scoped lookup) is tried again 128 times.
  public static func open(
    _ path: FilePath, at directory: CInt = currentDirectory, _ flags: OpenFlags = .readOnly, mode: UInt64 = 0,
    resolve: ResolveFlags = []
  ) throws(SyscallError) -> OwnedFD {
    var how = cl_open_how(
      flags: flags.rawValue | UInt64(cl_O_CLOEXEC()), mode: flags.contains(.create) ? mode : 0,
      resolve: resolve.rawValue)
    var result: CInt = 0
    for _ in 0..<128 {
      result = path.withPlatformString { cl_openat2(directory, $0, &how) }
      if result != -11 { break }
    }
    return OwnedFD(taking: try check(result, "openat2", path))
  }

  /// statx(2); an empty path means the descriptor itself.
  public static func status(
    of path: FilePath = "", at directory: CInt = currentDirectory, followSymlinks: Bool = true
  ) throws(SyscallError) -> FileStatus {
    var out = cl_stat()
    let flags: CInt = (path.isEmpty ? 0x1000 : 0) | (followSymlinks ? 0 : 0x100)
    try check(path.withPlatformString { cl_statx(directory, $0, flags, &out) }, "statx", path)
    return FileStatus(
      device: out.device, inode: out.inode, size: out.size, mountID: out.mount_id, mode: out.mode, uid: out.uid,
      gid: out.gid, links: out.links, deviceMajor: out.rdev_major, deviceMinor: out.rdev_minor,
      changed: FileTime(seconds: out.ctime_seconds, nanoseconds: out.ctime_nanoseconds))
  }

  /// Whether the path exists; an error other than ENOENT and ENOTDIR is thrown.
  public static func exists(_ path: FilePath, at directory: CInt = currentDirectory) throws(SyscallError) -> Bool {
    do {
      _ = try status(of: path, at: directory, followSymlinks: false)
      return true
    } catch {
      if error.errno == 2 || error.errno == 20 { return false }
      throw error
    }
  }

  /// The magic number of the file system that a descriptor is on (statfs(2)).
  public static func fileSystemType(_ fd: CInt) throws(SyscallError) -> Int64 {
    var type: Int64 = 0
    try check(cl_fstatfs_type(fd, &type), "fstatfs")
    return type
  }

  /// mkdirat(2).
  public static func makeDirectory(
    _ path: FilePath, at directory: CInt = currentDirectory, mode: UInt32 = 0o755
  ) throws(SyscallError) {
    try check(path.withPlatformString { cl_mkdirat(directory, $0, mode) }, "mkdirat", path)
  }

  /// Makes a directory and its missing parents; answers which were made, outermost first.
  @discardableResult
  public static func makeDirectories(_ path: FilePath, mode: UInt32 = 0o755) throws(SyscallError) -> [FilePath] {
    var missing: [FilePath] = []
    var current = path
    while !current.isEmpty, try !exists(current) {
      missing.append(current)
      if !current.removeLastComponent() { break }
    }
    var made: [FilePath] = []
    for directory in missing.reversed() {
      do {
        try makeDirectory(directory, mode: mode)
        made.append(directory)
      } catch {
        if error.errno != 17 { throw error }  // somebody was faster
      }
    }
    return made
  }

  /// mknodat(2); `mode` holds the type bits.
  public static func makeNode(
    _ path: FilePath, at directory: CInt, mode: UInt32, major: UInt32 = 0, minor: UInt32 = 0
  ) throws(SyscallError) {
    try check(path.withPlatformString { cl_mknodat(directory, $0, mode, major, minor) }, "mknodat", path)
  }

  /// symlinkat(2).
  public static func makeSymlink(
    _ path: FilePath, to target: String, at directory: CInt = currentDirectory
  ) throws(SyscallError) {
    try check(
      path.withPlatformString { link in target.withCString { cl_symlinkat($0, directory, link) } }, "symlinkat", path)
  }

  /// unlinkat(2); `directory: true` removes an empty directory.
  public static func remove(
    _ path: FilePath, at directory: CInt = currentDirectory, isDirectory: Bool = false
  ) throws(SyscallError) {
    try check(
      path.withPlatformString { cl_unlinkat(directory, $0, isDirectory ? 0x200 : 0) },
      isDirectory ? "rmdir" : "unlinkat", path)
  }

  /// renameat(2).
  public static func rename(
    _ from: FilePath, at fromDirectory: CInt = currentDirectory, to target: FilePath,
    at toDirectory: CInt = currentDirectory
  ) throws(SyscallError) {
    try check(
      from.withPlatformString { a in target.withPlatformString { cl_renameat(fromDirectory, a, toDirectory, $0) } },
      "renameat", from, detail: "to \(target)")
  }

  /// renameat2(2) with RENAME_EXCHANGE: each takes the other's place, and at no moment is there none of the two. EINVAL on
  /// a file system that cannot.
  public static func exchange(_ a: FilePath, _ b: FilePath) throws(SyscallError) {
    try check(
      a.withPlatformString { first in b.withPlatformString { cl_rename_exchange(first, $0) } },
      "renameat2(RENAME_EXCHANGE)", a, detail: "with \(b)")
  }

  /// fchownat(2) without following a symlink; an empty path means the descriptor itself.
  public static func changeOwner(
    _ path: FilePath = "", at directory: CInt, uid: UInt32, gid: UInt32
  ) throws(SyscallError) {
    try check(
      path.withPlatformString { cl_fchownat(directory, $0, uid, gid, path.isEmpty ? 0x1000 : 0x100) }, "fchownat", path)
  }

  /// fchmod(2).
  public static func changeMode(_ fd: CInt, mode: UInt32) throws(SyscallError) {
    try check(cl_fchmod(fd, mode), "fchmod")
  }

  /// chmod(2) of a path, which is followed.
  public static func changeMode(of path: FilePath, mode: UInt32) throws(SyscallError) {
    try check(path.withPlatformString { cl_chmod($0, mode) }, "chmod", path)
  }

  /// readlinkat(2), at most 4096 bytes.
  public static func readLink(_ path: FilePath, at directory: CInt = currentDirectory) throws(SyscallError) -> String {
    String(decoding: try linkTarget(path, at: directory), as: UTF8.self)
  }

  /// The same as the bytes it is, which need not be text.
  public static func linkTarget(
    _ path: FilePath, at directory: CInt = currentDirectory
  ) throws(SyscallError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = try check(
      path.withPlatformString { name in
        buffer.withUnsafeMutableBytes { cl_readlinkat(directory, name, $0.baseAddress!, $0.count) }
      }, "readlinkat", path)
    return Array(buffer.prefix(Int(count)))
  }

  /// The names in an open directory, unsorted, without `.` and `..`.
  /// `directoriesOnly` leaves out what the file system knows to be something else.
  public static func names(in directory: CInt, directoriesOnly: Bool = false) throws(SyscallError) -> [String] {
    var names: [String] = []
    var buffer = [UInt8](repeating: 0, count: 8192)
    while true {
      let count = try check(
        buffer.withUnsafeMutableBytes {
          cl_getdents(directory, $0.baseAddress!, $0.count, directoriesOnly ? 4 /* DT_DIR */ : 0)
        }, "getdents64")
      if count == 0 { return names }
      for name in buffer.prefix(Int(count)).split(separator: 0) { names.append(String(decoding: name, as: UTF8.self)) }
    }
  }

  /// The names in a directory, sorted; a missing directory is an error.
  public static func names(inDirectory path: FilePath) throws(SyscallError) -> [String] {
    let directory = try open(path, [.readOnly, .directory])
    return try names(in: directory.raw).sorted()
  }
}
