// Revisions as a table and as JSON. Pure.
internal import ContainrEngine
internal import ContainrForeground

enum HistoryView {
  /// Newest last, as the terminal's last line is what people read. `now` in seconds since 1970.
  static func table(_ revisions: [Revision], now: UInt64) -> Table {
    var table = Table([("REVISION", .right), ("AGE", .left), ("UID", .right), ("OUTCOME", .left), ("SUMMARY", .left)])
    table.rows = revisions.map { revision in
      let begin = UInt64(clamping: revision.createdAt)
      return [
        String(revision.number), Displayed.age(seconds: now > begin ? now - begin : 0), String(revision.ownerUID),
        revision.outcome.rawValue, revision.summary,
      ]
    }
    table.paint = { row, column in
      guard column == 3 else { return nil }
      return switch revisions[row].outcome {
      case .applied: Ink.Colour.green.rawValue
      case .applying: Ink.Colour.yellow.rawValue
      case .failed, .interrupted: Ink.Colour.red.rawValue
      case .rolledBack: nil
      }
    }
    return table
  }

  /// `{"format": 1, "stack": …, "revisions": […]}` with a newline at the end.
  static func json(_ revisions: [Revision], stack: String) -> String {
    let items = revisions.map { revision in
      let scale = revision.options.scale.sorted { $0.key < $1.key }.map { "\(JSONText.quoted($0.key)): \($0.value)" }
      let layers = revision.layers.sorted { $0.key < $1.key }.map {
        "\(JSONText.quoted($0.key)): \(JSONText.quoted($0.value))"
      }
      return "    {"
        + [
          "\"revision\": \(revision.number)", "\"created\": \(revision.createdAt)",
          "\"ended\": \(JSONText.number(revision.endedAt))", "\"uid\": \(revision.ownerUID)",
          "\"outcome\": \(JSONText.quoted(revision.outcome.rawValue))",
          "\"returns_to\": \(JSONText.number(revision.returnsTo))", "\"file\": \(JSONText.quoted(revision.file))",
          "\"summary\": \(JSONText.quoted(revision.summary))",
          "\"profiles\": \(JSONText.list(revision.options.profiles))", "\"scale\": {\(scale.joined(separator: ", "))}",
          "\"layers\": {\(layers.joined(separator: ", "))}", "\"digest\": \(JSONText.quoted(revision.digest))",
        ].joined(separator: ", ") + "}"
    }
    let head = "{\n  \"format\": 1,\n  \"stack\": \(JSONText.quoted(stack)),\n  \"revisions\": ["
    return head + (items.isEmpty ? "]\n}\n" : "\n\(items.joined(separator: ",\n"))\n  ]\n}\n")
  }
}
