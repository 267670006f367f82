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
  /// A descriptor of the open file that `raw` stands for, with an owner of its own.
  public static func duplicate(of raw: CInt) throws(SyscallError) -> OwnedFD {
    OwnedFD(taking: try check(cl_dup_cloexec(raw), "fcntl(F_DUPFD_CLOEXEC)"))
  }

  /// Reads to the end, at most `limit` bytes; more is EFBIG.
  public func readAll(limit: Int = 16 << 20) throws(SyscallError) -> [UInt8] { try Kernel.readAll(raw, limit: limit) }

  /// The same from somebody who may never end: ETIMEDOUT after `milliseconds`.
  public func readAll(within milliseconds: UInt64, limit: Int) throws(SyscallError) -> [UInt8] {
    let deadline = Kernel.monotonicTime() + milliseconds * 1_000_000
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16384)
    while true {
      let now = Kernel.monotonicTime()
      // Rounded up: with 0 it would not wait at all.
      let left = Int32(clamping: (deadline - min(now, deadline) + 999_999) / 1_000_000)
      guard try Kernel.waitReadable(raw, milliseconds: left) else {
        throw SyscallError(errno: 110, operation: "read", detail: "no end within \(milliseconds) ms")
      }
      let count = try Kernel.read(raw, into: &buffer)
      if count == 0 { return all }
      if all.count + count > limit { throw SyscallError(errno: 27, operation: "read", detail: "over \(limit) bytes") }
      all.append(contentsOf: buffer[0..<count])
    }
  }

  /// Writes all of `bytes`.
  public func writeAll(_ bytes: [UInt8]) throws(SyscallError) { try Kernel.writeAll(raw, bytes) }
}
