// SHA-256 by nettle (docs/decisions/0003-digests.md). Knows no files but descriptors.
internal import CNettle
internal import ContainrSystem

/// A running SHA-256 of bytes.
struct SHA256: Sendable {
  private var state = cn_sha256()

  init() { cn_sha256_begin(&state) }

  /// Adds bytes at the end.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    if let base = bytes.baseAddress { cn_sha256_add(&state, base, bytes.count) }
  }

  /// Adds bytes at the end.
  mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

  /// The digest of all that was added, 32 bytes; begins anew.
  mutating func finishBytes() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    cn_sha256_end(&state, &digest)
    return digest
  }

  /// The same as 64 lower-case hexadecimal digits.
  mutating func finish() -> String { Self.hexadecimal(finishBytes()) }

  /// Two lower-case digits a byte.
  static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The digest of everything from a descriptor's offset to its end.
  static func digest(of fd: CInt) throws(SyscallError) -> String {
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    while true {
      let count = try Kernel.read(fd, into: &buffer)
      if count == 0 { return hash.finish() }
      buffer.withUnsafeBytes { hash.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
  }
}
