// `--explain`: every change with why it costs what it costs, where its new value comes from, what it was compared with and
// what follows from it. The text form with lines below each reason. Pure.
internal import ContainrSpec

extension Changeset {
  /// The text form, explained; each line ended by a newline.
  public var explanation: String {
    var out = ""
    for group in groups {
      out += group.head
      for reason in group.reasons { out += Self.lines(of: reason, group.address) }
      let next = following(group.address)
      if !next.isEmpty { out += "      then: \(next.joined(separator: ", "))\n" }
    }
    var last = ""
    for note in notes {
      if note.address != last { out += Self.noteHead(note.address) }
      last = note.address
      out += Self.lines(of: note.reason, note.address)
    }
    return (isEmpty ? nothing + out : out + summary + "\n") + orphanText
  }

  private static func lines(of reason: ChangeReason, _ address: String) -> String {
    var out = "      \(reason.text)\n"
    out += "        \(reason.effect == .none ? "costs nothing" : reason.effect.rawValue), because \(reason.why)\n"
    if let origin = reason.origin, reason.new != nil { out += "        the new value comes from \(origin.explained)\n" }
    return out + "        compared with \(reason.comparedWith(address))\n"
  }

  /// What waits for the changes of an address, and what becomes of it.
  func following(_ address: String) -> [String] {
    let own = Set(changes.indices.filter { changes[$0].address == address })
    var words: [String] = []
    for change in changes where change.address != address && !change.isAuxiliary {
      guard change.dependencies.contains(where: own.contains) else { continue }
      let line = "\(change.address) (\(change.action.verb))"
      if !words.contains(line) { words.append(line) }
    }
    return words.count > 6 ? Array(words.prefix(6)) + ["and \(words.count - 6) more"] : words
  }
}
