// Single values in one spelling: numbers as numbers, sizes in bytes, durations as Go writes them, absolute paths.

extension Canonicaliser {
  func scalar(_ node: YAMLNode, _ form: ScalarForm) -> ModelValue? {
    guard let scalar = node.scalar else { return plain(node) }
    let text = scalar.text
    // A variable that was not replaced can stand for anything.
    if !options.interpolates, text.utf8.contains(UInt8(ascii: "$")) { return .string(text) }
    switch form {
    case .boolean: return .boolean(Self.truth.contains(text))
    case .integer, .countOrAll:
      return (try? NumberText.integer(text, Int64.min...Int64.max)).map { .integer($0) } ?? .string(text)
    case .number, .processors: return Self.number(text)
    case .byteSize, .byteSizeOrUnlimited:
      return .string((try? ByteSizeText.bytes(text)).map(String.init) ?? text)
    case .duration, .durationOrNumber:
      guard let milliseconds = try? DurationText.milliseconds(text) else { return .string(text) }
      return .string(Self.duration(milliseconds))
    case .hostPath: return .string(path(text, node))
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
  static func duration(_ milliseconds: Int) -> String {
    if milliseconds == 0 { return "0s" }
    if milliseconds < 1000 { return "\(milliseconds)ms" }
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000)
    var fraction = ""
    if rest > 0 {
      fraction = "." + String(String(rest + 1000).dropFirst())
      while fraction.last == "0" { fraction.removeLast() }
    }
    let tail = "\(seconds % 60)\(fraction)s"
    if seconds < 60 { return tail }
    return seconds < 3600 ? "\(seconds / 60)m\(tail)" : "\(seconds / 3600)h\(seconds / 60 % 60)m\(tail)"
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
