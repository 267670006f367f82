// SHA-256 of bytes in memory, for rooms above that name things by their content.

/// Digests of content.
public enum ContentDigest {
  /// 64 lower-case hexadecimal digits.
  public static func sha256(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    hash.add(bytes)
    return hash.finish()
  }
}
