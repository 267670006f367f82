// Rates: how much a second. Bits in powers of 1000, as tc(8) and vendors count them, or bytes in powers of 1024, as sizes
// are written elsewhere in a stack file.

enum RateText {
  /// 8kbit to 1000gbit, in bytes a second.
  static let range: ClosedRange<Int64> = 1000...125_000_000_000
  private static let bits: [String: Int64] = ["bit": 1, "kbit": 1000, "mbit": 1_000_000, "gbit": 1_000_000_000]
  private static let help = "write bits a second, such as 10mbit, or bytes a second, such as 5mb"

  /// Bytes a second.
  static func bytes(_ text: String) throws(ValueProblem) -> Int64 {
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = String(text.dropFirst(number.count)).trimmed.lowercased()
    func wrong(_ label: String?, _ help: String = help) -> ValueProblem {
      ValueProblem(.invalidValue, "\(DisplayText.quote(text)) is not a rate", label: label, help: help)
    }
    if number.isEmpty { throw wrong(nil) }
    if unit.isEmpty {
      throw wrong("neither bits nor bytes", "write \(number)bit or \(number)b, or with k, m or g before it")
    }
    if unit.hasSuffix("/s") || unit.hasSuffix("ps") {
      throw wrong("a rate is of a second anyway", "\(help), without '\(unit.suffix(2))'")
    }
    let value: Int64
    if let factor = bits[unit] {
      guard let count = Double(number), number.last != "." else { throw wrong(nil) }
      let bytes = count * Double(factor) / 8
      guard bytes < 9e18 else { throw outOfRange(text) }
      value = Int64(bytes.rounded(.down))
    } else {
      do throws(ValueProblem) { value = try ByteSizeText.bytes(text) } catch { throw wrong("unknown unit '\(unit)'") }
    }
    guard range.contains(value) else { throw outOfRange(text) }
    return value
  }

  private static func outOfRange(_ text: String) -> ValueProblem {
    ValueProblem(.invalidValue, "the rate \(DisplayText.quote(text)) is out of range", help: "8kbit to 1000gbit")
  }

  /// The same rate in one spelling.
  static func text(_ bytes: Int64) -> String {
    let bits = bytes * 8
    for (unit, factor) in [("gbit", Int64(1_000_000_000)), ("mbit", 1_000_000)] where bits % factor == 0 {
      return "\(bits / factor)\(unit)"
    }
    for (unit, factor) in [("gb", Int64(1 << 30)), ("mb", 1 << 20), ("kb", 1 << 10)] where bytes % factor == 0 {
      return "\(bytes / factor)\(unit)"
    }
    return bits % 1000 == 0 ? "\(bits / 1000)kbit" : "\(bits)bit"
  }

  /// Less holds no packet; more is no number of the kernel's.
  static let burst: ClosedRange<Int64> = 1536...4_000_000_000

  /// Bytes.
  static func burst(_ text: String) throws(ValueProblem) -> Int64 {
    let value = try ByteSizeText.bytes(text)
    guard burst.contains(value) else {
      throw ValueProblem(
        .byteSize, "the burst \(DisplayText.quote(text)) is out of range",
        label: value < burst.lowerBound ? "holds no packet" : nil,
        help: "1536 bytes to 4 GB; left out: 10 ms of the rate")
    }
    return value
  }
}
