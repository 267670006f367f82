// Reads one mapping by its key table: unknown keys, keys that are not honoured, and access to the others.

struct ObjectReader {
  let context: LoadContext
  private let entries: [String: YAMLEntry]

  /// nil after a report if the node is not a mapping. `silent`: keys whose support the caller judges itself.
  /// `judges`: false inside a value that is not honoured as a whole; then every key is only checked.
  init?(
    _ node: YAMLNode, _ table: KeyTable, key: String, context: LoadContext, silent: Set<String> = [],
    judges: Bool = true, explainUnknown: (YAMLEntry) -> Bool = { _ in false }
  ) {
    guard let all = context.entries(node, key: key) else { return nil }
    self.context = context
    var entries: [String: YAMLEntry] = [:]
    for entry in all {
      if let rule = table.keys[entry.key] {
        if rule.emptyIsUnset, entry.value.scalar?.text.isEmpty == true { continue }
        entries[entry.key] = entry
        if entry.key == "x-containr", judges, case .object(let table) = rule.shape, !entry.value.isNull {
          // Nothing of it is acted on yet; its keys are judged one by one.
          _ = ObjectReader(entry.value, table, key: entry.key, context: context)
        } else if !judges {
          ShapeChecker(context: context).check(entry.value, rule.shape, key: entry.key)
        } else if !rule.support.isHonoured {
          // What no decoder reads is checked here, so that a file is as right as it will have to be.
          ShapeChecker(context: context).check(entry.value, rule.shape, key: entry.key)
          if !silent.contains(entry.key) { Self.judge(entry, rule.support, context) }
        }
      } else if entry.key.hasPrefix("x-") {
        continue
      } else if let support = table.otherKeys {
        ShapeChecker(context: context).check(entry.value, .scalar(.any), key: entry.key)
        if judges { Self.judge(entry, support, context) }
      } else if !explainUnknown(entry) {
        Self.reportUnknown(entry, table, all, context)
      }
    }
    self.entries = entries
  }

  /// The entry of a key, unless it is missing or null.
  subscript(_ key: String) -> YAMLEntry? {
    guard let entry = entries[key], !entry.value.isNull else { return nil }
    return entry
  }

  /// The entry of a key that the table honours, unless it is missing or null.
  func honoured(_ key: String, _ table: KeyTable) -> YAMLEntry? {
    table.keys[key]?.support.isHonoured == true ? self[key] : nil
  }

  /// The entry of a key even if its value is null.
  func entry(_ key: String) -> YAMLEntry? { entries[key] }

  var isEmpty: Bool { entries.isEmpty }

  static func judge(_ entry: YAMLEntry, _ support: KeySupport, _ context: LoadContext) {
    switch support {
    case .honoured, .metadata: return
    case .ignored(let neutral):
      guard !asksNothing(entry.value, neutral) else { return }
      context.warning(
        .notHonoured, "'\(entry.key)' is not honoured by this version", at: entry.keySpan, label: "has no effect")
    case .refused(let reason, let neutral):
      guard !asksNothing(entry.value, neutral) else { return }
      refuse(entry.key, reason, at: entry.keySpan, context)
    }
  }

  /// The error for a key whose absence would make the service wrong. `reason` may end in `; help`.
  static func refuse(_ key: String, _ reason: String, at span: SourceSpan, _ context: LoadContext) {
    let parts = reason.split(separator: ";", maxSplits: 1).map { String($0).trimmed }
    context.error(
      .cannotHonour, "'\(key)' cannot be honoured by this version", at: span, label: parts[0],
      help: parts.count > 1 ? parts[1] : nil)
  }

  /// Whether the value is empty or says what happens anyway.
  static func asksNothing(_ node: YAMLNode, _ neutral: [String]) -> Bool {
    switch node.content {
    case .scalar(let scalar): scalar.kind == .null || scalar.text.isEmpty || neutral.contains(scalar.text)
    case .sequence(let items): items.isEmpty
    case .mapping(let entries): entries.isEmpty
    }
  }

  private static func reportUnknown(
    _ entry: YAMLEntry, _ table: KeyTable, _ siblings: [YAMLEntry], _ context: LoadContext
  ) {
    let suggestion = context.sink.isFull ? nil : table.suggestion(for: entry.key)
    let fixer = suggestion == nil ? nil : context.fixer(for: entry.keySpan)
    let fixes = fixer.map { KeyFix.rename(entry, to: suggestion!, in: table, among: siblings, $0) } ?? []
    context.error(
      .unknownKey, "unknown key \(DisplayText.quote(entry.key))", at: entry.keySpan, label: "not \(table.attribute)",
      help: suggestion.map { "did you mean '\($0)'?" }, fixes: fixes)
  }
}
