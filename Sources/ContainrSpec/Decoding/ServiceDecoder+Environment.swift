// environment and env_file: lists, mappings, pass-through, files; later ones win.

extension ServiceDecoder {
  typealias Pair = LoadContext.Pair

  mutating func decodeEnvironment(_ reader: ObjectReader) {
    var values: [String: Pair] = [:]
    var unset: Set<String> = []
    if let entry = reader["env_file"] {
      for pair in variableFiles(entry, key: "env_file") { values[pair.name] = pair }
    }
    for pair in pairs(reader["environment"], key: "environment", what: "a variable") {
      // A name without a value takes the caller's; unknown there, it is not set at all.
      let value = pair.value ?? pair.document.environment[pair.name]
      values[pair.name] = value.map { Pair(name: pair.name, value: $0, span: pair.span, document: pair.document) }
      if value == nil { unset.insert(pair.name) } else { unset.remove(pair.name) }
    }
    // What no image sets need not be taken away.
    if reader["image"] != nil { draft.plan.unsetVariables = unset.sorted() }
    for pair in values.values.sorted(by: { $0.name < $1.name }) {
      guard let value = pair.value else { continue }
      draft.plan.environment.append(EnvironmentPlan(name: pair.name, value: value))
      draft.origins["environment.\(pair.name)"] = pair.span
    }
  }

  /// Names and values of a mapping, or of a list of `NAME=value`.
  func pairs(_ entry: YAMLEntry?, key: String, what: String) -> [Pair] { context.pairs(entry, key: key, what: what) }

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
