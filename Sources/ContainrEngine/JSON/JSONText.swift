// JSON as it is written: compact, or indented for people. Pure.

extension JSONValue {
  /// The text; with `indent` a line a member, by that many blanks.
  public func text(indent: Int? = nil) -> String {
    var out = ""
    write(to: &out, indent, 0)
    return out
  }

  private func write(to out: inout String, _ indent: Int?, _ depth: Int) {
    switch self {
    case .null: out += "null"
    case .bool(let value): out += value ? "true" : "false"
    case .integer(let value): out += String(value)
    case .natural(let value): out += String(value)
    case .real(let value): out += String(value)
    case .string(let value): Self.quote(value, to: &out)
    case .array(let values):
      Self.list(values, "[", "]", to: &out, indent, depth) { value, out in value.write(to: &out, indent, depth + 1) }
    case .object(let members):
      Self.list(members, "{", "}", to: &out, indent, depth) { member, out in
        Self.quote(member.key, to: &out)
        out += indent == nil ? ":" : ": "
        member.value.write(to: &out, indent, depth + 1)
      }
    }
  }

  private static func list<Element>(
    _ elements: [Element], _ open: String, _ close: String, to out: inout String, _ indent: Int?, _ depth: Int,
    _ write: (Element, inout String) -> Void
  ) {
    func newline(_ depth: Int) {
      if let indent { out += "\n" + String(repeating: " ", count: indent * depth) }
    }
    out += open
    for (index, element) in elements.enumerated() {
      if index > 0 { out += "," }
      newline(depth + 1)
      write(element, &out)
    }
    if !elements.isEmpty { newline(depth) }
    out += close
  }

  private static func quote(_ text: String, to out: inout String) {
    // Nearly all texts mean themselves, and are taken in one piece.
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
      out += "\""
      out += text
      out += "\""
      return
    }
    let digits = Array("0123456789abcdef")
    out += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      default:
        if scalar.value < 0x20 {
          out += "\\u00\(digits[Int(scalar.value >> 4)])\(digits[Int(scalar.value & 15)])"
        } else {
          out.unicodeScalars.append(scalar)
        }
      }
    }
    out += "\""
  }
}
