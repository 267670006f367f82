// Shows the work of a command: one live line a resource on a terminal, one plain line a finished resource elsewhere.
// May be told things from any thread.
internal import ContainrForeground
internal import ContainrSystem
internal import Synchronization

/// The view of one command's work.
final class ProgressView: Sendable {
  /// How the work on a resource ended.
  enum Ending: Sendable, Hashable {
    case done
    case failed(String)
    case skipped(String)
  }

  private struct Line {
    var id: String
    var title: String
    /// What goes on, in the present: `starting`.
    var doing: String
    var since: UInt64
    var bar: String?
  }

  private struct State {
    var active: [Line] = []
    /// How many live lines stand on the screen, the cursor below them.
    var drawn = 0
    /// What was said of work that was skipped: several steps of one thing are one line.
    var skipped: Set<String> = []
  }

  private let output: Output
  private let ink: Ink
  private let isLive: Bool
  /// Titles are padded to this, so that what follows stands in one column.
  private let titleWidth: Int
  private let now: @Sendable () -> UInt64
  private let sink: @Sendable (String) -> Void
  private let state = Mutex(State())

  /// `sink` takes the text instead of `output` where tests look at it.
  init(
    output: Output, ink: Ink, isLive: Bool, titleWidth: Int,
    now: @escaping @Sendable () -> UInt64 = Kernel.monotonicTime, sink: (@Sendable (String) -> Void)? = nil
  ) {
    self.output = output
    self.ink = ink
    self.isLive = isLive
    self.titleWidth = titleWidth
    self.now = now
    self.sink = sink ?? { output.write($0) }
  }

  func begin(_ id: String, title: String, doing: String) {
    state.withLock { state in
      state.active.append(Line(id: id, title: title, doing: doing, since: now()))
      redraw(&state, above: "")
    }
  }

  /// Long work has come so far; bytes.
  func advance(_ id: String, done: UInt64, total: UInt64) {
    guard isLive else { return }
    state.withLock { state in
      guard let index = state.active.firstIndex(where: { $0.id == id }) else { return }
      let bar = ProgressBar.text(done: done, total: total)
      guard state.active[index].bar != bar else { return }
      state.active[index].bar = bar
      redraw(&state, above: "")
    }
  }

  /// The work has ended; `result` says how in the past tense: `started`.
  func end(_ id: String, title: String, result: String, _ ending: Ending) {
    state.withLock { state in
      var elapsed: UInt64 = 0
      if let index = state.active.firstIndex(where: { $0.id == id }) {
        elapsed = now() - state.active.remove(at: index).since
      }
      var above = final(title: title, result: result, ending, elapsed: elapsed)
      // That the later steps of what failed are not tried goes without saying.
      if case .skipped(let why) = ending, why.hasPrefix("\(title) ") || !state.skipped.insert(above).inserted {
        above = ""
      }
      redraw(&state, above: above)
    }
  }

  /// Prints lines above the live ones.
  func say(_ text: String) { state.withLock { redraw(&$0, above: text) } }

  private func final(title: String, result: String, _ ending: Ending, elapsed: UInt64) -> String {
    let padded = pad(title)
    let time = ink.paint(Displayed.elapsed(nanoseconds: elapsed), .dim)
    switch ending {
    case .done: return " \(ink.paint("✔", .green)) \(padded)  \(result)  \(time)\n"
    case .failed(let why):
      return " \(ink.paint("✘", .red)) \(padded)  \(ink.paint("failed", .red)): \(Displayed.safe(why))\n"
    case .skipped(let why): return " \(ink.paint("-", .yellow)) \(padded)  skipped: \(Displayed.safe(why))\n"
    }
  }

  private func pad(_ title: String) -> String {
    title + String(repeating: " ", count: max(0, titleWidth - Displayed.width(title)))
  }

  /// Replaces the live lines in one write; `above` stays on the screen for good.
  private func redraw(_ state: inout State, above: String) {
    guard isLive else {
      sink(above)
      return
    }
    // Up to the first live line, and clear from there to the end of the screen.
    var text = state.drawn > 0 ? "\u{1B}[\(state.drawn)A\r\u{1B}[J" : ""
    text += above
    let columns = output.columns
    for line in state.active {
      var plain = " · \(pad(line.title))  \(line.doing)"
      if let bar = line.bar { plain += "  \(bar)" }
      // A wrapped line would be two, and the next redraw would leave half of it.
      text += ink.paint(String(plain.prefix(columns - 1)), .dim) + "\n"
    }
    state.drawn = state.active.count
    sink(text)
  }
}
