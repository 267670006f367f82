// For every code a file that shows the finding and one that does not. `containr explain` and docs/diagnostics.md print
// them; a test loads them all.

/// A pair of texts: the first has the finding, the second is how it should be.
public struct DiagnosticExample: Sendable, Hashable {
  /// What the text is.
  public enum Kind: Sendable, Hashable {
    /// A stack file.
    case stack
    /// The `.env` beside a stack file that uses `$PASSWORD`.
    case environment
  }

  /// What both texts are.
  public var kind: Kind
  /// The text that has the finding.
  public var bad: String
  /// The text without it.
  public var good: String

  init(_ bad: String, _ good: String, _ kind: Kind = .stack) {
    self.kind = kind
    self.bad = bad
    self.good = good
  }

  /// Attributes of one service `web`, the common case.
  static func web(_ bad: String, _ good: String) -> DiagnosticExample {
    func file(_ attributes: String) -> String {
      let lines = attributes.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
      return "services:\n  web:\n    image: nginx:1.27\n" + lines.joined(separator: "\n") + "\n"
    }
    return DiagnosticExample(file(bad), file(good))
  }

  static let all: [DiagnosticCode: DiagnosticExample] = reading.merging(shape) { a, _ in a }
    .merging(values) { a, _ in a }.merging(references) { a, _ in a }.merging(text) { a, _ in a }
}

extension DiagnosticCode {
  /// A text that has the finding and one that does not.
  public var example: DiagnosticExample? { DiagnosticExample.all[self] }

  /// The first sentence of the explanation.
  public var summary: String {
    let end = explanation.firstRange(of: ". ")?.lowerBound ?? explanation.index(before: explanation.endIndex)
    return String(explanation[..<end])
  }

  /// Explanation and examples as plain text.
  public var reference: String {
    guard let example else { return explanation }
    return "\(explanation)\n\nInstead of\n\n\(Self.indented(example.bad))\nwrite\n\n\(Self.indented(example.good))"
  }

  /// Explanation and examples as Markdown.
  public var markdown: String {
    guard let example else { return explanation }
    let language = example.kind == .stack ? "yaml" : "sh"
    return
      "\(explanation)\n\nInstead of\n\n```\(language)\n\(Self.visible(example.bad))```\n\nwrite\n\n"
      + "```\(language)\n\(Self.visible(example.good))```"
  }

  /// All codes as the second half of docs/diagnostics.md.
  public static var markdownReference: String {
    let sorted = allCases.sorted { $0.rawValue < $1.rawValue }
    return sorted.map { "### \($0.rawValue)\n\n\($0.markdown)\n" }.joined(separator: "\n")
  }

  private static func indented(_ text: String) -> String {
    visible(text).split(separator: "\n").map { "    \($0)\n" }.joined()
  }

  /// Characters that nobody would see, written as `<U+00A0>`.
  private static func visible(_ text: String) -> String {
    text.unicodeScalars.map { scalar in
      let isSeen = scalar.isASCII || scalar.properties.isAlphabetic
      return isSeen ? String(scalar) : "<\(YAMLPrecheck.name(of: scalar))>"
    }.joined()
  }
}
