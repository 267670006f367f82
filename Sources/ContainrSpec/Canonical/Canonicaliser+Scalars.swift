// Single values in one spelling: numbers as numbers, sizes in bytes, durations as Go writes them, absolute paths.

extension Canonicaliser {
  func scalar(_ node: YAMLNode, _ form: ScalarForm) -> ModelValue? {
    guard let scalar = node.scalar else { return plain(node) }
    let text = scalar.text
    // A variable that was not replaced can stand for anything.
    if !options.interpolates, text.utf8.contains(UInt8(ascii: "$")) { return .string(text) }
    switch form {
    case .boolean: return .boolean(Self.truth.contains(text))
    case .countOrAll where text == "all": return .integer(-1)
    case .integer, .countOrAll:
      return (try? NumberText.integer(text, Int64.min...Int64.max)).map { .integer($0) } ?? .string(text)
    case .number, .processors: return Self.number(text)
    case .rate: return .string((try? RateText.bytes(text)).map(RateText.text) ?? text)
    case .byteSize, .byteSizeOrUnlimited, .burst:
      return .string((try? ByteSizeText.bytes(text)).map(String.init) ?? text)
    case .durationOrNumber where CoreNumber.isInteger(Array(text.utf8)):
      return (try? NumberText.integer(text, Int64.min...Int64.max)).map { .integer($0) } ?? .string(text)
    case .duration, .durationOrNumber:
      guard let length = try? DurationText.nanoseconds(text) else { return .string(text) }
      return .string(Self.duration(length))
    case .nameServer where text.isEmpty: return nil
    case .hostPath: return .string(path(text, node))
    case .layer:
      guard options.resolvesPaths else { return .string(text) }
      let layer = try? LayerText.layer(text, base: context.base(of: node), home: context.home)
      return .string(layer?.text ?? text)
    case .contextPath: return .string(contextPath(text, node))
    case .mode: return .string((try? NumberText.mode(text)).map { Self.octal($0) } ?? text)
    case .signal, .capability: return .string(text)
    default: return .string(text)
    }
  }

  private static let truth: Set<String> = ["true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"]

  private static func number(_ text: String) -> ModelValue {
    if let whole = Int64(text) { return .integer(whole) }
    guard let value = Double(text) else { return .string(text) }
    return Int64(exactly: value).map { .integer($0) } ?? .decimal(String(value))
  }

  static func octal(_ mode: Int) -> String {
    let digits = String(mode, radix: 8)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// As Go prints a duration: `1m30s`, `500ms`, `1h0m0s`.
  static func duration(_ nanoseconds: Int64) -> String {
    if nanoseconds == 0 { return "0s" }
    for (unit, length) in [("ns", Int64(1)), ("µs", 1000), ("ms", 1_000_000)] where nanoseconds < length * 1000 {
      return decimal(nanoseconds, length) + unit
    }
    let second: Int64 = 1_000_000_000
    let seconds = nanoseconds / second
    let tail = decimal(seconds % 60 * second + nanoseconds % second, second) + "s"
    if seconds < 60 { return tail }
    return seconds < 3600 ? "\(seconds / 60)m\(tail)" : "\(seconds / 3600)h\(seconds / 60 % 60)m\(tail)"
  }

  /// `value / unit` without needless digits; `unit` is a power of ten.
  private static func decimal(_ value: Int64, _ unit: Int64) -> String {
    guard value % unit > 0 else { return String(value / unit) }
    var fraction = String(String(value % unit + unit).dropFirst())
    while fraction.last == "0" { fraction.removeLast() }
    return "\(value / unit).\(fraction)"
  }

  func path(_ text: String, _ node: YAMLNode) -> String {
    guard options.resolvesPaths else { return text }
    return PathText.resolve(text, base: context.base(of: node), home: context.home)
  }

  /// Build contexts may be URLs, Git references, other services or images.
  func contextPath(_ text: String, _ node: YAMLNode) -> String {
    let isElsewhere =
      StackFileReader.isRemote(text) || text.contains("://") || text.hasPrefix("service:") || text.hasPrefix("target:")
    return isElsewhere ? text : path(text, node)
  }
}
