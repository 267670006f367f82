// Durations of the Compose Specification: numbers with units, combined.

enum DurationText {
  /// Timers of the kernel's poll calls count milliseconds in 32 bits.
  private static let maximum = Double(Int32.max)
  private static let units: [String: Double] = [
    "ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000,
  ]

  /// Milliseconds, rounded; anything above zero is at least 1.
  static func milliseconds(_ text: String) throws(ValueProblem) -> Int {
    let help = "write a number with a unit (us, ms, s, m, h), such as 10s or 1m30s"
    if text == "0" { return 0 }
    guard !text.isEmpty else { throw ValueProblem(.duration, "an empty text is not a duration", help: help) }
    var rest = Substring(text)
    var total = 0.0
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      guard let number = Double(digits), digits.last != "." else {
        let isNegative = text.first == "-"
        throw ValueProblem(
          .duration, "\(DisplayText.quote(text)) is not a duration", label: isNegative ? "cannot be negative" : nil,
          help: help)
      }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
      rest = rest.dropFirst(unit.count)
      guard let factor = units[String(unit)] else {
        let isMissing = unit.isEmpty
        throw ValueProblem(
          .duration, "\(DisplayText.quote(text)) is not a duration",
          label: isMissing ? "the unit is missing" : "unknown unit '\(unit)'",
          help: isMissing && text.isDigits ? "write \(text)s for seconds" : help,
          better: isMissing ? .init(old: text, new: "\(text)s", applicability: .maybe) : nil)
      }
      total += number * factor
      guard total.isFinite, total <= maximum else {
        throw ValueProblem(.duration, "the duration \(DisplayText.quote(text)) is longer than 24 days", help: nil)
      }
    }
    return total > 0 ? max(1, Int(total.rounded())) : 0
  }
}
