// Decodes one entry of the top-level `configs` or `secrets`.

struct ContentDecoder {
  let context: LoadContext
  let kind: ContentPlan.Kind

  /// nil after a report, or if it has no source that this version takes. That it has one and only one is checked with the
  /// references.
  func decode(_ entry: YAMLEntry) -> ContentDraft? {
    let word = kind.rawValue
    do throws(ValueProblem) {
      _ = try NameText.object(entry.key, word)
    } catch {
      context.error(error.code, error.message, at: entry.keySpan, help: error.help)
    }
    let table: KeyTable = kind == .config ? .config : .secret
    guard let reader = ObjectReader(entry.value, table, key: "\(kind.section).\(entry.key)", context: context) else {
      return nil
    }
    var draft: ContentDraft?
    if let file = reader["file"] { draft = self.file(file, entry) ?? draft }
    if let variable = reader["environment"] { draft = self.variable(variable, entry) ?? draft }
    if kind == .config, let content = reader["content"] { draft = text(content, entry) ?? draft }
    return draft
  }

  private func file(_ source: YAMLEntry, _ entry: YAMLEntry) -> ContentDraft? {
    let path = context.value(source.value, key: "file") { text throws(ValueProblem) in
      try ScalarForm.hostPath.check(text)
      return PathText.resolve(text, base: context.base(of: source.value), home: context.home)
    }
    return path.map { draft(.file($0), source, entry) }
  }

  private func text(_ source: YAMLEntry, _ entry: YAMLEntry) -> ContentDraft? {
    context.text(source.value, key: "content").map { draft(.content($0), source, entry) }
  }

  private func variable(_ source: YAMLEntry, _ entry: YAMLEntry) -> ContentDraft? {
    guard let name = context.text(source.value, key: "environment"), !name.isEmpty else { return nil }
    let variables = source.value.document.environment
    guard let value = variables[name] else {
      if context.input.purpose == .run {
        context.error(
          .unsetVariable, "the variable '\(name)' of \(kind.rawValue) '\(entry.key)' is not set", at: source.value.span,
          label: "its content would come from it", help: "set it for this command, or in .env beside the stack file")
      }
      return draft(.environment(name, file: nil), source, entry)
    }
    let file = variables.location(of: name).flatMap { context.absolutePath(of: $0.file) }
    var draft = draft(.environment(name, file: file), source, entry)
    draft.plan.value = Withheld(value)
    return draft
  }

  private func draft(_ content: ContentPlan.Source, _ source: YAMLEntry, _ entry: YAMLEntry) -> ContentDraft {
    ContentDraft(plan: ContentPlan(kind: kind, key: entry.key, source: content), span: source.keySpan)
  }
}
