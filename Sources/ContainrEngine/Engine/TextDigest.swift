// Digests of text, for those that may use the engine and none of its mechanisms.
internal import ContainrImages

/// Digests of text.
public enum TextDigest {
  /// SHA-256 of the text in UTF-8, as 64 lower-case hexadecimal digits.
  public static func sha256(_ text: String) -> String { ContentDigest.sha256(Array(text.utf8)) }
}
