// The text form: stable, for people, logs and golden tests. One line an address, its reasons indented below.
internal import ContainrSpec

extension Changeset {
  /// The whole form, each line ended by a newline.
  public var text: String {
    if isEmpty { return nothing + noted + orphanText }
    var out = ""
    for group in groups {
      out += group.head
      for reason in group.reasons where !group.isNew { out += "      \(reason.text)\n" }
    }
    return out + noted + reachable + summary + "\n" + orphanText
  }

  var nothing: String {
    "nothing to do: \(Self.count(matching, "container")) \(matching == 1 ? "matches" : "match")\n"
  }

  /// Which ports are opened, one a line.
  var reachable: String { reach.map { "reachable: \($0.text)\n" }.joined() }

  static func noteHead(_ address: String) -> String { "\("!".padded(to: 4))\(address)   left as it is\n" }

  /// What is said and left as it is, an address and its lines.
  private var noted: String {
    var out = ""
    var last = ""
    for note in notes {
      if note.address != last { out += Self.noteHead(note.address) }
      last = note.address
      out += "      \(note.reason.text)\n"
    }
    return out
  }

  /// What is counted of the addresses, in the order of the sums: before it is done, and after.
  private static let totals: [(future: String, past: String)] = [
    ("to pull", "pulled"), ("to create", "created"), ("to change", "changed"), ("to restart", "restarted"),
    ("to recreate", "recreated"), ("to stop", "stopped"), ("to remove", "removed"),
  ]

  /// `2 to create, 1 to change; 3 containers match`.
  public var summary: String {
    let rest = "\(Self.count(matching, "container")) \(matching == 1 ? "matches" : "match")"
    return sums { $0.future } + (matching > 0 ? "; \(rest)" : "")
  }

  /// The same after it was done: `2 created, 1 changed`.
  public var pastSummary: String { sums { $0.past } }

  private func sums(_ words: ((future: String, past: String)) -> String) -> String {
    var counts: [String: Int] = [:]
    for group in groups { counts[group.total, default: 0] += 1 }
    let parts = Self.totals.compactMap { total in counts[total.future].map { "\($0) \(words(total))" } }
    return parts.isEmpty ? "only upkeep" : parts.joined(separator: ", ")
  }

  /// All changes of one address as the user sees them.
  struct Group {
    var address: String
    var symbol: String
    var words: String
    var total: String
    var reasons: [ChangeReason]

    /// What is simply new needs no reason, only its place.
    var isNew: Bool { symbol == "+" && reasons.allSatisfy { $0.kind == .missing } }

    /// Its first line.
    var head: String {
      let place = isNew ? reasons.compactMap(\.origin).first.map { "   \($0.explained)" } ?? "" : ""
      return "\(symbol.padded(to: 4))\(address)   \(words)\(place)\n"
    }
  }

  var groups: [Group] {
    var order: [String] = []
    var members: [String: [Change]] = [:]
    for change in changes where !change.isAuxiliary {
      if members[change.address] == nil { order.append(change.address) }
      members[change.address, default: []].append(change)
    }
    return order.map { Self.group($0, members[$0] ?? []) }
  }

  private static func group(_ address: String, _ changes: [Change]) -> Group {
    var makes = false
    var starts = false
    var stops = false
    var removes = false
    var reasons: [ChangeReason] = []
    for change in changes {
      switch change.action {
      case .ensureNetwork, .createVolume, .createContainer, .makeContainer, .startSupervisor: makes = true
      case .startContainer: starts = true
      case .stopContainer, .stopSupervisor: stops = true
      case .removeNetwork, .removeVolume, .removeContainer, .removeLeftover, .retireContainer, .vacateContainer:
        removes = true
      default: break
      }
      for reason in change.reasons where !reasons.contains(reason) { reasons.append(reason) }
    }
    if changes.contains(where: { if case .pullImage = $0.action { true } else { false } }) {
      // One that is here already and may become another one tells why.
      let isNew = changes.allSatisfy { $0.effect == .none }
      return Group(address: address, symbol: isNew ? "+" : "~", words: "pull", total: "to pull", reasons: reasons)
    }
    let repaired = reasons.contains { $0.effect == .inPlace }
    func group(_ symbol: String, _ words: String, _ total: String) -> Group {
      Group(address: address, symbol: symbol, words: words, total: total, reasons: reasons)
    }
    let strategy = changes.compactMap(\.rollout).first.map { " (\($0.words))" } ?? ""
    if makes && removes { return group("-/+", "recreate" + strategy, "to recreate") }
    if removes { return group("-", "remove", "to remove") }
    if makes && repaired { return group("~", "repair", "to change") }
    if makes { return group("+", "create", "to create") }
    if starts { return group("~", stops ? "restart" : "start", "to restart") }
    if stops { return group("~", "stop", "to stop") }
    return group("~", "change", "to change")
  }

  private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}

extension ChangeReason {
  /// Nothing is told from an empty text, such as that of a network that is joined without a word about how.
  private static func shown(_ value: String?) -> String {
    guard let value else { return "(not set)" }
    return value.isEmpty ? "\"\"" : value
  }

  /// `mem_limit: 67108864 → 134217728   stack.yaml:14:16   in place`.
  public var text: String {
    var parts: [String] = []
    if old != nil || new != nil {
      parts.append("\(path): \(Self.shown(old)) → \(Self.shown(new))\(kind == .drift ? " (drift)" : "")")
    } else {
      parts.append(kind == .drift ? "drift: \(path)" : path)
    }
    if let origin { parts.append(origin.explained) }
    if effect != .none { parts.append(effect.rawValue) }
    return parts.joined(separator: "   ")
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    count >= width ? self : self + String(repeating: " ", count: width - count)
  }
}
