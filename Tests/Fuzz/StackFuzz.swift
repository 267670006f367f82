// Whole loads of hostile files, and what must hold of every load.

enum StackFuzz {
  /// Parts of one input, each between lines `%%%`: the stack file, `.env`, every file that it names, an override file.
  private static func parts(_ bytes: [UInt8]) -> [[UInt8]] {
    let mark = Array("%%%\n".utf8)
    var parts: [[UInt8]] = [[]]
    var isLineStart = true
    var index = 0
    while index < bytes.count {
      if isLineStart, parts.count < 4, bytes[index...].starts(with: mark) {
        parts.append([])
        index += mark.count
        continue
      }
      isLineStart = bytes[index] == 0x0A
      parts[parts.count - 1].append(bytes[index])
      index += 1
    }
    return parts
  }

  static func check(_ bytes: [UInt8], purpose: LoaderPurpose, interpolates: Bool = true) {
    let parts = parts(bytes)
    var files = [LoaderFile(file: "stack.yaml", absolutePath: "/srv/demo/stack.yaml", bytes: parts[0])]
    if parts.count > 3 {
      files.append(LoaderFile(file: "more.yaml", absolutePath: "/srv/demo/more.yaml", bytes: parts[3]))
    }
    let dotEnv = parts.count > 1 ? [LoaderFile(file: ".env", absolutePath: "/srv/demo/.env", bytes: parts[1])] : []
    let named = parts.count > 2 ? parts[2] : nil
    var input = LoaderInput(
      files: files, projectDirectory: "/srv/demo", environment: ["A": "b", "HOME": "/h", "EMPTY": "", "PORT": "80"],
      dotEnvs: dotEnv, readFile: { _ in named }, activeProfiles: ["on"], purpose: purpose)
    input.options.interpolates = interpolates
    let result = StackLoader.load(input)
    check(result, purpose: purpose)
    if purpose == .check, let model = result.model { checkRoundTrip(model, input) }
  }

  /// What `config` prints is a stack file that means the same.
  private static func checkRoundTrip(_ model: ModelValue, _ input: LoaderInput) {
    var input = input
    for printed in [
      ModelWriter.yaml(model, escapesDollars: true), ModelWriter.json(model, escapesDollars: true),
    ] {
      input.files = [
        LoaderFile(file: "stack.yaml", absolutePath: "/srv/demo/stack.yaml", bytes: Array(printed.utf8))
      ]
      let second = StackLoader.load(input)
      if second.model != model {
        let errors = second.diagnostics.filter { $0.severity == .error }.map(\.message)
        fatalError("printed and read again it differs: \(errors)\n\(printed)")
      }
    }
  }

  /// A load ends in what was asked for or in errors, never in both.
  private static func check(_ result: LoaderResult, purpose: LoaderPurpose) {
    let codes = result.diagnostics.filter { $0.severity == .error }.map(\.code)
    // What this version cannot do is right all the same.
    let isWrong = codes.contains {
      $0 != DiagnosticCode.cannotHonour.rawValue && $0 != DiagnosticCode.notHonoured.rawValue
    }
    if isWrong == (result.model != nil) { fatalError("a model and errors, or neither: \(codes)") }
    if !codes.isEmpty, result.plan != nil { fatalError("a plan and errors: \(codes)") }
    if purpose == .run, codes.isEmpty, result.plan == nil { fatalError("neither a plan nor errors") }
    checkFindings(result.diagnostics, result.sources)
    for service in result.plan?.services ?? [] where service.fields.isEmpty {
      fatalError("the service \(service.name) says nothing")
    }
  }

  /// Nodes alone, with a budget that small inputs reach.
  static func composer(_ bytes: [UInt8]) {
    let sink = DiagnosticSink()
    let source = SourceText(file: "stack.yaml", bytes: bytes)
    let budget = YAMLBudget(fileSize: 2048, nodes: 200, aliasedNodes: 100, depth: 12)
    let environment = ProjectEnvironment(process: [:])
    var made: [YAMLDocument] = []
    var composer = YAMLComposer(source: source, sink: sink, budget: budget) {
      made.append(YAMLDocument(source: source, base: "/srv/demo", environment: environment))
      return made[made.count - 1]
    }
    // A document and its nodes hold each other until its variables are replaced, which nobody does here.
    defer { for document in made { document.scalars = [] } }
    for root in composer.compose(bytes) ?? [] {
      let depth = checkNode(root, source)
      if depth > budget.depth, !sink.hasErrors { fatalError("\(depth) levels within a budget of \(budget.depth)") }
    }
    checkFindings(sink.sorted(files: [source.file]), [source])
  }

  /// Checks the spans of a tree and gives its depth.
  private static func checkNode(_ node: YAMLNode, _ source: SourceText) -> Int {
    checkSpan(node.span, [source])
    switch node.content {
    case .scalar: return 0
    case .sequence(let items): return 1 + (items.map { checkNode($0, source) }.max() ?? 0)
    case .mapping(let entries):
      for entry in entries { checkSpan(entry.keySpan, [source]) }
      return 1 + (entries.map { checkNode($0.value, source) }.max() ?? 0)
    }
  }

  /// Every finding stands in a file that the caller can show, has a code that can be explained, and renders safely.
  static func checkFindings(_ diagnostics: [Diagnostic], _ sources: [SourceText]) {
    for diagnostic in diagnostics {
      if DiagnosticCode(rawValue: diagnostic.code) == nil { fatalError("unknown code \(diagnostic.code)") }
      if let primary = diagnostic.primary { checkSpan(primary, sources) }
      for label in diagnostic.secondary { checkSpan(label.span, sources) }
    }
    checkText(DiagnosticRenderer.render(diagnostics, sources: sources, colour: false), allowsBreaks: true)
    checkText(DiagnosticRenderer.renderJSON(diagnostics), allowsBreaks: false)
  }

  private static func checkSpan(_ span: SourceSpan, _ sources: [SourceText]) {
    guard let source = sources.first(where: { $0.file == span.file }) else {
      fatalError("a span in \(span.file), which is no source")
    }
    let isInside =
      span.start.offset <= span.end.offset && source.position(at: span.start.offset) == span.start
      && source.position(at: span.end.offset) == span.end
    if !isInside { fatalError("the span \(span) is not in its file") }
  }

  /// What a terminal or a log reader could take for an order never leaves the renderer.
  static func checkText(_ text: String, allowsBreaks: Bool) {
    for scalar in text.unicodeScalars {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      if isControl, !(allowsBreaks && scalar == "\n") { fatalError("U+\(String(scalar.value, radix: 16)) in \(text)") }
    }
  }
}
