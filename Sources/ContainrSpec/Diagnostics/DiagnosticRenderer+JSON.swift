// Findings as JSON for editors and CI. The form is versioned; keys are only ever added.

extension DiagnosticRenderer {
  /// `{"version":1,"errors":n,"warnings":n,"diagnostics":[…]}` on one line without a line break at its end.
  public static func renderJSON(_ diagnostics: [Diagnostic]) -> String {
    let items = diagnostics.map { diagnostic in
      JSONLiteral.object([
        "severity": JSONLiteral.string(diagnostic.severity.rawValue), "code": JSONLiteral.string(diagnostic.code),
        "message": JSONLiteral.string(diagnostic.message), "span": diagnostic.primary.map(json),
        "label": diagnostic.label.map(JSONLiteral.string),
        "secondary": JSONLiteral.optionalArray(
          diagnostic.secondary.map {
            JSONLiteral.object(["span": json($0.span), "label": JSONLiteral.string($0.label)])
          }), "notes": JSONLiteral.optionalArray(diagnostic.notes.map(JSONLiteral.string)),
        "help": diagnostic.help.map(JSONLiteral.string),
        "fixes": JSONLiteral.optionalArray(diagnostic.fixes.map(json)),
      ])
    }
    return JSONLiteral.object([
      "version": "1", "errors": String(diagnostics.count { $0.severity == .error }),
      "warnings": String(diagnostics.count { $0.severity == .warning }), "diagnostics": JSONLiteral.array(items),
    ])
  }

  private static func json(_ fix: Diagnostic.Fix) -> String {
    JSONLiteral.object([
      "message": JSONLiteral.string(fix.message), "applicability": JSONLiteral.string(fix.applicability.rawValue),
      "edits": JSONLiteral.array(
        fix.edits.map {
          JSONLiteral.object(["span": json($0.span), "replacement": JSONLiteral.string($0.replacement)])
        }),
    ])
  }

  private static func json(_ span: SourceSpan) -> String {
    func place(_ position: SourcePosition) -> String {
      JSONLiteral.object(["line": String(position.line), "column": String(position.column)])
    }
    return JSONLiteral.object([
      "file": JSONLiteral.string(span.file), "start": place(span.start), "end": place(span.end),
    ])
  }
}
