// Findings as workflow commands of GitHub Actions, which shows them as annotations beside the lines.
// https://docs.github.com/actions/reference/workflow-commands-for-github-actions

extension DiagnosticRenderer {
  /// One line a finding, such as `::error file=stack.yaml,line=4,endLine=4,col=5,endColumn=14,title=C0102::unknown key`.
  public static func renderGitHub(_ diagnostics: [Diagnostic]) -> String {
    diagnostics.map { line($0) + "\n" }.joined()
  }

  private static func line(_ diagnostic: Diagnostic) -> String {
    let command =
      switch diagnostic.severity {
      case .error: "error"
      case .warning: "warning"
      case .note: "notice"
      }
    var properties: [(String, String)] = []
    if let span = diagnostic.primary {
      properties = [("file", span.file), ("line", String(span.start.line)), ("endLine", String(span.end.line))]
      properties.append(("col", String(span.start.column)))
      // The last column that belongs to it, and only on one line: GitHub takes columns of several lines for none.
      if span.start.line == span.end.line {
        properties.append(("endColumn", String(max(span.start.column, span.end.column - 1))))
      }
    }
    properties.append(("title", diagnostic.code))
    let written = properties.map { "\($0.0)=\(escaped($0.1, isProperty: true))" }.joined(separator: ",")
    return "::\(command) \(written)::\(escaped(DisplayText.safe(plainText(of: diagnostic)), isProperty: false))"
  }

  /// The message with all that explains it, one thing a line, for readers who see no source beside it.
  static func plainText(of diagnostic: Diagnostic) -> String {
    var lines = [diagnostic.message]
    if let label = diagnostic.label { lines[0] += " (\(label))" }
    lines += diagnostic.secondary.map { "\($0.span.location): \($0.label)" }
    lines += diagnostic.notes.map { "note: \($0)" }
    if let help = diagnostic.help { lines.append("help: \(help)") }
    return lines.joined(separator: "\n")
  }

  private static func escaped(_ text: String, isProperty: Bool) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "%": out += "%25"
      case "\r": out += "%0D"
      case "\n": out += "%0A"
      case ":" where isProperty: out += "%3A"
      case "," where isProperty: out += "%2C"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
