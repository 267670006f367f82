// The error of this room: which limit, and why not.
internal import ContainrSystem
public import SystemPackage

/// A limit or an operation on a cgroup that did not work.
public struct CgroupError: Error, Sendable, Hashable, CustomStringConvertible {
  /// `memory.limit`, `blkio.weight`, … or the operation: `create`, `attach`, `kill`, `remove`.
  public var field: String
  /// In words.
  public var reason: String
  /// The file or directory concerned.
  public var file: FilePath?
  /// The kernel's error, if one is behind it.
  public var errno: Int32?

  /// Names a refusal.
  public init(field: String, reason: String, file: FilePath? = nil, errno: Int32? = nil) {
    self.field = field
    self.reason = reason
    self.file = file
    self.errno = errno
  }

  init(_ field: String, _ error: SyscallError) {
    self.init(field: field, reason: error.description, file: error.path, errno: error.errno)
  }

  /// `memory.limit: write /sys/fs/cgroup/…: Device or resource busy (value 1)`.
  public var description: String {
    guard let file, !reason.contains(file.string) else { return "\(field): \(reason)" }
    return "\(field): \(reason) (\(file))"
  }
}

/// Runs kernel calls under the name of a field.
func attempting<Result: ~Copyable>(
  _ field: String, _ body: () throws(SyscallError) -> Result
) throws(CgroupError) -> Result {
  do {
    return try body()
  } catch {
    throw CgroupError(field, error)
  }
}

/// A value of a cgroup that is not what was asked for.
public struct CgroupDifference: Sendable, Hashable {
  /// `memory.limit`.
  public var field: String
  /// In the kernel's own form: pages rounded, lists in order.
  public var expected: String
  /// What the file says.
  public var found: String
  /// The file that says so.
  public var file: FilePath
}

/// A limit that this host cannot give, and why.
public struct CgroupShortcoming: Sendable, Hashable {
  /// `memory.swap`.
  public var field: String
  /// In words.
  public var reason: String
}
