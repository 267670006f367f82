// Sizes in bytes, with units in powers of 1024.

enum ByteSizeText {
  private static let units: [String: Int64] = [
    "": 1, "b": 1, "k": 1 << 10, "kb": 1 << 10, "kib": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "mib": 1 << 20,
    "g": 1 << 30, "gb": 1 << 30, "gib": 1 << 30, "t": 1 << 40, "tb": 1 << 40, "tib": 1 << 40, "p": 1 << 50,
    "pb": 1 << 50,
    "pib": 1 << 50,
  ]

  static func bytes(_ text: String) throws(ValueProblem) -> Int64 {
    let help = "write a whole number of bytes or a number with b, k, m, g, t or p, such as 64m"
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = String(text.dropFirst(number.count)).trimmed.lowercased()
    if text.first == "-" {
      throw ValueProblem(.byteSize, "\(DisplayText.quote(text)) is not a size", label: "cannot be negative", help: help)
    }
    guard !number.isEmpty, let factor = units[unit] else {
      let label = number.isEmpty ? nil : "unknown unit '\(unit)'"
      throw ValueProblem(.byteSize, "\(DisplayText.quote(text)) is not a size", label: label, help: help)
    }
    if number.utf8.allSatisfy({ $0 != UInt8(ascii: ".") }) {
      if let whole = Int64(number) {
        let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
        if !overflow { return product }
      }
    } else if let fraction = Double(number), number.last != "." {
      let product = fraction * Double(factor)
      // 2^63 itself is a Double, Int64.max is not.
      if product.isFinite, product < 9.2e18 { return Int64(product.rounded(.down)) }
    } else {
      throw ValueProblem(.byteSize, "\(DisplayText.quote(text)) is not a size", help: help)
    }
    throw ValueProblem(.byteSize, "the size \(DisplayText.quote(text)) is out of range", help: "at most 8388607t")
  }
}
