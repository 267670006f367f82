// The engine's events as lines on the screen.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrReconcile
internal import Synchronization
internal import SystemPackage

/// Shows one apply.
struct ApplyView: Sendable {
  private let view: ProgressView
  private let changeset: Changeset
  /// Shows failures and notes only, for `--json`.
  private let isSilent: Bool
  private let hidesPulls: Bool
  /// Where notes wait for a failure, without which nobody wants them; nil: they are shown.
  private let kept: KeptNotes?
  /// Paths below it are shown from here.
  private let directory: String

  /// `isLive` redraws lines in place, if standard error is a terminal that can.
  init(
    _ changeset: Changeset, context: CommandContext, isSilent: Bool, isLive: Bool, hidesPulls: Bool = false,
    keepsNotes: Bool = false
  ) {
    let output = context.errors
    self.changeset = changeset
    self.isSilent = isSilent || context.switches.progress == .quiet
    self.hidesPulls = hidesPulls
    kept = keepsNotes ? KeptNotes() : nil
    directory = context.surroundings.workingDirectory.string + "/"
    let directory = directory
    view = ProgressView(
      output: output, ink: context.errorInk,
      isLive: isLive && Self.canRedraw(context),
      titleWidth: changeset.changes.map { Displayed.width(Self.title($0, directory)) }.max() ?? 0)
  }

  func show(_ event: ProgressEvent) {
    switch event {
    case .started(let index, let change):
      guard isShown(change) else { return }
      view.begin("\(index)", title: title(change), doing: ChangeWords(change.action).doing)
    case .advanced(let index, let done, let total):
      guard changeset.changes.indices.contains(index), isShown(changeset.changes[index]) else { return }
      view.advance("\(index)", done: UInt64(clamping: done), total: UInt64(clamping: total))
    case .finished(let index, let change, _):
      guard isShown(change) else { return }
      view.end("\(index)", title: title(change), result: ChangeWords(change.action).done, .done)
    case .failed(let index, let change, let message):
      let prefix = "\(change.address): "
      let reason = message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message
      for text in kept?.take() ?? [] { say(text) }
      view.end("\(index)", title: title(change), result: "", .failed(reason))
    case .skipped(let index, let change, let because):
      guard !isSilent else { return }
      let reason = changeset.changes.indices.contains(because) ? title(changeset.changes[because]) : "an earlier change"
      view.end("\(index)", title: title(change), result: "", .skipped("\(reason) failed"))
    case .note(let text): if !(kept?.add(text) ?? false) { say(text) }
    }
  }

  private func say(_ text: String) { view.say("   \(Displayed.safe(text))\n") }

  /// Whether lines may be redrawn in place on standard error.
  static func canRedraw(_ context: CommandContext) -> Bool {
    switch context.switches.progress {
    case .auto: context.errors.isTerminal && context.surroundings.variable("TERM") != "dumb"
    case .tty: true
    case .plain, .json, .quiet: false
    }
  }

  private func isShown(_ change: Change) -> Bool {
    if isSilent { return false }
    if hidesPulls, case .pullImage = change.action { return false }
    return true
  }

  private func title(_ change: Change) -> String { Self.title(change, directory) }

  private static func title(_ change: Change, _ directory: String) -> String {
    guard case .prepareLayer(let path) = change.action, path.hasPrefix(directory) else { return change.address }
    return "layer \(path.dropFirst(directory.count))"
  }
}

/// Notes that are shown if something fails, and otherwise not at all.
private final class KeptNotes: Sendable {
  /// nil: something has failed.
  private let notes = Mutex<[String]?>([])

  /// False: it is to be shown at once.
  func add(_ text: String) -> Bool { notes.withLock { $0?.append(text) != nil } }

  /// Those so far; from now on none is kept.
  func take() -> [String] {
    notes.withLock { notes in
      defer { notes = nil }
      return notes ?? []
    }
  }
}
