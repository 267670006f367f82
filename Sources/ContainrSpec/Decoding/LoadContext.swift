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
  /// Variables from `env_file` so far, counted once a service.
  var environmentEntries = 0
  /// The files of `env_file` by their absolute paths.
  private var envFiles: [String: SourceText] = [:]

  init(_ input: LoaderInput) {
    self.input = input
    // What is too large is refused; its beginning is enough to say so.
    let main = input.main
    let isTooLarge = main.bytes.count > YAMLBudget().fileSize
    source = SourceText(file: main.file, bytes: isTooLarge ? Array(main.bytes.prefix(4096)) : main.bytes)
    sources = [source]
    environment = ProjectEnvironment(process: input.environment)
  }

  var home: String? { environment["HOME"] }

  /// The text of an `env_file`, shown relative to where the user named the stack file.
  func envFile(_ text: String, path: String, bytes: [UInt8]) -> SourceText {
    if let known = envFiles[path] { return known }
    var shown = text
    if !text.hasPrefix("/"), !text.hasPrefix("~") {
      while shown.hasPrefix("./") { shown.removeFirst(2) }
      let folder = input.main.file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
        separator: "/")
      let isBeside = PathText.normalise(input.main.absolutePath + "/..") == PathText.normalise(input.projectDirectory)
      if isBeside, !folder.isEmpty { shown = "\(folder)/\(shown)" }
    }
    // Two files must never be shown under one name: snippets would come from the wrong one.
    if sources.contains(where: { $0.file == shown }) { shown = path }
    let source = SourceText(file: shown, bytes: bytes)
    envFiles[path] = source
    sources.append(source)
    return source
  }

  func addDotEnv(_ file: String, _ bytes: [UInt8]) {
    let text = SourceText(file: file, bytes: bytes)
    sources.append(text)
    environment.addDotEnv(text, sink: sink)
  }

  func error(
    _ code: DiagnosticCode, _ message: String, at span: SourceSpan, label: String? = nil,
    secondary: [Diagnostic.Label] = [], notes: [String] = [], help: String? = nil, fixes: [Diagnostic.Fix] = []
  ) {
    sink.add(
      Diagnostic(
        severity: .error, code: code.rawValue, message: message, primary: span, label: label, secondary: secondary,
        notes: notes, help: help, fixes: fixes))
  }

  func warning(
    _ code: DiagnosticCode, _ message: String, at span: SourceSpan, label: String? = nil,
    secondary: [Diagnostic.Label] = [], notes: [String] = [], help: String? = nil, fixes: [Diagnostic.Fix] = []
  ) {
    sink.add(
      Diagnostic(
        severity: .warning, code: code.rawValue, message: message, primary: span, label: label, secondary: secondary,
        notes: notes, help: help, fixes: fixes))
  }

  /// Reports why the text of a node is not what it should be, with where its variables came from.
  func report(_ problem: ValueProblem, at node: YAMLNode) {
    // A problem with one part of the text says nothing about the whole.
    let better = problem.better.flatMap { $0.old == node.scalar?.text ? $0 : nil }
    error(
      problem.code, problem.message, at: node.span, label: problem.label, notes: notes(about: node), help: problem.help,
      fixes: better.map { rewriting(node, to: $0.new, $0.applicability) } ?? [])
  }

  func notes(about node: YAMLNode) -> [String] {
    guard let scalar = node.scalar, let trace = scalar.interpolation else { return [] }
    return [trace.note(about: scalar.text)]
  }

  func wrongType(_ node: YAMLNode, key: String, expected: String, help: String? = nil, fixes: [Diagnostic.Fix] = []) {
    error(
      .wrongType, "'\(key)': expected \(expected), found \(node.typeName)", at: node.span,
      label: "expected \(expected)", notes: notes(about: node), help: help, fixes: fixes)
  }

  /// Warns of a plain scalar that YAML 1.1 tools read differently.
  func lint(_ node: YAMLNode) {
    guard let scalar = node.scalar, let reading = scalar.legacyReading else { return }
    warning(
      .ambiguousScalar, "unquoted \(scalar.text) is read as the text '\(scalar.text)'", at: node.span,
      label: "other tools may read \(reading)", help: "write \"\(scalar.text)\"", fixes: quoting(node))
  }
}
