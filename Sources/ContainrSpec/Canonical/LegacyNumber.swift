// The number and date forms of YAML 1.1 (yaml.org/type), which some readers still take for more than text. Pure.

enum LegacyNumber {
  /// Whether the text is an integer or a float of YAML 1.1.
  static func isNumber(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
    guard let first = rest.first else { return false }
    let word = String(decoding: rest, as: UTF8.self)
    if [".inf", ".Inf", ".INF"].contains(word) { return true }
    if first == UInt8(ascii: "0"), rest.count > 1 {
      let digits = rest.dropFirst(2)
      switch rest[rest.startIndex + 1] {
      case UInt8(ascii: "b"): return !digits.isEmpty && digits.allSatisfy { isDigit($0, below: 2) || isFiller($0) }
      case UInt8(ascii: "x"):
        return !digits.isEmpty
          && digits.allSatisfy { Unicode.Scalar($0).properties.isASCIIHexDigit || isFiller($0) }
      case UInt8(ascii: "o"): return !digits.isEmpty && digits.allSatisfy { isDigit($0, below: 8) || isFiller($0) }
      default: break
      }
    }
    return isDecimal(rest) || isBaseSixty(rest)
  }

  /// `1_000`, `1_0.5`, `1.5e+3`.
  private static func isDecimal(_ bytes: ArraySlice<UInt8>) -> Bool {
    var rest = bytes
    let whole = rest.prefix { isDigit($0) || isFiller($0) }
    rest = rest.dropFirst(whole.count)
    if whole.first.map(isFiller) == true { return false }
    if rest.isEmpty { return !whole.isEmpty }
    guard rest.first == UInt8(ascii: ".") else { return false }
    rest = rest.dropFirst()
    let fraction = rest.prefix { isDigit($0) || isFiller($0) }
    rest = rest.dropFirst(fraction.count)
    guard !whole.isEmpty || fraction.first.map({ isDigit($0) }) == true else { return false }
    if rest.isEmpty { return true }
    guard rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") else { return false }
    let exponent = rest.dropFirst()
    guard exponent.first == UInt8(ascii: "-") || exponent.first == UInt8(ascii: "+") else { return false }
    return exponent.count > 1 && exponent.dropFirst().allSatisfy { isDigit($0) }
  }

  /// `22:22`, `1:30:00.5`: each part below 60.
  private static func isBaseSixty(_ bytes: ArraySlice<UInt8>) -> Bool {
    let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count > 1, let head = parts.first, let start = head.first, isDigit(start),
      head.allSatisfy({ isDigit($0) || isFiller($0) })
    else { return false }
    // `00:30` is no integer, but with a fraction behind it a float.
    if start == UInt8(ascii: "0"), !parts.last!.contains(UInt8(ascii: ".")) { return false }
    for (index, part) in parts.enumerated().dropFirst() {
      var digits = part
      if index == parts.count - 1, let point = part.firstIndex(of: UInt8(ascii: ".")) {
        guard part[(point + 1)...].allSatisfy({ isDigit($0) || isFiller($0) }) else { return false }
        digits = part[..<point]
      }
      guard (1...2).contains(digits.count), digits.allSatisfy({ isDigit($0) }) else { return false }
      if digits.count == 2, !isDigit(digits.first!, below: 6) { return false }
    }
    return true
  }

  /// `2001-12-14`, alone or with a time behind it.
  static func isDate(_ bytes: [UInt8]) -> Bool {
    let parts = bytes.split(separator: UInt8(ascii: "-"), maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].count == 4, (1...2).contains(parts[1].count),
      (parts[0] + parts[1]).allSatisfy({ isDigit($0) })
    else { return false }
    let day = parts[2].prefix { isDigit($0) }
    guard (1...2).contains(day.count) else { return false }
    let rest = parts[2].dropFirst(day.count)
    guard let mark = rest.first else { return true }
    guard [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " "), UInt8(ascii: "\t")].contains(mark) else {
      return false
    }
    // `12:34:56`, with whatever zone follows.
    let time = rest.dropFirst().prefix { isDigit($0) || $0 == UInt8(ascii: ":") }
    return time.split(separator: UInt8(ascii: ":")).count == 3
  }

  private static func isDigit(_ byte: UInt8, below limit: UInt8 = 10) -> Bool { byte >= 0x30 && byte < 0x30 + limit }

  private static func isFiller(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "_") }
}
