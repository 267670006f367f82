// Finds where a `$` of a decoded value stands in the source, and turns interpolation problems into findings.

enum SourceDollar {
  /// The span of `range` of `text` in the source between the offsets `start` and `end`, which `text` was read from.
  ///
  /// Escapes make offsets differ, so the n-th `$` of the value is the n-th `$` of the source; if their numbers differ,
  /// the whole stretch is the answer.
  static func span(of range: Range<Int>, in text: String, source: SourceText, _ start: Int, _ end: Int) -> SourceSpan {
    let scalars = Array(text.unicodeScalars)
    let before = scalars[..<range.lowerBound].count { $0 == "$" }
    let all = scalars.count { $0 == "$" }
    let places = (start..<end).filter { source.scalars[$0] == "$" }
    guard places.count == all, before < places.count else { return source.span(start, end) }
    let place = places[before]
    let isLiteral = source.scalars[place..<min(place + range.count, end)].elementsEqual(scalars[range])
    return source.span(place, isLiteral ? place + range.count : place + 1)
  }
}

extension Interpolator.Problem {
  /// The finding for this problem.
  func diagnostic(at span: SourceSpan) -> Diagnostic {
    switch kind {
    case .unset(let name):
      Diagnostic(
        severity: .warning, code: DiagnosticCode.unsetVariable.rawValue, message: "the variable '\(name)' is not set",
        primary: span, label: "read as empty text",
        help: "set it, give it a default with ${\(name):-default}, or write $$ for a plain dollar sign")
    case .required(let name, let message):
      Diagnostic(
        severity: .error, code: DiagnosticCode.requiredVariable.rawValue,
        message: "the variable '\(name)' is required" + (message.isEmpty ? "" : ": \(message)"), primary: span,
        label: "not set", help: "set \(name) in the environment or in .env")
    case .malformed(let reason):
      Diagnostic(
        severity: .error, code: DiagnosticCode.interpolation.rawValue, message: "\(reason)", primary: span,
        label: "malformed expression", help: "write $$ for a plain dollar sign")
    }
  }
}
