// Which texts mean themselves when they stand in a YAML file without quotes, and quotes for all others. Pure.

enum PlainText {
  /// A value in block style.
  static func value(_ text: String) -> String {
    if text.isEmpty { return "\"\"" }
    if isSyntaxFree(text) { return isMisread(text) ? doubleQuoted(text) : text }
    return text.unicodeScalars.allSatisfy(isPrintable) ? singleQuoted(text) : doubleQuoted(text)
  }

  /// A key in block style. `<<` would merge.
  static func key(_ text: String) -> String { value(text) }

  /// Whether every YAML reader takes the character as it is, in quotes at least, and a person sees it where it stands.
  /// Breaks, tabs and what turns the direction of writing are not among them.
  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7E, 0xA0...0x2027, 0x202F...0x2065, 0x206A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD,
      0x10000...0x10FFFF:
      true
    default: false
    }
  }

  /// Whether nothing in the text is YAML's own.
  private static func isSyntaxFree(_ text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    guard let first = scalars.first, let last = scalars.last else { return false }
    guard scalars.allSatisfy(isPrintable), first != " ", last != " ", last != ":" else { return false }
    // It would look like indentation.
    if InvisibleSpace.contains(first) { return false }
    let second = scalars.count > 1 ? scalars[1] : " "
    switch first {
    case ",", "[", "]", "{", "}", "#", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`": return false
    case "-", "?", ":": if second == " " { return false }
    default: break
    }
    for (left, right) in zip(scalars, scalars.dropFirst()) where right == "#" || left == ":" {
      if left == " " && right == "#" || left == ":" && right == " " { return false }
    }
    // The marks of documents, which only count at the start of a line.
    return !(text == "---" || text == "..." || text.hasPrefix("--- ") || text.hasPrefix("... "))
  }

  private static let words: Set<String> = [
    "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE", "yes", "Yes", "YES", "no", "No",
    "NO",
    "on", "On", "ON", "off", "Off", "OFF", "y", "Y", "n", "N", "<<", "=", ".nan", ".NaN", ".NAN",
  ]

  /// Whether YAML 1.1 or YAML 1.2 reads something that is no text.
  static func isMisread(_ text: String) -> Bool {
    if words.contains(text) { return true }
    let bytes = Array(text.utf8)
    guard let first = bytes.first, first < 0x3A else { return false }
    return CoreNumber.isInteger(bytes) || CoreNumber.isFloat(bytes) || LegacyNumber.isNumber(bytes)
      || LegacyNumber.isDate(bytes)
  }

  private static func singleQuoted(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      out.append(scalar)
      if scalar == "'" { out.append(scalar) }
    }
    return "'\(String(out))'"
  }

  private static func doubleQuoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case let other where isPrintable(other): out.unicodeScalars.append(other)
      default: out += escape(scalar.value)
      }
    }
    return out + "\""
  }

  private static func escape(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    let (letter, width) = value < 0x100 ? ("x", 2) : value < 0x10000 ? ("u", 4) : ("U", 8)
    return "\\\(letter)\(String(repeating: "0", count: width - digits.count))\(digits)"
  }
}
