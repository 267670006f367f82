// What all decoders share: the input, the sink, the variables, and the words of findings.

/// One load in progress. Lives on one thread for one call of `StackLoader.load`.
final class LoadContext {
  let input: LoaderInput
  let sink = DiagnosticSink()
  private(set) var sources: [SourceText] = []
  /// The variables of the files that the user named.
  var environment: ProjectEnvironment
  /// Published ports so far: ranges in aliased services could otherwise fill the memory.
  var publishedPorts = 0
  /// Variables from `env_file` so far, counted once a service.
  var environmentEntries = 0
  /// Files that other files named so far.
  var filesRead = 0
  /// Why a file was read that the user did not name, by the name it is shown under.
  var readReasons: [String: [ReadReason]] = [:]
  /// The services of the file, right or wrong.
  var serviceNames: Set<String> = []
  /// Services whose `extends` could not be followed.
  var incompleteServices: Set<String> = []
  /// A finding says that a service would be wrong or less safe: there is nothing to run.
  private(set) var isRunnable = true
  /// Places in `sources` by absolute path.
  private var sourcePlaces: [String: Int] = [:]
  private var shownNames: Set<String> = []
  private var isExhausted = false

  init(_ input: LoaderInput) {
    self.input = input
    environment = ProjectEnvironment(process: input.environment)
  }

  /// The text of the file that gives the stack its path.
  var source: SourceText { sources[0] }
  var home: String? { environment["HOME"] }

  /// What relative host paths in a value count from.
  func base(of node: YAMLNode) -> String { node.document.base }

  /// The text of a file, once for each path. Two files are never shown under one name.
  func addSource(_ file: LoaderFile) -> SourceText {
    if let place = sourcePlaces[file.absolutePath] { return sources[place] }
    // What is too large is refused; its beginning is enough to say so.
    let isTooLarge = file.bytes.count > YAMLBudget().fileSize
    let shown = shownNames.contains(file.file) ? file.absolutePath : file.file
    let source = SourceText(file: shown, bytes: isTooLarge ? Array(file.bytes.prefix(4096)) : file.bytes)
    shownNames.insert(shown)
    sourcePlaces[file.absolutePath] = sources.count
    sources.append(source)
    return source
  }

  /// The absolute path of a file that is shown under this name.
  func absolutePath(of shown: String) -> String? {
    sourcePlaces.first { sources[$0.value].file == shown }?.key
  }

  /// A file that a document names, shown relative to where the user named that document.
  func shown(_ text: String, beside document: YAMLDocument, path: String) -> String {
    guard !text.hasPrefix("/"), !text.hasPrefix("~") else { return path }
    return shown(path: path)
  }

  /// A path as the user would name it: as the main file is named, if it lies beside or below that.
  func shown(path: String) -> String {
    let directory = PathText.normalise(input.main.absolutePath + "/..")
    let folder = input.main.file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let prefix = directory == "/" ? "/" : directory + "/"
    guard path.hasPrefix(prefix) else { return path }
    return (folder.map(String.init) + [String(path.dropFirst(prefix.count))]).joined(separator: "/")
  }

  func addDotEnv(_ file: LoaderFile) { environment.addDotEnv(addSource(file), sink: sink) }

  /// Replaces the variables of one value before the others, with what is known so far.
  func interpolate(_ node: YAMLNode) {
    guard input.options.interpolates else { return }
    environment.interpolate(node, budget: &interpolated, sink: sink)
  }

  /// Replaces the variables of a document, once.
  func interpolate(_ document: YAMLDocument) {
    defer { document.scalars = [] }
    guard input.options.interpolates else { return }
    for scalar in document.scalars where !isExhausted {
      document.environment.interpolate(scalar, budget: &interpolated, sink: sink)
      isExhausted = interpolated > YAMLBudget().interpolated
    }
  }

  /// Bytes of all interpolated values so far.
  private var interpolated = 0

  private func add(_ diagnostic: Diagnostic) {
    var diagnostic = diagnostic
    if diagnostic.code == DiagnosticCode.cannotHonour.rawValue {
      isRunnable = false
      if input.purpose == .check { diagnostic.severity = .warning }
    }
    if diagnostic.code == DiagnosticCode.notHonoured.rawValue, input.purpose == .strict { diagnostic.severity = .error }
    if let primary = diagnostic.primary, let reasons = readReasons[primary.file] {
      diagnostic.notes += reasons.reversed().map { "\(primary.file) is \($0.words)" }
    }
    sink.add(diagnostic)
  }

  func error(
    _ code: DiagnosticCode, _ message: String, at span: SourceSpan, label: String? = nil,
    secondary: [Diagnostic.Label] = [], notes: [String] = [], help: String? = nil, fixes: [Diagnostic.Fix] = []
  ) {
    add(
      Diagnostic(
        severity: .error, code: code.rawValue, message: message, primary: span, label: label, secondary: secondary,
        notes: notes, help: help, fixes: fixes))
  }

  func warning(
    _ code: DiagnosticCode, _ message: String, at span: SourceSpan, label: String? = nil,
    secondary: [Diagnostic.Label] = [], notes: [String] = [], help: String? = nil, fixes: [Diagnostic.Fix] = []
  ) {
    add(
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
