// The loop behind a live screen: looks, keys, and another size of the terminal. However it ends, the terminal is as it was.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrSystem

struct LiveScreen {
  private enum Token {
    static let signal: UInt64 = 1, key: UInt64 = 2
  }

  private let output: Output

  init(_ output: Output) { self.output = output }

  /// Until somebody leaves, by a key or a signal.
  func run(_ screen: inout StatsScreen, every pause: Int32, _ look: () throws -> [StackUse]) throws {
    let events = try EventPoll()
    // SIGHUP, SIGINT, SIGTERM; SIGWINCH, SIGCONT.
    let signals = try Kernel.signalDescriptor([1, 2, 15, 28, 18])
    try events.add(signals.raw, token: Token.signal)
    do throws(SyscallError) { try events.add(0, token: Token.key) } catch {
      if error.errno != 1 { throw error }  // EPERM: a file, in which nobody presses keys
    }
    // Before the screen is taken: what cannot be looked at is told on the one that there is.
    screen.take(try look())
    let terminal = TerminalScreen(output)
    terminal.enter()
    defer { terminal.leave() }
    var due = Kernel.monotonicTime()
    while true {
      let now = Kernel.monotonicTime()
      if now >= due {
        // The first look has nothing to compare with, so that the second comes soon.
        due = now + UInt64(pause) * 1_000_000
        screen.take(try look())
      }
      draw(screen: &screen, terminal)
      let left = due > Kernel.monotonicTime() ? Int32(clamping: (due - Kernel.monotonicTime()) / 1_000_000 + 1) : 0
      for event in try events.wait(milliseconds: left) {
        switch event.token {
        case Token.signal:
          while let signal = try Kernel.nextSignal(signals.raw) { if [1, 2, 15].contains(signal) { return } }
        default:
          if try !pressKeys(&screen, events, terminal) { return }
        }
      }
    }
  }

  private func draw(screen: inout StatsScreen, _ terminal: TerminalScreen) {
    let size = terminal.size
    terminal.draw(screen.lines(rows: size.rows, columns: size.columns))
  }

  /// false: somebody leaves.
  private func pressKeys(
    _ screen: inout StatsScreen, _ events: borrowing EventPoll, _ terminal: TerminalScreen
  ) throws -> Bool {
    var bytes = [UInt8](repeating: 0, count: 256)
    var count = 0
    do throws(SyscallError) { count = try Kernel.read(0, into: &bytes) } catch {
      if error.errno != 5 { throw error }  // EIO: the terminal is gone
    }
    if count == 0 {
      // Nobody will press anything any more; a signal still ends it.
      try events.remove(0)
      return true
    }
    for key in ScreenKey.keys(bytes.prefix(count)) {
      if key == .suspend { terminal.suspend() }
      if !screen.press(key) { return false }
    }
    return true
  }
}
