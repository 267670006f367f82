// Makes text from files safe and measurable on a terminal. No escape sequence of a file may reach the screen.

enum DisplayText {
  /// Control and direction-changing characters written visibly; everything else as it is.
  static func safe(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isDangerous) else { return text }
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if isDangerous(scalar) {
        out.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
      } else {
        out.append(scalar)
      }
    }
    return String(out)
  }

  /// One scalar of a source line as it is shown: always exactly as wide as `width` says.
  static func cell(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    if scalar == "\t" { return " " }
    return isDangerous(scalar) ? "\u{FFFD}" : scalar
  }

  /// Columns that a scalar takes on a terminal: 0, 1 or 2.
  static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x0300...0x036F, 0x200B...0x200D, 0xFE00...0xFE0F: 0
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1FAFF, 0x20000...0x3FFFD:
      2
    default: 1
    }
  }

  /// A value inside a message: safe, and cut when it is long.
  static func quote(_ text: String) -> String {
    let scalars = text.unicodeScalars
    if scalars.count <= 60 { return "'\(text)'" }
    return "'\(String(scalars.prefix(57)))...'"
  }

  private static func isDangerous(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0A: false
    case 0...0x1F, 0x7F...0x9F, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }
}
