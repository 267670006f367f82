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

  /// Appends what stands between the quotes of a literal; false, and nothing is appended: it is no UTF-8. The same as
  /// `quoted`, for texts of which there are many.
  package static func add(_ text: ArraySlice<UInt8>, to output: inout [UInt8]) -> Bool {
    text.withUnsafeBufferPointer { bytes in
      if bytes.reduce(0, |) >= 0x80, String(validating: bytes, as: UTF8.self) == nil { return false }
      // What needs no escape is copied as it is.
      var done = 0
      for index in bytes.indices {
        let byte = bytes[index]
        let isControl = byte < 0x20 || byte == 0x7F || (byte == 0xC2 && bytes[index + 1] < 0xA0)
        if !isControl, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { continue }
        output.append(contentsOf: bytes[done..<index])
        let length = byte == 0xC2 ? 2 : 1
        done = index + length
        addEscape(bytes[done - 1], &output)
      }
      output.append(contentsOf: bytes[done...])
      return true
    }
  }

  /// Of a scalar below U+00A0.
  private static func addEscape(_ value: UInt8, _ output: inout [UInt8]) {
    output.append(UInt8(ascii: "\\"))
    switch value {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(value)
    case UInt8(ascii: "\n"): output.append(UInt8(ascii: "n"))
    default:
      output.append(contentsOf: "u00".utf8)
      for digit in [value >> 4, value & 15] {
        output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
      }
    }
  }

  /// A number or `null`.
  package static func number(_ value: (any BinaryInteger)?) -> String { value.map { String($0) } ?? "null" }

  /// A string or `null`.
  package static func string(_ value: String?) -> String { value.map(quoted) ?? "null" }

  /// An array of strings.
  package static func list(_ values: [String]) -> String { "[\(values.map(quoted).joined(separator: ", "))]" }
}
