// A command inside while it runs before us: signals are passed on, and what is typed, said and shown goes both ways. Our
// terminal is as it was when this is over, however it ends.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSystem

struct InsideSession {
  private enum Token {
    static let news: UInt64 = 0
    static let signal: UInt64 = 1
    static let terminal: UInt64 = 2
    static let typed: UInt64 = 3
    /// Pipes follow.
    static let streams: UInt64 = 4
  }

  let command: ContainerCommand
  let streams: StreamRelay
  var keys: DetachKeys

  /// A descriptor of the signals: to be had before the command exists. SIGTSTP stops us, as it does any program: the
  /// command is in another session, where it means nothing.
  static func signals() throws -> OwnedFD {
    // Who does not read us any more is told as an error, so that our terminal is put in order first.
    try Kernel.ignore(signal: 13)
    return try Kernel.signalDescriptor(mask: Kernel.signalsToPassOn & ~(1 << 19))
  }

  /// Until its end; answers how it ended, nil if the user has left it.
  func run(signals: borrowing OwnedFD) throws -> ExitStatus? {
    var keys = keys
    let relay = try command.terminal.map { try TerminalRelay($0) { keys.filter($0) } }
    defer { relay?.end() }
    let events = try EventPoll()
    try events.add(command.news, token: Token.news)
    try events.add(signals.raw, token: Token.signal)
    try relay?.register(with: events, output: Token.terminal, input: Token.typed)
    try streams.begin(events, firstToken: Token.streams)
    while true {
      for event in try events.wait() {
        switch event.token {
        case Token.news:
          guard let status = try command.status() else { continue }
          try relay?.drain()
          try streams.drain()
          return status
        case Token.signal: try passOn(signals, relay)
        case Token.terminal: try relay?.serve(events, event.events)
        case Token.typed:
          try relay?.type(events)
          if relay?.isLeft == true {
            try command.leave()
            return nil
          }
        default: try streams.serve(event, events)
        }
      }
    }
  }

  private func passOn(_ signals: borrowing OwnedFD, _ relay: TerminalRelay?) throws {
    while let signal = try Kernel.nextSignal(signals.raw) {
      switch signal {
      case 28: relay?.resize()
      case 18: relay?.resume()
      default: try command.send(signal: signal)
      }
    }
  }
}
