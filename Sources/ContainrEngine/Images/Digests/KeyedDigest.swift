// HMAC-SHA256 (RFC 2104): a digest that says nothing to those who do not have the key, however short the content is.

/// Digests of content under one key.
public struct KeyedDigest: Sendable {
  private static let block = 64
  private let inner: [UInt8]
  private let outer: [UInt8]

  /// `key`: any number of bytes; 32 random ones are as good as more.
  public init(key: [UInt8]) {
    var hash = SHA256()
    hash.add(key)
    let short = key.count > Self.block ? hash.finishBytes() : key
    let padded = short + [UInt8](repeating: 0, count: Self.block - short.count)
    inner = padded.map { $0 ^ 0x36 }
    outer = padded.map { $0 ^ 0x5c }
  }

  /// 64 lower-case hexadecimal digits.
  public func digest(of bytes: [UInt8]) -> String {
    var first = SHA256()
    first.add(inner)
    first.add(bytes)
    var second = SHA256()
    second.add(outer)
    second.add(first.finishBytes())
    return second.finish()
  }
}
