// What all decoders share: the input, the sink, the variables, and the words of findings.

/// One load in progress. Lives on one thread for one call of `StackLoader.load`.
final class LoadContext {
  let input: LoaderInput
  let source: SourceText
  let sink = DiagnosticSink()
  var sources: [SourceText]
  var environment: ProjectEnvironment
  /// Published ports so far: ranges in aliased services could otherwise fill the memory.
  var publishedPorts = 0

  init(_ input: LoaderInput) {
    self.input = input
    source = SourceText(file: input.file, bytes: input.bytes)
    sources = [source]
    environment = ProjectEnvironment(process: input.environment)
  }

  var home: String? { environment["HOME"] }

  func addDotEnv(_ file: String, _ bytes: [UInt8]) {
    let text = SourceText(file: file, bytes: bytes)
    sources.append(text)
    environment.addDotEnv(text, sink: sink)
  }

  func error(
    _ code: DiagnosticCode, _ message: String, at span: SourceSpan, label: String? = nil,
    secondary: [Diagnostic.Label] = [], notes: [String] = [], help: String? = nil
  ) {
    sink.add(
      Diagnostic(
        severity: .error, code: code.rawValue, message: message, primary: span, label: label, secondary: secondary,
        notes: notes, help: help))
  }

  func warning(
    _ code: DiagnosticCode, _ message: String, at span: SourceSpan, label: String? = nil,
    secondary: [Diagnostic.Label] = [], notes: [String] = [], help: String? = nil
  ) {
    sink.add(
      Diagnostic(
        severity: .warning, code: code.rawValue, message: message, primary: span, label: label, secondary: secondary,
        notes: notes, help: help))
  }

  /// Reports why the text of a node is not what it should be, with where its variables came from.
  func report(_ problem: ValueProblem, at node: YAMLNode) {
    error(
      problem.code, problem.message, at: node.span, label: problem.label, notes: notes(about: node), help: problem.help)
  }

  func notes(about node: YAMLNode) -> [String] {
    guard let scalar = node.scalar, let trace = scalar.interpolation else { return [] }
    return [trace.note(about: scalar.text)]
  }

  func wrongType(_ node: YAMLNode, key: String, expected: String, help: String? = nil) {
    error(
      .wrongType, "'\(key)': expected \(expected), found \(node.typeName)", at: node.span,
      label: "expected \(expected)", notes: notes(about: node), help: help)
  }

  /// Warns of a plain scalar that YAML 1.1 tools read differently.
  func lint(_ node: YAMLNode) {
    guard let scalar = node.scalar, let reading = scalar.legacyReading else { return }
    warning(
      .ambiguousScalar, "unquoted \(scalar.text) is read as the text '\(scalar.text)'", at: node.span,
      label: "other tools may read \(reading)", help: "write \"\(scalar.text)\"")
  }
}
