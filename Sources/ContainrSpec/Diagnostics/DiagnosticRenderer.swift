// Findings as text for people: message, place, source lines with carets, notes, help, and a summary line.

/// Renders findings. Text is laid out like rustc's; JSON is one versioned object.
public enum DiagnosticRenderer {
  /// How many findings text shows; who has more mends these first, and other forms have all.
  public static let shown = 20

  /// The findings with their source lines, and a last line such as `3 errors, 1 warning`. Empty for no findings.
  ///
  /// Of more than `limit`, errors come before warnings and warnings before notes; the order stays that of the file.
  /// Control characters of the files never reach the output. `colour` adds ANSI sequences.
  public static func render(
    _ diagnostics: [Diagnostic], sources: [SourceText], colour: Bool, limit: Int = shown
  ) -> String {
    guard !diagnostics.isEmpty else { return "" }
    let painter = Painter(isOn: colour)
    var out = ""
    let kept = worst(diagnostics, limit)
    for diagnostic in kept {
      out += render(diagnostic, sources: sources, painter: painter) + "\n"
    }
    if kept.count < diagnostics.count {
      out += "… and \(diagnostics.count - kept.count) more; `containr check --format json` lists all\n\n"
    }
    let summary = summary(of: diagnostics)
    return summary.isEmpty ? out : out + summary + "\n"
  }

  private static func worst(_ diagnostics: [Diagnostic], _ limit: Int) -> [Diagnostic] {
    guard diagnostics.count > limit else { return diagnostics }
    let order: [Diagnostic.Severity] = [.error, .warning, .note]
    let chosen = order.flatMap { severity in diagnostics.indices.filter { diagnostics[$0].severity == severity } }
    return chosen.prefix(limit).sorted().map { diagnostics[$0] }
  }

  /// `3 errors, 1 warning`; empty if there is neither.
  public static func summary(of diagnostics: [Diagnostic]) -> String {
    func count(_ severity: Diagnostic.Severity) -> String? {
      let number = diagnostics.count { $0.severity == severity }
      return number == 0 ? nil : "\(number) \(severity.rawValue)\(number == 1 ? "" : "s")"
    }
    return [count(.error), count(.warning)].compactMap { $0 }.joined(separator: ", ")
  }

  private static func render(_ diagnostic: Diagnostic, sources: [SourceText], painter: Painter) -> String {
    let severity = diagnostic.severity
    var out = painter.paint("\(severity.rawValue)[\(diagnostic.code)]", as: .of(severity))
    out += painter.paint(": \(DisplayText.safe(diagnostic.message))", as: .strong) + "\n"
    var margin = 1
    if let primary = diagnostic.primary {
      let snippet = SourceSnippet(diagnostic, primary: primary, sources: sources, painter: painter)
      margin = snippet.margin
      out += snippet.text
    }
    let gutter = String(repeating: " ", count: margin)
    for note in diagnostic.notes { out += trailer("note", note, gutter: gutter, painter: painter) }
    if let help = diagnostic.help { out += trailer("help", help, gutter: gutter, painter: painter) }
    return out
  }

  private static func trailer(_ word: String, _ text: String, gutter: String, painter: Painter) -> String {
    let lines = DisplayText.safe(text).split(separator: "\n", omittingEmptySubsequences: false)
    var out = "\(gutter) \(painter.paint("=", as: .frame)) \(painter.paint(word, as: .strong)): \(lines[0])\n"
    for line in lines.dropFirst() { out += "\(gutter)         \(line)\n" }
    return out
  }
}

/// Adds ANSI colours, or not.
struct Painter {
  enum Style {
    case error, warning, note, strong, frame

    static func of(_ severity: Diagnostic.Severity) -> Style {
      switch severity {
      case .error: .error
      case .warning: .warning
      case .note: .note
      }
    }
  }

  let isOn: Bool

  func paint(_ text: String, as style: Style) -> String {
    guard isOn, !text.isEmpty else { return text }
    let code =
      switch style {
      case .error: "1;31"
      case .warning: "1;33"
      case .note: "1;36"
      case .strong: "1"
      case .frame: "1;34"
      }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }
}
