// Whole numbers and CPU counts. Out of range is a problem, never a trap.

enum NumberText {
  /// A whole number in `range`: decimal, `0x…` or `0o…` as in the YAML core schema.
  static func integer(_ text: String, _ range: ClosedRange<Int64>) throws(ValueProblem) -> Int64 {
    let bytes = Array(text.utf8)
    guard CoreNumber.isInteger(bytes) else {
      let isFraction = CoreNumber.isFloat(bytes)
      throw ValueProblem(
        .number, "\(DisplayText.quote(text)) is not a whole number", label: isFraction ? "has a fraction" : nil,
        help: "write a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    if bytes.count > 1, bytes[0] == 0x30, (0x30...0x39).contains(bytes[1]) {
      let decimal = CoreNumber.withoutLeadingZeros(text)
      // Up to 7 both readings are the same number.
      let isSame = decimal.utf8.count == 1 && decimal < "8"
      throw ValueProblem(
        .number, "the number \(DisplayText.quote(text)) begins with a zero", label: "decimal or octal?",
        help: "write \(decimal), or 0o\(decimal) for octal",
        better: .init(old: text, new: decimal, applicability: isSame ? .always : .maybe))
    }
    let value: Int64? =
      if text.hasPrefix("0x") {
        Int64(text.dropFirst(2), radix: 16)
      } else if text.hasPrefix("0o") {
        Int64(text.dropFirst(2), radix: 8)
      } else {
        Int64(text)
      }
    guard let value, range.contains(value) else {
      throw ValueProblem(
        .number, "the number \(DisplayText.quote(text)) is out of range",
        label: "expected \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// A number in `range`, with or without a fraction.
  static func number(_ text: String, _ range: ClosedRange<Double>) throws(ValueProblem) {
    guard CoreNumber.isFloat(Array(text.utf8)), let value = Double(text) else {
      throw ValueProblem(.number, "\(DisplayText.quote(text)) is not a number")
    }
    guard range.contains(value) else {
      throw ValueProblem(
        .number, "the number \(DisplayText.quote(text)) is out of range",
        label: "expected \(plain(range.lowerBound)) to \(plain(range.upperBound))")
    }
  }

  private static func plain(_ value: Double) -> String {
    Int64(exactly: value).map(String.init) ?? String(value)
  }

  /// A number of CPUs in thousandths; 0 stands for no limit.
  static func milliCPUs(_ text: String) throws(ValueProblem) -> Int64 {
    guard CoreNumber.isFloat(Array(text.utf8)), let value = Double(text) else {
      throw ValueProblem(
        .number, "\(DisplayText.quote(text)) is not a number of CPUs", help: "write a number such as 0.5 or 2")
    }
    guard value == 0 || (0.01...100_000).contains(value), let milli = Int64(exactly: (value * 1000).rounded()) else {
      throw ValueProblem(
        .number, "the number of CPUs \(DisplayText.quote(text)) is out of range", label: "expected 0.01 to 100000",
        help: value > 0 && value < 0.01 ? "the kernel shares CPU time in steps of a hundredth" : nil)
    }
    return milli
  }

  /// Mode bits, always octal: `0755`, `755` or `0o755`.
  static func mode(_ text: String) throws(ValueProblem) -> Int {
    let digits = text.hasPrefix("0o") ? String(text.dropFirst(2)) : text
    guard digits.isDigits, let value = Int(digits, radix: 8), value <= 0o7777 else {
      throw ValueProblem(
        .number, "\(DisplayText.quote(text)) is not a file mode", help: "write octal digits, such as 1777 or 0755")
    }
    return value
  }

  /// A list of CPUs such as `0-3,7`, as the kernel takes it.
  static func cpuset(_ text: String) throws(ValueProblem) -> String {
    var parts: [String] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = String(part).trimmed.pieces("-")
      let numbers = ends.map { $0.isDigits ? Int($0) ?? Int.max : Int.max }
      guard (1...2).contains(numbers.count), numbers.allSatisfy({ $0 <= 8191 }),
        numbers[0] <= numbers[numbers.count - 1]
      else {
        throw ValueProblem(
          .number, "\(DisplayText.quote(text)) is not a list of CPUs", help: "write numbers and ranges, such as 0-1,3")
      }
      parts.append(numbers.map(String.init).joined(separator: "-"))
    }
    return parts.joined(separator: ",")
  }
}

extension CoreNumber {
  static func withoutLeadingZeros(_ text: String) -> String {
    let rest = text.drop { $0 == "0" }
    return rest.isEmpty ? "0" : String(rest)
  }
}
