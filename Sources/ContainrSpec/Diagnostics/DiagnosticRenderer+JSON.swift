// Findings as JSON for editors and CI. The form is versioned; keys are only ever added.

extension DiagnosticRenderer {
  /// `{"version":1,"errors":n,"warnings":n,"diagnostics":[…]}` on one line without a line break at its end.
  public static func renderJSON(_ diagnostics: [Diagnostic]) -> String {
    let items = diagnostics.map { diagnostic in
      var fields = [
        "\"severity\":\(quoted(diagnostic.severity.rawValue))", "\"code\":\(quoted(diagnostic.code))",
        "\"message\":\(quoted(diagnostic.message))",
      ]
      if let primary = diagnostic.primary { fields.append("\"span\":\(json(primary))") }
      if let label = diagnostic.label { fields.append("\"label\":\(quoted(label))") }
      if !diagnostic.secondary.isEmpty {
        let labels = diagnostic.secondary.map { "{\"span\":\(json($0.span)),\"label\":\(quoted($0.label))}" }
        fields.append("\"secondary\":[\(labels.joined(separator: ","))]")
      }
      if !diagnostic.notes.isEmpty {
        fields.append("\"notes\":[\(diagnostic.notes.map(quoted).joined(separator: ","))]")
      }
      if let help = diagnostic.help { fields.append("\"help\":\(quoted(help))") }
      return "{\(fields.joined(separator: ","))}"
    }
    let errors = diagnostics.count { $0.severity == .error }
    let warnings = diagnostics.count { $0.severity == .warning }
    return "{\"version\":1,\"errors\":\(errors),\"warnings\":\(warnings),"
      + "\"diagnostics\":[\(items.joined(separator: ","))]}"
  }

  private static func json(_ span: SourceSpan) -> String {
    func place(_ position: SourcePosition) -> String { "{\"line\":\(position.line),\"column\":\(position.column)}" }
    return "{\"file\":\(quoted(span.file)),\"start\":\(place(span.start)),\"end\":\(place(span.end))}"
  }

  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case let control where control.value < 0x20 || (0x7F...0x9F).contains(control.value):
        let hex = String(control.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
