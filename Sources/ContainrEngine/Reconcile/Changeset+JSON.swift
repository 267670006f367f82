// The JSON form, version 1: keys in a fixed order, one change a line. Documented in docs/reconcile.md.
internal import ContainrSpec

extension Changeset {
  /// `{"format": 1, …}` with a newline at the end.
  public var json: String { json(explained: false) }

  /// `explained`: each reason says why it has its effect and what it was compared with, each change what waits for it.
  public func json(explained: Bool) -> String {
    var out = "{\n  \"format\": 1,\n  \"stack\": \(quoted(stack)),\n  \"matching\": \(matching),\n"
    out += "  \"effect\": \(quoted(effect.rawValue)),\n  \"changes\": ["
    for (index, change) in changes.enumerated() {
      out += index == 0 ? "\n    " : ",\n    "
      out += change.json(
        index: index, explained: explained,
        then: explained ? changes.indices.filter { changes[$0].dependencies.contains(index) } : nil)
    }
    out += changes.isEmpty ? "]" : "\n  ]"
    if !orphans.isEmpty { out += ",\n  \"orphans\": [\(orphans.map(quoted).joined(separator: ", "))]" }
    if !notes.isEmpty {
      out += ",\n  \"notes\": [\n    \(notes.map { $0.json(explained) }.joined(separator: ",\n    "))\n  ]"
    }
    if !reach.isEmpty {
      out += ",\n  \"reach\": [\n    \(reach.map(\.json).joined(separator: ",\n    "))\n  ]"
    }
    return out + "\n}\n"
  }
}

extension PortReach {
  fileprivate var json: String {
    "{\"port\": \(quoted(port)), \"service\": \(quoted(service)), \"target\": \(target), "
      + "\"from\": \(quoted(source.rawValue))}"
  }
}

extension ChangeNote {
  fileprivate func json(_ explained: Bool) -> String {
    "{\"address\": \(quoted(address)), \"reason\": \(reason.json(explained ? address : nil))}"
  }
}

extension Change {
  fileprivate func json(index: Int, explained: Bool, then: [Int]?) -> String {
    var parts = [
      "\"index\": \(index)", "\"action\": \(quoted(action.verb))", "\"address\": \(quoted(address))",
      "\"effect\": \(quoted(effect.rawValue))",
    ]
    parts += action.details
    if let rollout {
      parts.append(
        "\"rollout\": {\"order\": \(quoted(rollout.order.rawValue)), \"group\": \(rollout.group), "
          + "\"groups\": \(rollout.groups)}")
    }
    parts.append("\"reasons\": [\(reasons.map { $0.json(explained ? address : nil) }.joined(separator: ", "))]")
    parts.append("\"dependencies\": \(dependencies)")
    parts.append("\"after\": \(after)")
    if let then { parts.append("\"then\": \(then)") }
    return "{\(parts.joined(separator: ", "))}"
  }
}

extension ChangeAction {
  /// What one kind of action has beside the address; of a container its id, where that is not its name.
  fileprivate var details: [String] {
    switch self {
    case .await(_, let condition): return ["\"condition\": \(quoted(condition.rawValue))"]
    case .switchTraffic(let old, let new), .vacateContainer(let old, for: let new):
      return ["\"from\": \(quoted(old.id))", "\"to\": \(quoted(new.id))"]
    case .awaitReady(let name, let monitor):
      return Self.id(name) + ["\"monitor_ms\": \(monitor)"]
    case .endGroup(let group):
      return [
        "\"containers\": [\(group.containers.map { quoted($0.display) }.joined(separator: ", "))]",
        "\"delay_ms\": \(group.delay)", "\"failure_action\": \(quoted(group.failureAction.rawValue))",
        "\"max_failure_ratio\": \(group.maxFailureRatio)",
      ]
    default: return container.map(Self.id) ?? []
    }
  }

  private static func id(_ name: ContainerName) -> [String] {
    name.id == name.display ? [] : ["\"id\": \(quoted(name.id))"]
  }
}

extension ChangeReason {
  /// `address`: of its change, where the reason is to be explained.
  public func json(_ address: String? = nil) -> String {
    var parts = ["\"kind\": \(quoted(kind.rawValue))", "\"path\": \(quoted(path))"]
    if let old { parts.append("\"old\": \(quoted(old))") }
    if let new { parts.append("\"new\": \(quoted(new))") }
    if let origin { parts.append("\"origin\": \(place(origin))") }
    parts.append("\"effect\": \(quoted(effect.rawValue))")
    if let address {
      if let rule { parts.append("\"rule\": \(quoted(rule.rawValue))") }
      parts.append("\"why\": \(quoted(why))")
      parts.append("\"compared_with\": \(quoted(comparedWith(address)))")
    }
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
