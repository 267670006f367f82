// The engine's events as lines on the screen.
internal import ContainrEngine
internal import ContainrReconcile

/// Shows one apply.
struct ApplyView: Sendable {
  private let view: ProgressView
  private let changeset: Changeset

  /// `isSilent` shows failures and notes only, for `--json`.
  private let isSilent: Bool

  init(_ changeset: Changeset, context: CommandContext, isSilent: Bool) {
    let output = context.errors
    self.changeset = changeset
    self.isSilent = isSilent
    view = ProgressView(
      output: output, ink: context.errorInk,
      isLive: output.isTerminal && context.surroundings.variable("TERM") != "dumb",
      titleWidth: changeset.changes.map { Displayed.width($0.address) }.max() ?? 0)
  }

  func show(_ event: ProgressEvent) {
    switch event {
    case .started(let index, let change):
      guard !isSilent else { return }
      view.begin("\(index)", title: change.address, doing: ChangeWords(change.action).doing)
    case .advanced(let index, let done, let total):
      view.advance("\(index)", done: UInt64(clamping: done), total: UInt64(clamping: total))
    case .finished(let index, let change, _):
      guard !isSilent else { return }
      view.end("\(index)", title: change.address, result: ChangeWords(change.action).done, .done)
    case .failed(let index, let change, let message):
      view.end("\(index)", title: change.address, result: "", .failed(message))
    case .skipped(let index, let change, let because):
      guard !isSilent else { return }
      let reason =
        changeset.changes.indices.contains(because) ? changeset.changes[because].address : "an earlier change"
      view.end("\(index)", title: change.address, result: "", .skipped("\(reason) failed"))
    case .note(let text): view.say("   \(Displayed.safe(text))\n")
    }
  }
}
