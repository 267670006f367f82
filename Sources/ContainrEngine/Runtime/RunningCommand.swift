// A command in a container as who has begun it sees it: its end, its signals, its terminal. Dies with its starter, unless
// that leaves it.
internal import ContainrInit
public import ContainrSystem

/// One command that runs.
public final class RunningCommand {
  /// The master of its terminal; nil without one.
  public private(set) var terminal: SharedFD?
  private let session: ShimSession
  private let directory: RunDirectory
  private let pidfd: SharedFD

  /// Waits for the terminal, or until a detached one runs. Takes the session, and ends it if that comes to nothing.
  init(
    _ session: consuming ShimSession, _ directory: RunDirectory, _ pidfd: SharedFD, hasTerminal: Bool, isDetached: Bool
  ) throws(RuntimeError) {
    var terminal: SharedFD?
    do throws(RuntimeError) {
      if hasTerminal {
        let (message, descriptors) = try Self.hear(session, directory)
        guard message == .terminal, let master = descriptors.first else { throw session.unexpected(message) }
        terminal = master
      }
      if isDetached {
        var isExecuting = false
        while let (message, _) = try session.receive() {
          if case .failed(let failure) = message { throw session.failed(failure) }
          guard message == .executing else { throw session.unexpected(message) }
          isExecuting = true
        }
        if !isExecuting {
          throw RuntimeError(container: directory.id, stage: "run a command", message: "it died before it was begun")
        }
      }
    } catch {
      throw session.abort(error)
    }
    self.session = session
    self.directory = directory
    self.pidfd = pidfd
    self.terminal = terminal
  }

  /// Readable when there is something for `status` to hear.
  public var news: CInt { session.socket.fd.raw }

  /// What has happened: its end, or nil if it still runs. Waits for news.
  public func status() throws(RuntimeError) -> ExitStatus? {
    let (message, _) = try Self.hear(session, directory)
    switch message {
    case .executing: return nil
    case .exited(let status):
      try session.reap()
      return status
    default: throw session.unexpected(message)
    }
  }

  /// A signal to it; one that has ended is no error.
  public func send(signal: Int32) throws(RuntimeError) {
    try directory.attempt("pass a signal on") { () throws(SyscallError) in try Kernel.signal(pidfd: pidfd.raw, signal) }
  }

  /// Leaves it: it goes on by itself, and what it writes to its terminal is read by nobody.
  public func leave() throws(RuntimeError) {
    try directory.attempt("leave the command") { () throws(SyscallError) in
      try session.socket.send(InitMessage.proceed.bytes, descriptors: terminal.map { [$0.raw] } ?? [])
    }
  }

  /// After a failure of the caller's: kills it.
  public func end() throws(RuntimeError) {
    try send(signal: 9)
    try session.reap()
  }

  private static func hear(
    _ session: borrowing ShimSession, _ directory: RunDirectory
  ) throws(RuntimeError) -> (message: InitMessage, descriptors: [SharedFD]) {
    guard let (message, descriptors) = try session.receive() else {
      throw RuntimeError(container: directory.id, stage: "run a command", message: "the shim has died")
    }
    if case .failed(let failure) = message { throw session.failed(failure) }
    return (message, descriptors)
  }
}
