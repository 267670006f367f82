// The programs that a test starts, one after the other: waits for each, hears signals, keeps to times, and looks at the stack
// in between. One thread, one event loop.
internal import ContainrForeground
internal import ContainrSystem
internal import SystemPackage

final class TestConductor {
  /// What a signal to us means for the program that runs.
  enum Role {
    /// A step of ours: it ends.
    case step
    /// The test itself: it is handed the signal.
    case command
    /// The taking away: it goes on, and a further signal makes it quicker.
    case teardown
  }

  /// How a program ended.
  struct End {
    var status: ExitStatus?
    /// Its time was up.
    var timedOut = false
    /// A signal to us came meanwhile.
    var interrupted = false
  }

  private enum Token {
    static let end: UInt64 = 0
    static let signal: UInt64 = 1
  }

  /// Between a signal to a program and SIGKILL.
  private static let grace: UInt64 = 10_000_000_000
  /// Between two looks at the stack.
  private static let beat: UInt64 = 1_000_000_000

  private let signals: OwnedFD
  /// Called about each second while a program runs.
  var tick: () -> Void = {}
  private var nextTick = Kernel.monotonicTime()
  /// The signals that came, in order.
  private(set) var heard: [Int32] = []

  /// From now on SIGHUP, SIGINT and SIGTERM do not end this process, nor any thread that it makes.
  init() throws(SyscallError) {
    // A descriptor that is closed would be somebody else's in a program of ours.
    try Kernel.ensureStandardDescriptors()
    signals = try Kernel.signalDescriptor([1, 2, 15])
  }

  /// A signal came, though nothing ran.
  func hasHeard() throws(SyscallError) -> Bool {
    while let signal = try Kernel.nextSignal(signals.raw) { heard.append(signal) }
    return !heard.isEmpty
  }

  /// Runs a program to its end. `descriptors` stay the caller's; one with a session of its own is ended with all of its group.
  func run(
    _ program: FilePath, _ arguments: [String], environment: [String], descriptors: [CInt] = [0, 1, 2], role: Role,
    ownSession: Bool = true, limit: UInt64? = nil
  ) throws(SyscallError) -> End {
    let child = try ChildProcess.spawn(
      program, arguments: arguments, environment: environment, descriptors: descriptors, newSession: ownSession)
    let pidfd = try child.descriptor()
    let poll = try EventPoll()
    try poll.add(pidfd.raw, token: Token.end)
    try poll.add(signals.raw, token: Token.signal)
    let until = limit.map { Kernel.monotonicTime() + $0 }
    var end = End()
    var killAt: UInt64?
    while true {
      let now = Kernel.monotonicTime()
      if let until, now >= until, !end.timedOut {
        end.timedOut = true
        try child.send(signal: 15, toGroup: ownSession)
        killAt = killAt ?? now + Self.grace
      }
      if let due = killAt, now >= due {
        try child.send(signal: 9, toGroup: ownSession)
        killAt = .max
      }
      let next = [nextTick, end.timedOut ? nil : until, killAt].compactMap(\.self).min() ?? nextTick
      let wait = next > now ? Int32(clamping: (next - now) / 1_000_000 + 1) : 0
      for event in try poll.wait(milliseconds: wait) {
        switch event.token {
        case Token.signal:
          while let signal = try Kernel.nextSignal(signals.raw) {
            heard.append(signal)
            killAt = try pass(signal, to: child, role, ownSession, isFirst: !end.interrupted) ?? killAt
            end.interrupted = true
          }
        default:
          end.status = try Kernel.waitForExit(pidfd: pidfd.raw)
          return end
        }
      }
      if Kernel.monotonicTime() >= nextTick {
        tick()
        nextTick = Kernel.monotonicTime() + Self.beat
      }
    }
  }

  /// Answers when it is killed; nil: nothing changes about that.
  private func pass(
    _ signal: Int32, to child: ChildProcess, _ role: Role, _ ownSession: Bool, isFirst: Bool
  ) throws(SyscallError) -> UInt64? {
    let now = Kernel.monotonicTime()
    switch role {
    case .teardown: return now
    case .step:
      if isFirst { try child.send(signal: 15, toGroup: ownSession) }
      return isFirst ? now + Self.grace : now
    case .command:
      // From the keyboard the terminal has sent it to all that stand before it.
      if isFirst, ownSession || signal != 2 { try child.send(signal: signal, toGroup: ownSession) }
      return isFirst ? now + Self.grace : now
    }
  }
}
