// Names with values: a mapping, or a list of `NAME=value`.

extension LoadContext {
  struct Pair {
    let name: String
    /// nil: no value was written.
    let value: String?
    let span: SourceSpan
    /// Where it was written: an included file has variables of its own.
    let document: YAMLDocument
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
          warning(
            .duplicateEntry, "\(DisplayText.quote(pair.name)) is set twice in '\(key)'", at: item.span,
            label: "this one counts", secondary: [.init(span: first, label: "first set here")])
        }
        names[pair.name] = item.span
        return pair
      }
    case .scalar:
      wrongType(
        entry.value, key: key, expected: "a mapping or a list", help: "write 'NAME: value' lines below '\(key):'")
      return []
    }
  }

  private func pair(_ entry: YAMLEntry, key: String, what: String) -> Pair? {
    guard isName(entry.key, at: entry.keySpan, what: what) else { return nil }
    if entry.value.isNull {
      return Pair(name: entry.key, value: nil, span: entry.keySpan, document: entry.value.document)
    }
    let text = anyText(entry.value, key: "\(key).\(entry.key)", expected: "a string")
    return text.map { Pair(name: entry.key, value: $0, span: entry.keySpan, document: entry.value.document) }
  }

  private func pair(_ item: YAMLNode, key: String, what: String) -> Pair? {
    guard let scalar = item.scalar, scalar.kind != .null, scalar.kind != .boolean else {
      var help = "write '- NAME=value'"
      if case .mapping(let entries) = item.content, let first = entries.first {
        help = "write '- \(first.key)=…', or leave out the '-'"
      }
      wrongType(item, key: key, expected: "a string", help: help)
      return nil
    }
    let parts = scalar.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard isName(parts[0], at: item.span, what: what) else { return nil }
    return Pair(name: parts[0], value: parts.count > 1 ? parts[1] : nil, span: item.span, document: item.document)
  }

  private func isName(_ name: String, at span: SourceSpan, what: String) -> Bool {
    let isFine = !name.isEmpty && !name.contains("=") && name.trimmed == name
    if !isFine {
      error(.name, "\(DisplayText.quote(name)) is not the name of \(what)", at: span, help: "write NAME=value")
    }
    return isFine
  }
}
