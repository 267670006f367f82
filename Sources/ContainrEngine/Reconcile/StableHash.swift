// A hash that is the same in every process and release, for names that must be derivable. Not for security.

/// FNV-1a, 64 bits.
public enum StableHash {
  /// The hash of the text's UTF-8.
  public static func value(_ text: String) -> UInt64 { value(text.utf8) }

  /// The hash of bytes.
  public static func value(_ bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  /// The last `digits` (at most 16) hexadecimal digits of the hash.
  public static func hex(_ text: String, digits: Int) -> String {
    let all = String(value(text), radix: 16)
    return String((String(repeating: "0", count: 16 - all.count) + all).suffix(digits))
  }
}
