// Descriptors with one owner, closed exactly once. All are born CLOEXEC.
internal import CContainrLinux

/// A file descriptor that belongs to exactly one place and closes when that place ends.
public struct OwnedFD: ~Copyable, Sendable {
  /// The number; borrowed, never to be closed by the reader.
  public let raw: CInt

  /// Takes ownership of `raw`.
  public init(taking raw: CInt) { self.raw = raw }

  deinit { _ = cl_close(raw) }

  /// Gives the number away; the caller closes it.
  public consuming func release() -> CInt {
    let raw = self.raw
    discard self
    return raw
  }

  /// Another descriptor of the same open file.
  public func duplicate() throws(SyscallError) -> OwnedFD {
    OwnedFD(taking: try check(cl_dup_cloexec(raw), "fcntl(F_DUPFD_CLOEXEC)"))
  }
}

/// A descriptor that several places share, such as an entry of an array; closes with its last user.
public final class SharedFD: Sendable {
  private let owned: OwnedFD

  /// With its values.
  public init(_ owned: consuming OwnedFD) { self.owned = owned }

  /// The number; borrowed.
  public var raw: CInt { owned.raw }

  /// Another descriptor of the same open file, with an owner of its own.
  public func duplicate() throws(SyscallError) -> OwnedFD { try owned.duplicate() }
}

extension OwnedFD {
  /// Reads to the end, at most `limit` bytes; more is EFBIG.
  public func readAll(limit: Int = 16 << 20) throws(SyscallError) -> [UInt8] { try Kernel.readAll(raw, limit: limit) }

  /// Writes all of `bytes`.
  public func writeAll(_ bytes: [UInt8]) throws(SyscallError) { try Kernel.writeAll(raw, bytes) }
}
