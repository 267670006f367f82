// Base64 with padding (RFC 4648, 4), as basic authentication and docker's config.json use it. Pure.

enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    var index = 0
    while index < bytes.count {
      let group = bytes[index..<min(index + 3, bytes.count)]
      var bits: UInt32 = 0
      for position in 0..<3 { bits = bits << 8 | UInt32(position < group.count ? group[index + position] : 0) }
      for position in 0..<4 {
        out.append(position <= group.count ? alphabet[Int(bits >> UInt32(18 - 6 * position)) & 63] : 0x3d)
      }
      index += 3
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// nil for anything else; padding may be missing.
  static func decode(_ text: String) -> [UInt8]? {
    var digits = Array(text.utf8)
    while digits.last == 0x3d || digits.last == 0x0a { digits.removeLast() }
    var out: [UInt8] = []
    var bits: UInt32 = 0
    for (index, digit) in digits.enumerated() {
      guard let value = alphabet.firstIndex(of: digit) else { return nil }
      bits = bits << 6 | UInt32(value)
      if index % 4 > 0 { out.append(UInt8(truncatingIfNeeded: bits >> UInt32(6 - 2 * (index % 4)))) }
    }
    return digits.count % 4 == 1 ? nil : out
  }
}
