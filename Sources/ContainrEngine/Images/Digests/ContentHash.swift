// A running digest of one of the algorithms that descriptors may name.
internal import CNettle
public import ContainrImageSpec

/// SHA-256 or SHA-512 of bytes that come one after the other.
public struct ContentHash: Sendable {
  private enum State {
    case sha256(SHA256)
    case sha512(cn_sha512)
  }
  private var state: State

  /// Nothing added yet.
  public init(_ algorithm: Digest.Algorithm) {
    switch algorithm {
    case .sha256: state = .sha256(SHA256())
    case .sha512:
      var context = cn_sha512()
      cn_sha512_begin(&context)
      state = .sha512(context)
    }
  }

  /// Adds bytes at the end.
  public mutating func add(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    switch state {
    case .sha256(var hash):
      hash.add(bytes)
      state = .sha256(hash)
    case .sha512(var context):
      cn_sha512_add(&context, base, bytes.count)
      state = .sha512(context)
    }
  }

  /// The digest of all that was added.
  public func finish() -> Digest {
    switch state {
    case .sha256(var hash): return Digest(.sha256, hex: hash.finish())!
    case .sha512(var context):
      var bytes = [UInt8](repeating: 0, count: 64)
      cn_sha512_end(&context, &bytes)
      return Digest(.sha512, hex: SHA256.hexadecimal(bytes))!
    }
  }

  /// The digest of bytes in memory.
  public static func digest(_ bytes: [UInt8], _ algorithm: Digest.Algorithm = .sha256) -> Digest {
    var hash = ContentHash(algorithm)
    bytes.withUnsafeBytes { hash.add($0) }
    return hash.finish()
  }
}
