// A changeset on the screen: its stable text form, with colours; short before an apply, whole for `plan`. Pure.
internal import ContainrReconcile

struct ChangesetView: Sendable {
  var ink: Ink

  /// The whole text form.
  func full(_ changeset: Changeset) -> String { lines(of: changeset).map { paint($0) + "\n" }.joined() }

  /// What a person wants to know before it happens: everything with a reason, and the sums. What is merely made is
  /// shown when it is made.
  func short(_ changeset: Changeset) -> String {
    let lines = lines(of: changeset)
    var text = ""
    for (index, line) in lines.enumerated() {
      let isLast = index == lines.count - 1
      let isReason = line.hasPrefix("      ")
      let hasReasons = !isReason && index + 1 < lines.count && lines[index + 1].hasPrefix("      ")
      if isLast || isReason || hasReasons || line.hasPrefix("-") { text += paint(line) + "\n" }
    }
    return text
  }

  private func lines(of changeset: Changeset) -> [String] {
    Displayed.safe(changeset.text).split(separator: "\n").map(String.init)
  }

  private func paint(_ line: String) -> String {
    if line.hasPrefix("      ") {
      let isLoss = line.hasSuffix(ChangeEffect.dataLoss.rawValue)
      return isLoss ? ink.paint(line, .red) : line
    }
    if line.hasPrefix("+") { return ink.paint(line, .green) }
    if line.hasPrefix("~") { return ink.paint(line, .yellow) }
    if line.hasPrefix("-") { return ink.paint(line, .red) }
    return ink.paint(line, .bold)
  }
}
