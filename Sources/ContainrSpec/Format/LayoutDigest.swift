// Everything in a file that its layout must not change: events, styles of scalars, comments. Pure.

/// What a file says, without how its lines are laid out. Equal digests mean equal content and all comments in order.
struct LayoutDigest: Equatable {
  private enum Part: Hashable {
    case documentStart, documentEnd, sequenceStart, mappingStart, end
    case alias(String)
    case scalar(String, isPlain: Bool)
    case properties(anchor: String?, tag: String?)
  }

  private var parts: [Part] = []
  private var styles: [YAMLToken.Style] = []
  /// Without the blanks in front of and behind them.
  private(set) var comments: [String] = []

  /// Of a text, which must be YAML.
  init(_ text: String) throws(YAMLSyntaxError) {
    let bytes = Array(text.utf8)
    let outcome = YAMLEventReader.read(bytes) { reader -> Result<[Part], YAMLSyntaxError> in
      do throws(YAMLSyntaxError) { return .success(try Self.parts(reader)) } catch { return .failure(error) }
    }
    parts = try outcome.get()
    let source = SourceText(file: "", bytes: bytes)
    var end = 0
    for token in try YAMLTokenReader.tokens(bytes) where token.isVisible {
      comments += Self.comments(in: source.scalars[end..<max(end, token.start)])
      end = max(end, token.end)
      if case .scalar(_, let style) = token.kind { styles.append(style) }
    }
    comments += Self.comments(in: source.scalars[end...])
  }

  /// Whether both hold the same things, in whatever order.
  func hasSameParts(as other: LayoutDigest) -> Bool {
    func counts(_ parts: [Part]) -> [Part: Int] { parts.reduce(into: [:]) { $0[$1, default: 0] += 1 } }
    return counts(parts) == counts(other.parts)
  }

  /// Whether every alias stands behind its anchor, and no name means two things: then its order does not matter.
  var aliasesAreKnown: Bool {
    var anchors: Set<String> = []
    for part in parts {
      switch part {
      case .properties(let anchor?, _): if !anchors.insert(anchor).inserted { return false }
      case .alias(let name): if !anchors.contains(name) { return false }
      default: break
      }
    }
    return true
  }

  private static func parts(_ reader: borrowing YAMLEventReader) throws(YAMLSyntaxError) -> [Part] {
    var parts: [Part] = []
    while true {
      let event = try reader.next()
      if event.anchor != nil || event.tag != nil { parts.append(.properties(anchor: event.anchor, tag: event.tag)) }
      switch event.kind {
      case .streamEnd: return parts
      case .documentStart: parts.append(.documentStart)
      case .documentEnd: parts.append(.documentEnd)
      case .scalar(let text, let isPlain): parts.append(.scalar(text, isPlain: isPlain))
      case .sequenceStart: parts.append(.sequenceStart)
      case .mappingStart: parts.append(.mappingStart)
      case .sequenceEnd, .mappingEnd: parts.append(.end)
      case .alias(let name): parts.append(.alias(name))
      }
    }
  }

  /// Between two tokens there is nothing but blanks, breaks and comments.
  static func comments(in gap: ArraySlice<Unicode.Scalar>) -> [String] {
    gap.split(whereSeparator: SourceText.isBreak).compactMap { line in
      guard let start = line.firstIndex(of: "#") else { return nil }
      var comment = String.UnicodeScalarView()
      comment.append(contentsOf: line[start...])
      while let last = comment.last, last == " " || last == "\t" { comment.removeLast() }
      return String(comment)
    }
  }
}
