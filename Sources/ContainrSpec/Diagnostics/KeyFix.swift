// Whether an unknown key can be renamed to the one that was meant, and how certain that is.

enum KeyFix {
  /// The fix for `entry`, whose key is unknown among `siblings`; none where it would break something else.
  static func rename(
    _ entry: YAMLEntry, to name: String, in table: KeyTable, among siblings: [YAMLEntry], _ fixer: NodeFix
  ) -> [Diagnostic.Fix] {
    guard !siblings.contains(where: { $0.key == name }), let rule = table.keys[name], fits(entry.value, rule.shape)
    else { return [] }
    let fix = fixer.rewrite(
      entry.keySpan, entry.key, name, applicability(entry.key, name), "rename '\(entry.key)' to '\(name)'")
    return fix.map { [$0] } ?? []
  }

  /// Whether the value is of a kind that may stand under the key. A text under the singular of a list's key is not.
  private static func fits(_ node: YAMLNode, _ shape: Shape) -> Bool {
    if node.isNull { return true }
    switch (shape, node.content) {
    case (.any, _): return true
    case (.scalar, .scalar), (.list, .sequence), (.mapping, .mapping), (.ulimit, .scalar): return true
    case (.oneOrMany, .scalar), (.oneOrMany, .sequence), (.command, .scalar), (.command, .sequence): return true
    case (.test, .scalar), (.test, .sequence), (.pairs, .sequence), (.pairs, .mapping): return true
    case (.names, .sequence), (.names, .mapping), (.external, .scalar): return true
    case (.object(let table), .mapping(let entries)): return entries.contains { table.keys[$0.key] != nil }
    case (.short, .scalar): return true
    case (.short(_, let table), .mapping(let entries)): return entries.contains { table.keys[$0.key] != nil }
    default: return false
    }
  }

  /// A word that differs by its case, its separators or one typing mistake is certain; another word is not.
  private static func applicability(_ key: String, _ name: String) -> Diagnostic.Fix.Applicability {
    if KeyTable.plain(key) == KeyTable.plain(name) { return .always }
    let distance = NearestName.distance(Array(key.lowercased().utf8), Array(name.utf8))
    return distance == 1 && name.utf8.count > 3 ? .always : .maybe
  }
}
