// Durations of the Compose Specification: numbers with units, combined.

enum DurationText {
  /// Timers of the kernel's poll calls count milliseconds in 32 bits.
  private static let maximum = Double(Int32.max) * 1e6
  /// Days and weeks are not in the specification's list, but its reference implementation reads them.
  private static let units: [String: Double] = [
    "ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9, "d": 86_400e9,
    "w": 604_800e9,
  ]

  /// Milliseconds, rounded; anything above zero is at least 1. What is longer than a timer takes is a problem.
  static func milliseconds(_ text: String) throws(ValueProblem) -> Int {
    let length = try nanoseconds(text)
    guard Double(length) <= maximum else {
      throw ValueProblem(
        .cannotHonour, "the duration \(DisplayText.quote(text)) is longer than 24 days",
        label: "no timer of this version runs that long")
    }
    return length > 0 ? max(1, Int((Double(length) / 1e6).rounded())) : 0
  }

  /// Nanoseconds, as long as the format can say.
  static func nanoseconds(_ text: String) throws(ValueProblem) -> Int64 {
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
      // 2^63 itself is a Double, Int64.max is not.
      guard total.isFinite, total < 9.2e18 else {
        throw ValueProblem(.duration, "the duration \(DisplayText.quote(text)) is longer than 292 years")
      }
    }
    return Int64(total.rounded())
  }
}

/// A duration as a command line has it.
public enum DurationWord {
  /// The nanoseconds of `1h30m` and the like; nil for what is none.
  public static func nanoseconds(_ text: String) -> UInt64? {
    do { return UInt64(try DurationText.nanoseconds(text)) } catch { return nil }
  }
}
