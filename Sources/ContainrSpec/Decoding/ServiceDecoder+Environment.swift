// environment and env_file: lists, mappings, pass-through, files; later ones win.

extension ServiceDecoder {
  struct Pair {
    let name: String
    /// nil: no value was written.
    let value: String?
    let span: SourceSpan
    /// Where it was written: an included file has variables of its own.
    let document: YAMLDocument
  }

  mutating func decodeEnvironment(_ reader: ObjectReader) {
    var values: [String: Pair] = [:]
    if let entry = reader["env_file"] {
      for pair in variableFiles(entry, key: "env_file") { values[pair.name] = pair }
    }
    for pair in pairs(reader["environment"], key: "environment", what: "a variable") {
      // A name without a value takes the caller's; unknown there, it is not set at all.
      let value = pair.value ?? pair.document.environment[pair.name]
      values[pair.name] = value.map { Pair(name: pair.name, value: $0, span: pair.span, document: pair.document) }
    }
    for pair in values.values.sorted(by: { $0.name < $1.name }) {
      guard let value = pair.value else { continue }
      draft.plan.environment.append(EnvironmentPlan(name: pair.name, value: value))
      draft.origins["environment.\(pair.name)"] = pair.span
    }
  }

  /// Names and values of a mapping, or of a list of `NAME=value`.
  func pairs(_ entry: YAMLEntry?, key: String, what: String) -> [Pair] {
    guard let entry else { return [] }
    switch entry.value.content {
    case .mapping(let entries): return entries.compactMap { pair($0, key: key, what: what) }
    case .sequence(let items):
      var names: [String: SourceSpan] = [:]
      return items.compactMap { item in
        guard let pair = pair(item, key: key, what: what) else { return nil }
        if let first = names[pair.name] {
          // Compose takes the last one; unlike a repeated key of a mapping, that is a list's plain meaning.
          context.warning(
            .duplicateEntry, "\(DisplayText.quote(pair.name)) is set twice in '\(key)'", at: item.span,
            label: "this one counts", secondary: [.init(span: first, label: "first set here")])
        }
        names[pair.name] = item.span
        return pair
      }
    case .scalar:
      context.wrongType(
        entry.value, key: key, expected: "a mapping or a list", help: "write 'NAME: value' lines below '\(key):'")
      return []
    }
  }

  private func pair(_ entry: YAMLEntry, key: String, what: String) -> Pair? {
    guard isName(entry.key, at: entry.keySpan, what: what) else { return nil }
    if entry.value.isNull {
      return Pair(name: entry.key, value: nil, span: entry.keySpan, document: entry.value.document)
    }
    let text = context.anyText(entry.value, key: "\(key).\(entry.key)", expected: "a string")
    return text.map { Pair(name: entry.key, value: $0, span: entry.keySpan, document: entry.value.document) }
  }

  private func pair(_ item: YAMLNode, key: String, what: String) -> Pair? {
    guard let scalar = item.scalar, scalar.kind != .null, scalar.kind != .boolean else {
      var help = "write '- NAME=value'"
      if case .mapping(let entries) = item.content, let first = entries.first {
        help = "write '- \(first.key)=…', or leave out the '-'"
      }
      context.wrongType(item, key: key, expected: "a string", help: help)
      return nil
    }
    let parts = scalar.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard isName(parts[0], at: item.span, what: what) else { return nil }
    return Pair(name: parts[0], value: parts.count > 1 ? parts[1] : nil, span: item.span, document: item.document)
  }

  private func isName(_ name: String, at span: SourceSpan, what: String) -> Bool {
    let isFine = !name.isEmpty && !name.contains("=") && name.trimmed == name
    if !isFine {
      context.error(.name, "\(DisplayText.quote(name)) is not the name of \(what)", at: span, help: "write NAME=value")
    }
    return isFine
  }

  /// Names and values of the files of `env_file` or `label_file`.
  mutating func variableFiles(_ entry: YAMLEntry, key: String) -> [Pair] {
    let items = context.items(entry.value, key: key, allowsScalar: true) ?? []
    return items.flatMap { variableFile($0, key: key) }
  }

  private mutating func variableFile(_ item: YAMLNode, key: String) -> [Pair] {
    var pathNode = item
    var isRequired = true
    var isRaw = false
    if case .mapping = item.content, key == "env_file" {
      guard let reader = ObjectReader(item, .envFile, key: "env_file", context: context) else { return [] }
      guard let path = reader["path"] else {
        context.error(.missingKey, "the env_file has no path", at: item.span, label: "needs 'path'")
        return []
      }
      pathNode = path.value
      isRequired = reader["required"].flatMap { context.boolean($0.value, key: "required") } ?? true
      if let format = reader["format"], let text = context.text(format.value, key: "format") {
        isRaw = text == "raw"
        if !isRaw {
          context.report(ValueProblem(.invalidValue, "unknown format '\(text)'", help: "write raw"), at: format.value)
        }
      }
    }
    guard let text = context.text(pathNode, key: key) else { return [] }
    guard !text.isEmpty else {
      context.report(ValueProblem(.path, "an empty text is not a path"), at: pathNode)
      return []
    }
    let path = PathText.resolve(text, base: context.base(of: pathNode), home: context.home)
    guard let bytes = context.input.readFile(path) else {
      if isRequired {
        context.error(
          .missingEnvFile, "the \(key) \(DisplayText.quote(text)) cannot be read", at: pathNode.span,
          label: "read as \(path)", notes: context.notes(about: pathNode),
          help: key == "env_file"
            ? "create it, or write\nenv_file:\n  - path: \(text)\n    required: false" : "create it")
      }
      return []
    }
    let shown = context.shown(text, beside: pathNode.document, path: path)
    let source = context.addSource(LoaderFile(file: shown, absolutePath: path, bytes: bytes))
    let environment = pathNode.document.environment
    let entries = EnvFileParser.parse(source, isRaw: isRaw, sink: context.sink, lookup: { environment[$0] })
    context.environmentEntries += entries.count
    guard context.environmentEntries <= YAMLBudget().environmentEntries else {
      context.error(
        .budget, "the services take more than \(YAMLBudget().environmentEntries) variables from files",
        at: pathNode.span,
        label: "the limit is passed here")
      return []
    }
    return entries.map { entry in
      Pair(
        name: entry.name, value: entry.value ?? environment[entry.name], span: entry.span, document: pathNode.document)
    }
  }
}
