// libyaml's problems as findings: the code, the place that is to blame, and words that say what to do.

enum YAMLSyntaxMessage {
  static func diagnostic(for error: YAMLSyntaxError, source: SourceText) -> Diagnostic {
    let offset = min(error.offset, source.scalars.count)
    let start = source.position(at: offset)
    let line = source.lineScalars(start.line) ?? []
    let indent = line.prefix { $0 == " " || $0 == "\t" || InvisibleSpace.contains($0) }
    if indent.contains("\t") { return tab(indent, source) }
    if let place = indent.firstIndex(where: InvisibleSpace.contains) {
      return InvisibleSpace.finding(at: place..<indent.endIndex, source)
    }
    if let context = error.contextOffset, let finding = unclosed(error, context, source) { return finding }
    if let context = error.contextOffset, let finding = beginning(error, context, source) { return finding }
    let words = YAMLSyntaxWords(error, source)
    var secondary: [Diagnostic.Label] = []
    if let context = error.contextOffset, source.position(at: context).line != start.line {
      let text = contextLabel(error.context ?? "")
      secondary.append(.init(span: source.span(context, context + 1), label: text))
    }
    if error.problem.hasPrefix("mapping values"), let value = valueAbove(start, indent.count, source) {
      secondary = [.init(span: value, label: "this value and the block below it exclude each other")]
    }
    return Diagnostic(
      severity: .error, code: DiagnosticCode.yamlSyntax.rawValue, message: words.message,
      primary: source.span(offset, offset + 1), label: words.label, secondary: secondary, help: words.help,
      fixes: words.fixes)
  }

  private static func tab(_ indent: ArraySlice<Unicode.Scalar>, _ source: SourceText) -> Diagnostic {
    let first = indent.firstIndex(of: "\t") ?? indent.startIndex
    let end = indent[first...].firstIndex { $0 != "\t" } ?? indent.endIndex
    return Diagnostic(
      severity: .error, code: DiagnosticCode.tabIndentation.rawValue, message: "a tab is used for indentation",
      primary: source.span(first, end), label: "YAML is indented with spaces only", help: "replace the tab by spaces",
      fixes: LineFix.untab(source))
  }

  /// A quote or bracket that is open when the document ends: where it opens is what the writer must see.
  private static func unclosed(_ error: YAMLSyntaxError, _ context: Int, _ source: SourceText) -> Diagnostic? {
    let problem = error.problem
    let isQuote =
      problem.hasPrefix("found unexpected end of stream") || problem.hasPrefix("found unexpected document indicator")
    let rest = source.scalars[min(error.offset, source.scalars.count)...]
    let isEnd = rest.allSatisfy { $0 == " " || $0 == "\t" || SourceText.isBreak($0) }
    let isBracket = isEnd && (error.context ?? "").contains("flow")
    guard isQuote || isBracket, context < source.scalars.count else { return nil }
    let sign = source.scalars[context]
    let closing: [Unicode.Scalar: String] = ["[": "]", "{": "}", "\"": "\"", "'": "'"]
    let end = source.span(max(context, min(error.offset, source.scalars.count)), error.offset)
    let isSameLine = end.start.line == source.position(at: context).line
    return Diagnostic(
      severity: .error, code: DiagnosticCode.unclosed.rawValue,
      message: isQuote ? "a quoted text is never closed" : "the bracket '\(sign)' is never closed",
      primary: source.span(context, context + 1), label: isQuote ? "the quote opens here" : "opened here",
      secondary: isSameLine
        ? [] : [.init(span: end, label: isEnd ? "the file ends here" : "the document ends here")],
      help: closing[sign].map { "add the closing \($0)" })
  }

