// A stack's status as text and as JSON: containers as `ps` shows them, drift in the words of a plan. Pure.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrReconcile

struct DriftView: Sendable {
  var ink: Ink
  /// Seconds since 1970.
  var now: UInt64

  /// Each line ended by a newline.
  func text(_ status: StackStatus) -> String {
    var out = ink.paint("stack \(Displayed.safe(status.name))", .bold) + "   \(Displayed.safe(status.file))"
    out += status.revision.map { "   revision \($0)\n" } ?? "\n"
    out += StatusView.table(status.containers, now: now).text(ink)
    out += lines(status.drift, "~", "has moved", .yellow)
    out += lines(status.notes, "!", "left as it is", .yellow)
    if status.isInOrder {
      out += ink.paint("in order\n", .green)
    } else {
      let count = Set(status.drift.map(\.address)).count
      out += ink.paint(
        count == 0
          ? "not in order: a container is unhealthy\n"
          : "not in order: \(count) \(count == 1 ? "part has" : "parts have") drifted; containr-up repairs it\n",
        .red)
    }
    if let pending = status.pending, !pending.isEmpty {
      out +=
        "the stack file asks for more: \(Displayed.count(pending.count, "change")); containr plan shows "
        + "\(pending.count == 1 ? "it" : "them")\n"
    }
    return out
  }

  private func lines(_ notes: [ChangeNote], _ symbol: String, _ words: String, _ colour: Ink.Colour) -> String {
    var out = ""
    var last = ""
    for note in notes {
      if note.address != last {
        out += ink.paint("\(symbol)   \(Displayed.safe(note.address))   \(words)", colour) + "\n"
      }
      last = note.address
      out += "      \(Displayed.safe(note.reason.text))\n"
    }
    return out
  }

  /// `{"format": 1, "stacks": […]}`; documented in docs/cli.md.
  static func json(_ all: [StackStatus]) -> String {
    let stacks = all.map { status in
      func notes(_ notes: [ChangeNote]) -> String {
        let items = notes.map { "{\"address\": \(JSONText.quoted($0.address)), \"reason\": \($0.reason.json())}" }
        return "[\(items.joined(separator: ", "))]"
      }
      return "{"
        + [
          "\"name\": \(JSONText.quoted(status.name))", "\"file\": \(JSONText.quoted(status.file))",
          "\"revision\": \(JSONText.number(status.revision))", "\"in_order\": \(status.isInOrder)",
          "\"drift\": \(notes(status.drift))", "\"notes\": \(notes(status.notes))",
          "\"pending\": \(status.pending.map(JSONText.list) ?? "null")",
          "\"containers\": \(StatusView.json(status.containers).trimmingEnd)",
        ].joined(separator: ", ") + "}"
    }
    return "{\"format\": 1, \"stacks\": [\(stacks.isEmpty ? "" : "\n")\(stacks.joined(separator: ",\n"))]}\n"
  }
}

extension String {
  fileprivate var trimmingEnd: String { hasSuffix("\n") ? String(dropLast()) : self }
}
