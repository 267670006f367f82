// `containr fmt`: a file in the house's layout, comments and all. Pure. Only blanks and line breaks ever change; a result that
// would mean anything else is never given out.

/// What formatting a file came to.
public enum FormatOutcome: Sendable {
  /// The whole text in its new layout; the same text if it had it already.
  case formatted(String)
  /// The file is no YAML: why, and the text that the findings point into.
  case unreadable([Diagnostic], SourceText)
  /// The file is left alone: one sentence without a full stop.
  case refused(String)
}

/// Lays out stack files.
///
/// Two blanks a level, lists one level below their key, one blank after `-` and `:`, at most one empty line in a row, no
/// blanks at line ends, line ends of Unix. Comments move with what they stand at. Scalars, flow collections, anchors,
/// aliases and tags stay character by character, but for the indentation of further lines.
public enum StackFormatter {
  /// Formats the text of a file. `sortsSections` puts the top-level keys into their usual order.
  public static func format(_ file: String, _ bytes: [UInt8], sortsSections: Bool = false) -> FormatOutcome {
    let source = SourceText(file: file, bytes: bytes)
    let sink = DiagnosticSink()
    func unreadable() -> FormatOutcome { .unreadable(sink.sorted(files: [file]), source) }
    guard YAMLPrecheck.passes(bytes, source: source, budget: YAMLBudget(), sink: sink) else { return unreadable() }
    if let line = oddBreak(source) {
      return .refused("line \(line) ends in a line break that is neither that of Unix nor that of Windows")
    }
    do throws(YAMLSyntaxError) {
      let before = try LayoutDigest(source.text)
      let tokens = try YAMLTokenReader.tokens(Array(source.text.utf8))
      if depth(tokens) > YAMLBudget().depth {
        return .refused("it has more than \(YAMLBudget().depth) levels of nesting")
      }
      var text = layout(source, tokens)
      if sortsSections {
        switch try SectionSorter.sort(SourceText(file: file, bytes: Array(text.utf8))) {
        case .success(let sorted): text = sorted
        case .failure(let reason): return .refused(reason.text)
        }
      } else if try LayoutDigest(text) != before {
        return .refused("its layout cannot be changed without changing what it says")
      }
      return .formatted(text)
    } catch {
      sink.add(YAMLSyntaxMessage.diagnostic(for: error, source: source))
      return unreadable()
    }
  }

  private static func layout(_ source: SourceText, _ tokens: [YAMLToken]) -> String {
    var plan = LayoutPlan(source)
    plan.take(tokens)
    return plan.text()
  }

  /// Levels of blocks: every line of a deep one would be long.
  private static func depth(_ tokens: [YAMLToken]) -> Int {
    var (depth, deepest) = (0, 0)
    for token in tokens {
      switch token.kind {
      case .blockMappingStart, .blockSequenceStart: depth += 1
      case .blockEnd: depth -= 1
      default: continue
      }
      deepest = max(deepest, depth)
    }
    return deepest
  }

  /// The first line that ends in a break that a literal block would keep or other tools do not know.
  private static func oddBreak(_ source: SourceText) -> Int? {
    for (index, scalar) in source.scalars.enumerated() where SourceText.isBreak(scalar) && scalar != "\n" {
      let isWindows = scalar == "\r" && index + 1 < source.scalars.count && source.scalars[index + 1] == "\n"
      if !isWindows { return source.position(at: index).line }
    }
    return nil
  }
}
