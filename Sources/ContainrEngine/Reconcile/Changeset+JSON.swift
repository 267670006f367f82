// The JSON form, version 1: keys in a fixed order, one change a line. Documented in docs/reconcile.md.
internal import ContainrSpec

extension Changeset {
  /// `{"format": 1, …}` with a newline at the end.
  public var json: String {
    var out = "{\n  \"format\": 1,\n  \"stack\": \(quoted(stack)),\n  \"matching\": \(matching),\n"
    out += "  \"effect\": \(quoted(effect.rawValue)),\n  \"changes\": ["
    for (index, change) in changes.enumerated() {
      out += index == 0 ? "\n    " : ",\n    "
      out += change.json(index: index)
    }
    return out + (changes.isEmpty ? "]\n}\n" : "\n  ]\n}\n")
  }
}

extension Change {
  fileprivate func json(index: Int) -> String {
    var parts = [
      "\"index\": \(index)", "\"action\": \(quoted(action.verb))", "\"address\": \(quoted(address))",
      "\"effect\": \(quoted(effect.rawValue))",
    ]
    if case .await(_, let condition) = action { parts.append("\"condition\": \(quoted(condition.rawValue))") }
    parts.append("\"reasons\": [\(reasons.map(\.json).joined(separator: ", "))]")
    parts.append("\"dependencies\": \(dependencies)")
    parts.append("\"after\": \(after)")
    return "{\(parts.joined(separator: ", "))}"
  }
}

extension ChangeReason {
  /// One object in one line.
  var json: String {
    var parts = ["\"kind\": \(quoted(kind.rawValue))", "\"path\": \(quoted(path))"]
    if let old { parts.append("\"old\": \(quoted(old))") }
    if let new { parts.append("\"new\": \(quoted(new))") }
    if let origin { parts.append("\"origin\": \(place(origin))") }
    parts.append("\"effect\": \(quoted(effect.rawValue))")
    return "{\(parts.joined(separator: ", "))}"
  }
}

/// A place as an object.
func place(_ origin: SourceLocation) -> String {
  var parts = ["\"file\": \(quoted(origin.file))", "\"line\": \(origin.line)", "\"column\": \(origin.column)"]
  if !origin.through.isEmpty { parts.append("\"through\": [\(origin.through.map(quoted).joined(separator: ", "))]") }
  return "{\(parts.joined(separator: ", "))}"
}

private func quoted(_ text: String) -> String { JSONLiteral.string(text) }
