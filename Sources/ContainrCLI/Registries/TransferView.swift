// A pull or push on the screen: a bar for each layer on a terminal, a line for each finished layer elsewhere; and what
// became of each layer, for JSON. May be told things from any thread.
internal import ContainrForeground
internal import ContainrImageSpec
internal import ContainrTransfer
internal import Synchronization

final class TransferView: Sendable {
  private struct State {
    var active: [TransferPart] = []
    var endings: [TransferPart: TransferEnding] = [:]
  }

  private let view: ProgressView
  private let isSilent: Bool
  private let state = Mutex(State())

  init(_ context: CommandContext, isSilent: Bool) {
    self.isSilent = isSilent || context.switches.progress == .quiet
    view = ProgressView(
      output: context.errors, ink: context.errorInk, isLive: !self.isSilent && ApplyView.canRedraw(context),
      titleWidth: 12)
  }

  func show(_ event: TransferEvent) {
    switch event {
    case .resolved(let digest, let source):
      if !isSilent { view.say(" \(digest) from \(Displayed.safe(source))\n") }
    case .began(let part):
      state.withLock { $0.active.append(part) }
      if !isSilent { view.begin(Self.id(part), title: part.digest.short, doing: Self.doing(part.work)) }
    case .advanced(let part, let done, let total):
      if !isSilent { view.advance(Self.id(part), done: UInt64(clamping: done), total: UInt64(clamping: total)) }
    case .ended(let part, let ending):
      state.withLock { state in
        state.active.removeAll { $0 == part }
        state.endings[part] = ending
      }
      // That a layer is unpacked already is no news beside that it was here.
      if isSilent || part.work == .unpack && ending == .present { return }
      view.end(Self.id(part), title: part.digest.short, result: Self.words(part.work, ending), .done)
    }
  }

  /// The transfer has failed: what was going on has ended.
  func abandon() {
    let active = state.withLock { state in
      defer { state.active = [] }
      return state.active
    }
    if isSilent { return }
    for part in active { view.end(Self.id(part), title: part.digest.short, result: "", .skipped("not finished")) }
  }

  /// What became of a part; nil: nothing was said of it.
  func ending(_ part: TransferPart) -> TransferEnding? { state.withLock { $0.endings[part] } }

  /// Bytes that went over the network.
  var networkBytes: Int64 {
    state.withLock { state in
      state.endings.reduce(0) { sum, entry in
        if case .done(let bytes) = entry.value, entry.key.work != .unpack { return sum + bytes }
        return sum
      }
    }
  }

  private static func id(_ part: TransferPart) -> String { "\(part.work.rawValue) \(part.digest)" }

  private static func doing(_ work: TransferPart.Work) -> String {
    switch work {
    case .fetch: "fetching"
    case .unpack: "unpacking"
    case .send: "sending"
    }
  }

  /// How it ended, in the past tense.
  static func words(_ work: TransferPart.Work, _ ending: TransferEnding) -> String {
    switch (work, ending) {
    case (_, .present): "is there already"
    case (_, .mounted(let from)): "taken over from \(Displayed.safe(from))"
    case (.fetch, .done(let bytes)): "fetched \(Displayed.bytes(UInt64(clamping: bytes)))"
    case (.unpack, .done): "unpacked"
    case (.send, .done(let bytes)): "sent \(Displayed.bytes(UInt64(clamping: bytes)))"
    }
  }
}
