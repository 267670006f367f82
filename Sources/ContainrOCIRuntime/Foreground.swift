// Waiting for a process in the foreground: signals are passed on, with a terminal what is typed and what is shown, and that it
// is ready.
internal import ContainrInit
internal import ContainrSystem

/// The wait.
struct Foreground {
  let process: LaunchedProcess
  /// The master of the process's terminal, if it is ours to hold.
  let master: SharedFD?
  /// Its readiness, if somebody waits for that.
  var readiness: NotifyRelay?

  /// A descriptor of the signals, which are blocked from then on: to be had before the process exists.
  static func signals() throws(RuntimeFailure) -> SharedFD {
    try attempt("hold the signals") { () throws(SyscallError) in
      SharedFD(try Kernel.signalDescriptor(mask: Kernel.signalsToPassOn))
    }
  }

  /// As runc: what a file or a pipe takes of a terminal has no carriage returns. Whoever gets the terminal by a socket chooses.
  static func keepsNewlines(console: String?) -> Bool { (console ?? "").isEmpty && Kernel.windowSize(1) == nil }

  /// Answers the exit code of the process.
  func wait(signals: SharedFD) throws(RuntimeFailure) -> Int32 {
    let relay = try attempt("hold the terminal") { () throws(SyscallError) in
      try master.map { (master) throws(SyscallError) in try TerminalRelay(master) }
    }
    defer { relay?.end() }
    let status = try attempt("wait for the container") { () throws(SyscallError) -> ExitStatus? in
      let events = try EventPoll()
      try events.add(process.pidfd.raw, token: 0)
      try events.add(signals.raw, token: 1)
      try relay?.register(with: events, output: 2, input: 3)
      try readiness?.register(with: events, firstToken: 4)
      while true {
        for event in try events.wait() {
          switch event.token {
          case 0:
            try relay?.drain()
            try readiness?.takeRest(events)
            return try Kernel.waitForExit(pidfd: process.pidfd.raw)
          case 1: try passOn(signals, relay)
          case 2: try relay?.serve(events, event.events)
          case 3: try relay?.type(events)
          default: try readiness?.serve(event.token, events)
          }
        }
      }
    }
    return status?.code ?? 1
  }

  private func passOn(_ signals: SharedFD, _ relay: TerminalRelay?) throws(SyscallError) {
    while let signal = try Kernel.nextSignal(signals.raw) {
      if signal == 28, let relay {  // SIGWINCH
        relay.resize()
      } else {
        try Kernel.signal(pidfd: process.pidfd.raw, signal)
      }
    }
  }
}
