// The tables as Markdown, for docs/stack-file.md.

enum KeyReference {
  /// One table an object: each key, what it means, and what this version does with it.
  static var markdown: String {
    KeyTable.all.map { table in
      let title = table.definition.isEmpty ? "Top level" : "`\(table.definition)`"
      let rows = table.rules.map { "| `\($0.name)` | \(cell($0.summary)) | \(cell(support($0.support))) |" }
      return (["### \(title)", "", "| key | meaning | here |", "| --- | --- | --- |"] + rows).joined(separator: "\n")
    }.joined(separator: "\n\n") + "\n"
  }

  private static func support(_ support: KeySupport) -> String {
    switch support {
    case .honoured: return "yes"
    case .metadata: return "read; has no effect anywhere"
    case .ignored(let neutral): return "a warning" + exception(neutral)
    case .refused(let reason, let neutral):
      let short = reason.prefix { $0 != ";" }
      return "does not start: \(short)" + exception(neutral)
    }
  }

  private static func exception(_ neutral: [String]) -> String {
    neutral.isEmpty ? "" : " (not for \(neutral.map { "`\($0)`" }.joined(separator: ", ")))"
  }

  private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }
}
