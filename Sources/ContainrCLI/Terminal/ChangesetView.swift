// A changeset on the screen: its stable text form, with colours; short before an apply, whole for `plan`. Pure.
internal import ContainrForeground
internal import ContainrReconcile

struct ChangesetView: Sendable {
  var ink: Ink

  /// The whole text form.
  func full(_ changeset: Changeset, explained: Bool = false) -> String {
    painted(explained ? changeset.explanation : changeset.text)
  }

  /// A text in the form of a changeset's.
  func painted(_ text: String) -> String { lines(of: text).map { paint($0) + "\n" }.joined() }

  /// What a person wants to know before it happens: what is changed or removed and why, and the sums. What is merely
  /// made new is shown when it is made.
  func short(_ changeset: Changeset) -> String {
    var alone = changeset
    alone.orphans = []
    let lines = lines(of: alone.text)
    let notable = Self.notable(changeset)
    var text = ""
    var isShown = false
    for line in lines.dropLast() {
      // A head is a symbol of four columns and an address; its reasons are indented below.
      if !line.hasPrefix("      ") { isShown = notable.contains { line.dropFirst(4).hasPrefix("\($0)   ") } }
      if isShown { text += paint(line) + "\n" }
    }
    let orphans = self.lines(of: changeset.orphanText).map { paint($0) + "\n" }.joined()
    return text + orphans + (lines.last.map { paint($0) + "\n" } ?? "")
  }

  /// The addresses of what exists and will be another, or gone.
  private static func notable(_ changeset: Changeset) -> Set<String> {
    Set(
      changeset.changes.filter { change in
        change.effect != .none || change.reasons.contains { [.field, .drift, .leftover].contains($0.kind) }
      }.map(\.address))
  }

  private func lines(of text: String) -> [String] {
    Displayed.safe(text).split(separator: "\n").map(String.init)
  }

  private func paint(_ line: String) -> String {
    if line.hasPrefix("      ") {
      let isLoss = line.hasSuffix(ChangeEffect.dataLoss.rawValue)
      return isLoss ? ink.paint(line, .red) : line
    }
    if line.hasPrefix("orphan: ") { return ink.paint(line, .yellow) }
    if line.hasPrefix("+") { return ink.paint(line, .green) }
    if line.hasPrefix("~") { return ink.paint(line, .yellow) }
    if line.hasPrefix("-") { return ink.paint(line, .red) }
    return ink.paint(line, .bold)
  }
}
