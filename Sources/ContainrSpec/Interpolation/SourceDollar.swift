// Finds where a `$` of a decoded value stands in the source, and turns interpolation problems into findings.

/// The dollar signs of one value and of the stretch of source that it was read from.
struct SourceDollar {
  private let scalars: [Unicode.Scalar]
  private let source: SourceText
  private let start: Int
  private let end: Int
  /// Offsets of `$` in the value, and in the source.
  private let inValue: [Int]
  private let inSource: [Int]

  /// `text` was read from the source between the offsets `start` and `end`.
  init(_ text: String, source: SourceText, _ start: Int, _ end: Int) {
    let scalars = Array(text.unicodeScalars)
    self.scalars = scalars
    self.source = source
    self.start = start
    self.end = end
    inValue = scalars.indices.filter { scalars[$0] == "$" }
    inSource = (start..<end).filter { source.scalars[$0] == "$" }
  }

  /// The span of `range` of the value, which begins with a `$`.
  ///
  /// Escapes make offsets differ, so the n-th `$` of the value is the n-th `$` of the source; if their numbers differ,
  /// the whole stretch is the answer.
  func span(of range: Range<Int>) -> SourceSpan {
    guard inSource.count == inValue.count, let number = index(of: range.lowerBound) else {
      return source.span(start, end)
    }
    let place = inSource[number]
    let isLiteral = source.scalars[place..<min(place + range.count, end)].elementsEqual(scalars[range])
    return source.span(place, isLiteral ? place + range.count : place + 1)
  }

  private func index(of offset: Int) -> Int? {
    var low = 0
    var high = inValue.count
    while low < high {
      let middle = (low + high) / 2
      if inValue[middle] < offset { low = middle + 1 } else { high = middle }
    }
    return low < inValue.count ? low : nil
  }

  /// Reports problems of the value.
  func report(_ problems: [Interpolator.Problem], to sink: DiagnosticSink) {
    for problem in problems where !sink.isFull || problem.isError {
      let span = span(of: problem.range)
      var finding = problem.diagnostic(at: span)
      finding.fixes = escapes(problem, at: span)
      sink.add(finding)
    }
  }

  /// A second dollar sign where the first one begins no variable that anybody knows.
  private func escapes(_ problem: Interpolator.Problem, at span: SourceSpan) -> [Diagnostic.Fix] {
    guard problem.isDollarProblem, inSource.count == inValue.count, source.scalars[span.start.offset] == "$" else {
      return []
    }
    let place = source.span(span.start.offset, span.start.offset)
    return [Diagnostic.Fix("write $$ for a plain dollar sign", place, "$", .maybe)]
  }
}

extension Interpolator.Problem {
  /// Whether nothing may be started.
  var isError: Bool {
    if case .unset = kind { return false }
    return true
  }

  /// Whether the dollar sign itself may be the mistake: `$name` without braces, or what is no expression at all.
  var isDollarProblem: Bool {
    switch kind {
    case .unset(let name): range.count == name.unicodeScalars.count + 1
    case .required: false
    case .malformed: true
    }
  }

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
