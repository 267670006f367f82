// The one line of a revision in the history. Names and counts only: a value could be a secret. Pure.
internal import ContainrReconcile

enum RevisionSummary {
  /// More fields than a line of a table holds.
  private static let fields = 4

  /// `1 changed, 1 recreated: web mem_limit, app command`.
  static func text(_ changeset: Changeset, intent: RevisionIntent) -> String {
    var words = changeset.isEmpty ? "nothing had to be changed" : changeset.pastSummary
    let named = changed(changeset)
    if !named.isEmpty {
      words += ": \(named.prefix(fields).joined(separator: ", "))"
      if named.count > fields { words += " and \(named.count - fields) more" }
    }
    if let failed = intent.replacesFailed, let target = intent.returnsTo {
      return "returns to \(target), as \(failed) failed; \(words)"
    }
    if let target = intent.returnsTo { return "returns to \(target); \(words)" }
    return words
  }

  /// `web mem_limit`, each once, in the changeset's order.
  private static func changed(_ changeset: Changeset) -> [String] {
    var named: [String] = []
    for change in changeset.changes {
      for reason in change.reasons where reason.kind == .field {
        let words = "\(change.action.container?.service ?? change.address) \(reason.path)"
        if !named.contains(words) { named.append(words) }
      }
    }
    return named
  }
}
