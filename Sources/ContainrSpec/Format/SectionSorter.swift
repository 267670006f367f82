// Puts the top-level keys of a formatted file into their usual order, each with the comments above it. Pure.

enum SectionSorter {
  /// Why a file is not sorted.
  struct Reason: Error { let text: String }

  /// Extensions come first: they hold the anchors that the sections use.
  private static let order = ["version", "name", "include"]
  private static let rest = ["services", "networks", "volumes", "secrets", "configs", "models"]

  /// One top-level key and the lines that belong to it.
  private struct Section {
    let key: String
    let rank: Int
    var lines: Range<Int>
  }

  /// The text with its sections in order. Meaning and comments are the same; only their order is not.
  static func sort(_ source: SourceText) throws(YAMLSyntaxError) -> Result<String, Reason> {
    let tokens = try YAMLTokenReader.tokens(Array(source.text.utf8))
    if tokens.contains(where: { [.directive, .documentEnd].contains($0.kind) })
      || tokens.count(where: { $0.kind == .documentStart }) > 1
    {
      return .failure(Reason(text: "only files of one document can be sorted"))
    }
    var sections = sections(tokens, source)
    let ranks = sections.map(\.rank)
    guard ranks != ranks.sorted() else { return .success(source.text) }
    let head = 0..<sections[0].lines.lowerBound
    sections = sections.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(
      \.element)
    var out: [String] = []
    for lines in [head] + sections.map(\.lines) {
      var block = lines.map { source.line($0 + 1) ?? "" }
      while block.last == "" { block.removeLast() }
      if !out.isEmpty, !block.isEmpty { out.append("") }
      out += block
    }
    let text = out.joined(separator: "\n") + "\n"
    return try check(text, against: source.text).map { text }
  }

  /// The top-level keys in the order of the file.
  private static func sections(_ tokens: [YAMLToken], _ source: SourceText) -> [Section] {
    var starts: [(key: String, line: Int)] = []
    var depth = 0
    for (index, token) in tokens.enumerated() {
      switch token.kind {
      case .blockMappingStart, .blockSequenceStart, .flowStart: depth += 1
      case .blockEnd, .flowEnd: depth -= 1
      case .key:
        guard depth == 1, source.position(at: token.start).column == 1, index + 1 < tokens.count,
          case .scalar(let key, _) = tokens[index + 1].kind
        else { continue }
        starts.append((key, source.position(at: token.start).line - 1))
      default: break
      }
    }
    var sections: [Section] = []
    for (key, line) in starts {
      var first = line
      while first > 0, let above = source.lineScalars(first), above.first == "#" { first -= 1 }
      if let before = sections.indices.last {
        sections[before].lines = sections[before].lines.lowerBound..<first
      }
      sections.append(Section(key: key, rank: rank(of: key), lines: first..<source.lineCount))
    }
    return sections
  }

  private static func rank(of key: String) -> Int {
    if let index = order.firstIndex(of: key) { return index }
    if let index = rest.firstIndex(of: key) { return order.count + 1 + index }
    return key.hasPrefix("x-") ? order.count : order.count + 1 + rest.count
  }

  /// An alias must still stand behind its anchor, and nothing may be lost.
  private static func check(_ text: String, against old: String) throws(YAMLSyntaxError) -> Result<Void, Reason> {
    let (before, after) = (try LayoutDigest(old), try LayoutDigest(text))
    guard before.comments.sorted() == after.comments.sorted(), before.hasSameParts(as: after) else {
      return .failure(Reason(text: "its sections cannot be sorted without changing what it says"))
    }
    guard after.aliasesAreKnown else {
      return .failure(Reason(text: "sorted, an alias might stand before the anchor that it repeats"))
    }
    return .success(())
  }
}
