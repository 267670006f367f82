// Options of a command line as a stack file, so that they mean what they mean there and are checked as there. What is found
// in it is told of the options: nobody has written the file. Pure.
package import ContainrSpec

/// A stack file with one service, of options.
package struct CommandLineText: Sendable, Hashable {
  /// What the file is called where it needs a name.
  package static let file = "<command line>"
  /// The file.
  package private(set) var text: String
  private var line = 2
  /// By line, the option that stands behind it, as it was written.
  private var options: [Int: String] = [:]

  /// Of a service without a key.
  package init(service: String) { text = "services:\n  \(service):\n" }

  /// A key with a value in YAML; `option` is what it comes from, nil if that needs no name.
  package mutating func add(_ key: String, _ value: String?, of option: String? = nil) {
    if let value { write("    \(key): \(value)", option) }
  }

  /// A key with the values of an option that is repeated. Nothing without one. `tag` is one of YAML's.
  package mutating func add(_ key: String, _ values: [String], of option: String, tag: String = "") {
    add(key, values.map { ($0, "\(option) \($0)") }, tag: tag)
  }

  /// The same with what each value comes from.
  package mutating func add(_ key: String, _ values: [(value: String, option: String)], tag: String = "") {
    if values.isEmpty { return }
    write("    \(key):\(tag.isEmpty ? "" : " " + tag)", values.last?.option)
    for (value, option) in values { write("      - \(Self.quoted(value))", option) }
  }

  /// What stands on the command line is meant as it stands: no variables.
  package static func quoted(_ text: String) -> String { JSONText.quoted(text.replacing("$", with: "$$")) }

  /// A list in one line.
  package static func list(_ texts: [String]) -> String { "[\(texts.map(quoted).joined(separator: ", "))]" }

  private mutating func write(_ words: String, _ option: String?) {
    line += 1
    text += words + "\n"
    options[line] = option
  }

  /// The findings, those about options with their names instead of a place.
  package func named(_ findings: [Diagnostic]) -> [Diagnostic] { findings.map(named) }

  private func named(_ finding: Diagnostic) -> Diagnostic {
    var finding = finding
    let isOurs = finding.primary?.file == Self.file
    // What cannot be shown beside its place is told in words.
    let lost = finding.secondary.filter { isOurs || $0.span.file == Self.file }
    finding.secondary.removeAll { lost.contains($0) }
    finding.notes += lost.map { "\($0.label): \(place($0.span))" }
    if !isOurs { return finding }
    if let option = finding.primary.flatMap({ options[$0.start.line] }) {
      finding.message = "\(option): \(finding.message)"
    }
    if let label = finding.label { finding.notes.insert(label, at: 0) }
    (finding.primary, finding.label, finding.fixes) = (nil, nil, [])
    return finding
  }

  private func place(_ span: SourceSpan) -> String {
    if span.file != Self.file { return "\(span.file):\(span.start.line):\(span.start.column)" }
    return options[span.start.line] ?? "on the command line"
  }
}
