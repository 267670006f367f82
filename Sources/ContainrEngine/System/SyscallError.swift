// The one error of the kernel, and the one gate at which it is made. Knows no policy.
public import SystemPackage

/// A syscall that failed: which, on what, and why.
public struct SyscallError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The errno, positive; 0 where no call has failed and `detail` says it all.
  public var errno: Int32
  /// The syscall's name, such as `openat2`.
  public var operation: String
  /// The path it was given, if any.
  public var path: FilePath?
  /// What was attempted in the caller's words, if the path does not say it.
  public var detail: String?

  /// With its values.
  public init(errno: Int32, operation: String, path: FilePath? = nil, detail: String? = nil) {
    self.errno = errno
    self.operation = operation
    self.path = path
    self.detail = detail
  }

  /// `openat2 /a/b: No such file or directory (for the layer)`.
  public var description: String {
    if errno == 0, let detail { return detail }
    var text = operation
    if let path { text += " \(path)" }
    text += ": \(Errno(rawValue: errno).description)"
    if let detail { text += " (\(detail))" }
    return text
  }
}

/// Turns a CContainrLinux result (value or -errno) into a value or an error.
@discardableResult
public func check<Value: BinaryInteger>(
  _ result: Value, _ operation: @autoclosure () -> String, _ path: @autoclosure () -> FilePath? = nil,
  detail: @autoclosure () -> String? = nil
) throws(SyscallError) -> Value {
  if result >= 0 { return result }
  throw SyscallError(
    errno: Int32(truncatingIfNeeded: 0 - Int64(result)), operation: operation(), path: path(), detail: detail())
}
