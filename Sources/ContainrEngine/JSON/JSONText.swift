// JSON as it is written: compact, or indented for people. Pure. By bytes: a string that grows by characters takes a hundred
// instructions for each, and every start of a container writes its record.

extension JSONValue {
  /// The text; with `indent` a line a member, by that many blanks.
  public func text(indent: Int? = nil) -> String { String(decoding: bytes(indent: indent), as: UTF8.self) }

  /// The same in UTF-8.
  public func bytes(indent: Int? = nil) -> [UInt8] {
    var out: [UInt8] = []
    write(to: &out, indent, 0)
    return out
  }

  private func write(to out: inout [UInt8], _ indent: Int?, _ depth: Int) {
    switch self {
    case .null: out += "null".utf8
    case .bool(let value): out += (value ? "true" : "false").utf8
    case .integer(let value): out += String(value).utf8
    case .natural(let value): out += String(value).utf8
    case .real(let value): out += String(value).utf8
    case .string(let value): Self.quote(value, to: &out)
    case .array(let values):
      Self.list(values, "[", "]", to: &out, indent, depth) { value, out in value.write(to: &out, indent, depth + 1) }
    case .object(let members):
      Self.list(members, "{", "}", to: &out, indent, depth) { member, out in
        Self.quote(member.key, to: &out)
        out.append(UInt8(ascii: ":"))
        if indent != nil { out.append(UInt8(ascii: " ")) }
        member.value.write(to: &out, indent, depth + 1)
      }
    }
  }

  private static func list<Element>(
    _ elements: [Element], _ open: Unicode.Scalar, _ close: Unicode.Scalar, to out: inout [UInt8], _ indent: Int?,
    _ depth: Int, _ write: (Element, inout [UInt8]) -> Void
  ) {
    func newline(_ depth: Int) {
      guard let indent else { return }
      out.append(UInt8(ascii: "\n"))
      for _ in 0..<(indent * depth) { out.append(UInt8(ascii: " ")) }
    }
    out.append(UInt8(ascii: open))
    for (index, element) in elements.enumerated() {
      if index > 0 { out.append(UInt8(ascii: ",")) }
      newline(depth + 1)
      write(element, &out)
    }
    if !elements.isEmpty { newline(depth) }
    out.append(UInt8(ascii: close))
  }

  private static func quote(_ text: String, to out: inout [UInt8]) {
    var text = text
    out.append(UInt8(ascii: "\""))
    text.withUTF8 { bytes in
      // What means itself is taken in pieces.
      var start = 0
      for index in bytes.indices {
        let byte = bytes[index]
        if byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { continue }
        out += UnsafeBufferPointer(rebasing: bytes[start..<index])
        start = index + 1
        escape(byte, to: &out)
      }
      out += UnsafeBufferPointer(rebasing: bytes[start...])
    }
    out.append(UInt8(ascii: "\""))
  }

  private static func escape(_ byte: UInt8, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\\"))
    switch byte {
    case UInt8(ascii: "\n"): out.append(UInt8(ascii: "n"))
    case UInt8(ascii: "\r"): out.append(UInt8(ascii: "r"))
    case UInt8(ascii: "\t"): out.append(UInt8(ascii: "t"))
    case 0..<0x20:
      out += "u00".utf8
      for digit in [byte >> 4, byte & 15] {
        out.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      }
    default: out.append(byte)
    }
  }
}