  /// Mistakes that the reader sees only behind them: the place that is to blame is where the key or alias begins.
  private static func beginning(_ error: YAMLSyntaxError, _ context: Int, _ source: SourceText) -> Diagnostic? {
    let start = source.position(at: context)
    func finding(_ end: Int, _ message: String, _ label: String, _ help: String) -> Diagnostic {
      Diagnostic(
        severity: .error, code: DiagnosticCode.yamlSyntax.rawValue, message: message,
        primary: source.span(context, end), label: label, help: help)
    }
    if error.problem.hasPrefix("could not find expected ':'"), let line = source.lineScalars(start.line) {
      if source.position(at: error.offset).line == start.line {
        return finding(
          context + 1, "the key is longer than 1024 characters", "begins here", "write '? ' before a key that long")
      }
      return finding(
        line.endIndex, "a ':' is missing after a key", "no ':' behind this",
        "write 'key: value'; a text over several lines needs quotes, or '|' before it")
    }
    if error.problem.hasPrefix("did not find expected alphabetic or numeric character"), context < source.scalars.count
    {
      let isAlias = source.scalars[context] == "*"
      return finding(
        context + 1, "\(isAlias ? "a '*' begins an alias" : "an '&' begins an anchor"), and no name follows it",
        "expected a name of letters, digits, '-' and '_'", "quote the text if it is meant as it stands")
    }
    return nil
  }

  /// The plain value of the line above, if this line is indented deeper than that line's key.
  private static func valueAbove(_ start: SourcePosition, _ indent: Int, _ source: SourceText) -> SourceSpan? {
    guard start.line > 1, let line = source.lineScalars(start.line - 1),
      let key = line.firstIndex(where: { $0 != " " }), key - line.startIndex < indent,
      let colon = line[key...].indices.dropLast().first(where: { line[$0] == ":" && line[$0 + 1] == " " }),
      let value = line[(colon + 1)...].firstIndex(where: { $0 != " " }), !["#", "|", ">"].contains(line[value])
    else { return nil }
    return source.span(value, line.endIndex)
  }

  private static func contextLabel(_ context: String) -> String {
    if context.contains("quoted scalar") { return "the quote opens here" }
    if context.contains("block mapping") { return "the mapping begins here" }
    if context.contains("block collection") { return "the list begins here" }
    if context.contains("block scalar") { return "the text begins here" }
    if context.contains("flow") { return "the bracket opens here" }
    if context.contains("simple key") { return "the key begins here" }
    return "in what begins here"
  }
}

/// Blanks that look like spaces and are none for YAML.
enum InvisibleSpace {
  static func contains(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0xA0, 0x1680, 0x2000...0x200B, 0x202F, 0x205F, 0x2060, 0x3000, 0xFEFF: true
    default: false
    }
  }

  /// The text without blanks at its start.
  static func trimmed(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.drop { $0 == " " || contains($0) }))
  }

  /// The finding for a plain key that begins with such a blank; nil if it does not.
  static func finding(inKeyAt span: SourceSpan, _ source: SourceText) -> Diagnostic? {
    let count = source.scalars.count
    let key = source.scalars[min(span.start.offset, count)..<min(span.end.offset, count)]
    guard let first = key.first, contains(first) else { return nil }
    let end = key.firstIndex { $0 != " " && !contains($0) } ?? key.endIndex
    return finding(at: key.startIndex..<end, source)
  }

  /// The finding for the blanks in `range`, of which one at least is not a space.
  static func finding(at range: Range<Int>, _ source: SourceText) -> Diagnostic {
    let first = source.scalars[range].firstIndex(where: contains) ?? range.lowerBound
    let span = source.span(first, range.upperBound)
    let spaces = String(repeating: " ", count: range.upperBound - first)
    return Diagnostic(
      severity: .error, code: DiagnosticCode.invisibleIndentation.rawValue,
      message: "a blank in the indentation is not a space", primary: span,
      label: "this is \(YAMLPrecheck.name(of: source.scalars[first]))",
      help: "replace it by a space; such blanks come with text from web pages",
      fixes: [Diagnostic.Fix("replace it by spaces", span, spaces, .always)])
  }
}
