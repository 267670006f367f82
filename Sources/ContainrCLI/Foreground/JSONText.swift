// The little JSON that the command line writes itself. Pure.

/// Pieces of JSON.
package enum JSONText {
  /// A string literal.
  package static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case let control where control.value < 0x20 || (0x7F...0x9F).contains(control.value):
        let digits = String(control.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  /// A number or `null`.
  package static func number(_ value: (any BinaryInteger)?) -> String { value.map { String($0) } ?? "null" }

  /// A string or `null`.
  package static func string(_ value: String?) -> String { value.map(quoted) ?? "null" }

  /// An array of strings.
  package static func list(_ values: [String]) -> String { "[\(values.map(quoted).joined(separator: ", "))]" }
}
