// What a plain scalar is by the YAML 1.2 core schema, and what YAML 1.1 tools would make of it.

/// The types of scalars in the core schema.
enum ScalarKind {
  case null, boolean, integer, float, string

  var typeName: String {
    switch self {
    case .null: "nothing"
    case .boolean: "a boolean"
    case .integer, .float: "a number"
    case .string: "a string"
    }
  }
}

extension YAMLScalar {
  /// The type of this scalar. An interpolated empty text is a string, not null.
  var kind: ScalarKind {
    guard isPlain else { return .string }
    if text.isEmpty { return interpolation == nil ? .null : .string }
    switch text {
    case "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE", "false", "False", "FALSE": return .boolean
    default: break
    }
    let bytes = Array(text.utf8)
    guard let first = bytes.first, first < 0x3A else { return .string }
    if CoreNumber.isInteger(bytes) { return .integer }
    return CoreNumber.isFloat(bytes) ? .float : .string
  }

  /// How a YAML 1.1 reader misreads this text, such as `the boolean true`; nil: it reads the same.
  var legacyReading: String? {
    guard isPlain, interpolation == nil else { return nil }
    switch text {
    case "yes", "Yes", "YES", "on", "On", "ON", "y", "Y": return "the boolean true"
    case "no", "No", "NO", "off", "Off", "OFF", "n", "N": return "the boolean false"
    default: break
    }
    let bytes = Array(text.utf8)
    guard let first = bytes.first, first < 0x3A else { return nil }
    if let value = CoreNumber.baseSixty(text) { return "the number \(value) (base 60)" }
    if bytes.count > 1, first == 0x30, bytes.allSatisfy({ (0x30...0x37).contains($0) }) {
      return Int(text, radix: 8).map { "the number \($0) (octal)" }
    }
    if bytes.contains(0x2E), bytes.last == 0x30, CoreNumber.isFloat(bytes), !text.contains("e"), !text.contains("E") {
      return "the number \(CoreNumber.withoutTrailingZeros(text))"
    }
    return nil
  }
}

/// The number forms of the core schema.
enum CoreNumber {
  static func isInteger(_ bytes: [UInt8]) -> Bool {
    if bytes.count > 2, bytes[0] == 0x30, bytes[1] == 0x6F {
      return bytes.dropFirst(2).allSatisfy { (0x30...0x37).contains($0) }
    }
    if bytes.count > 2, bytes[0] == 0x30, bytes[1] == 0x78 {
      return bytes.dropFirst(2).allSatisfy { Unicode.Scalar($0).properties.isASCIIHexDigit }
    }
    let digits = bytes.first == 0x2D || bytes.first == 0x2B ? bytes.dropFirst() : bytes[...]
    return !digits.isEmpty && digits.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`; infinities and NaN are no use here.
  static func isFloat(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    func isDigit(_ byte: UInt8?) -> Bool { byte.map { (0x30...0x39).contains($0) } ?? false }
    if rest.first == 0x2D || rest.first == 0x2B { rest = rest.dropFirst() }
    let whole = rest.prefix { isDigit($0) }
    rest = rest.dropFirst(whole.count)
    var fraction = 0
    if rest.first == 0x2E {
      rest = rest.dropFirst()
      fraction = rest.prefix { isDigit($0) }.count
      rest = rest.dropFirst(fraction)
    }
    guard !whole.isEmpty || fraction > 0 else { return false }
    if rest.first == 0x65 || rest.first == 0x45 {
      rest = rest.dropFirst()
      if rest.first == 0x2D || rest.first == 0x2B { rest = rest.dropFirst() }
      guard isDigit(rest.first) else { return false }
      rest = rest.drop { isDigit($0) }
    }
    return rest.isEmpty
  }

  /// The value of `1:30:00` read in base 60, as YAML 1.1 does; nil if it is not of that form.
  static func baseSixty(_ text: String) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count > 1, let head = Int(parts[0]), head > 0, parts[0].first != "0", parts[0].first != "+" else {
      return nil
    }
    var value = head
    for part in parts.dropFirst() {
      guard (1...2).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let digit = Int(part), digit < 60
      else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: 60)
      guard !overflow, product <= Int.max - 60 else { return nil }
      value = product + digit
    }
    return value
  }

  static func withoutTrailingZeros(_ text: String) -> String {
    var text = Substring(text)
    while text.last == "0" { text = text.dropLast() }
    return String(text.last == "." ? text.dropLast() : text)
  }
}
