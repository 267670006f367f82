// What stands in the way on this host, shown like a finding of the loader: with the line of the file that asks for it.
internal import ContainrEngine
internal import ContainrSpec

enum ProblemView {
  /// The problems as findings; they point into `sources`.
  static func diagnostics(_ problems: [Problem], sources: [SourceText]) -> [Diagnostic] {
    problems.map { problem in
      Diagnostic(
        severity: problem.isWarning ? .warning : .error, code: problem.code, message: problem.message,
        primary: problem.location.flatMap { span(at: $0, sources: sources) }, help: problem.help)
    }
  }

  /// The word that begins at a place.
  static func span(at location: SourceLocation, sources: [SourceText]) -> SourceSpan? {
    guard let line = sources.first(where: { $0.file == location.file })?.line(location.line) else { return nil }
    let rest = Array(line.unicodeScalars.dropFirst(location.column - 1))
    let end = SourcePosition(line: location.line, column: location.column + max(1, length(rest)), offset: 0)
    let start = SourcePosition(line: location.line, column: location.column, offset: 0)
    return SourceSpan(file: location.file, start: start, end: end)
  }

  /// A quoted text with its quotes, else up to a blank or what ends a value in a flow collection.
  private static func length(_ scalars: [Unicode.Scalar]) -> Int {
    guard let first = scalars.first else { return 0 }
    if first == "\"" || first == "'" {
      return scalars.dropFirst().firstIndex(of: first).map { $0 + 1 } ?? scalars.count
    }
    let end = scalars.firstIndex { [" ", "\t", ",", "]", "}", "#"].contains($0) } ?? scalars.count
    return end > 1 && scalars[end - 1] == ":" ? end - 1 : end
  }
}
