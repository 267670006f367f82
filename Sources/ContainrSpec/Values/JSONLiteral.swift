// The JSON that this room writes, by hand: no Foundation in it.

/// Pieces of JSON.
public enum JSONLiteral {
  /// A string literal. Control characters are escaped, so that no output can act on a terminal.
  public static func string(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case let control where control.value < 0x20 || (0x7F...0x9F).contains(control.value):
        let hex = String(control.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  /// An object of fields whose values are JSON already; fields that are nil are left out.
  static func object(_ fields: KeyValuePairs<String, String?>) -> String {
    let written = fields.compactMap { name, value in value.map { "\(string(name)):\($0)" } }
    return "{\(written.joined(separator: ","))}"
  }

  /// An array of values that are JSON already.
  static func array(_ items: some Sequence<String>) -> String { "[\(items.joined(separator: ","))]" }

  /// An array that is left out when it is empty.
  static func optionalArray(_ items: [String]) -> String? { items.isEmpty ? nil : array(items) }
}
