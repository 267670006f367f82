// Whether an unknown key can be renamed to the one that was meant, and how certain that is.

enum KeyFix {
  /// Keys whose value is a list: a text under their singular is not one.
  private static let lists: Set<String> = [
    "ports", "volumes", "networks", "depends_on", "layers", "cap_add", "cap_drop", "expose", "profiles", "devices",
    "security_opt", "secrets", "configs", "external_links", "links", "group_add",
  ]
  /// Keys whose value is a mapping of another shape than what stands under their synonyms.
  private static let shapes: Set<String> = ["deploy", "restart_policy", "com.docker.network.driver.mtu"]

  /// The fix for `entry`, whose key is unknown among `siblings`; none where it would break something else.
  static func rename(_ entry: YAMLEntry, to name: String, among siblings: [YAMLEntry], _ fixer: NodeFix) -> [Diagnostic
    .Fix]
  {
    guard !siblings.contains(where: { $0.key == name }), !shapes.contains(name) else { return [] }
    if entry.value.scalar != nil, !entry.value.isNull, lists.contains(name) { return [] }
    let fix = fixer.rewrite(
      entry.keySpan, entry.key, name, applicability(entry.key, name), "rename '\(entry.key)' to '\(name)'")
    return fix.map { [$0] } ?? []
  }

  /// A word that differs by its case, its separators or one typing mistake is certain; another word is not.
  private static func applicability(_ key: String, _ name: String) -> Diagnostic.Fix.Applicability {
    if KeyTable.plain(key) == KeyTable.plain(name) { return .always }
    let distance = NearestName.distance(Array(key.lowercased().utf8), Array(name.utf8))
    return distance == 1 && name.utf8.count > 3 ? .always : .maybe
  }
}
