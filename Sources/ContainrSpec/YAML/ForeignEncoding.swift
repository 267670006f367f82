// Which other encoding a file probably has, and why bytes are not UTF-8.

enum ForeignEncoding {
  /// The encoding that the first bytes give away; nil: none.
  static func name(of bytes: [UInt8]) -> String? {
    if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) { return "UTF-32" }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return "UTF-16" }
    guard bytes.count >= 4 else { return nil }
    // The first character of a stack file is ASCII: where its zeros stand tells the width (YAML 1.2, 5.2).
    switch (bytes[0] == 0, bytes[1] == 0, bytes[2] == 0, bytes[3] == 0) {
    case (true, true, true, false), (false, true, true, true): return "UTF-32"
    case (true, false, true, false), (false, true, false, true): return "UTF-16"
    default: return nil
    }
  }

  /// Why the first malformed byte, which stands behind `good`, is no UTF-8.
  static func reason(_ bytes: [UInt8], after good: ArraySlice<Unicode.Scalar>) -> String {
    var index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    for scalar in good { index += UTF8.width(scalar) }
    guard index < bytes.count else { return "these bytes are no character" }
    let first = bytes[index]
    let next = index + 1 < bytes.count ? bytes[index + 1] : nil
    let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
    if first >= 0xC2, first <= 0xF4, index + length > bytes.count,
      bytes[(index + 1)...].allSatisfy({ $0 & 0xC0 == 0x80 })
    {
      return "the file ends inside a character"
    }
    switch (first, next) {
    case (0xC0...0xC1, _), (0xE0, .some(0x80...0x9F)), (0xF0, .some(0x80...0x8F)):
      return "an overlong form, which UTF-8 forbids"
    case (0xED, .some(0xA0...0xBF)): return "half of a surrogate pair, which UTF-8 forbids"
    case (0xF4, .some(0x90...0xBF)), (0xF5...0xF7, _): return "beyond the last character of Unicode"
    case (0x80...0xBF, _): return "a byte from the middle of a character"
    case (0xC2...0xF4, _): return "a Latin-1 or Windows-1252 character?"
    default: return "no character begins with this byte"
    }
  }
}

extension UTF8 {
  fileprivate static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0...0x7F: 1
    case 0x80...0x7FF: 2
    case 0x800...0xFFFF: 3
    default: 4
    }
  }
}
