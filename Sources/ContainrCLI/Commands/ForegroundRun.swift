// A single container in the foreground: its output as it comes, signals passed on, everything cleared away at the end.
internal import ContainrEngine
internal import ContainrSystem
internal import SystemPackage

struct ForegroundRun {
  private enum Token {
    static let signal: UInt64 = 0
    static let log: UInt64 = 1
    static let end: UInt64 = 2
  }

  var container: SingleRun
  var context: CommandContext

  /// The exit code to pass on.
  func run() throws -> Int32 {
    do {
      try watch()
      let end = try container.wait()
      try container.clear()
      if end.outOfMemory { context.warn("the container was out of memory") }
      return end.status.code
    } catch {
      do {
        try container.clear()
      } catch let second {
        throw CommandExit(.runFailed, "\(error)", notes: ["\(second)"])
      }
      throw CommandExit(.runFailed, "\(error)")
    }
  }

  /// Shows what it writes until it ends.
  private func watch() throws {
    let log = LogFile(name: "run", path: container.logFile)
    let signals = try Interrupt.listen()
    let poll = try EventPoll()
    var watching: SharedFD?
    try poll.add(signals.raw, token: Token.signal)
    if let end = try container.exitDescriptor() {
      try poll.add(end.raw, token: Token.end)
      var asked = false
      var buffer = [UInt8](repeating: 0, count: 4096)
      waiting: while true {
        let events = try poll.wait(milliseconds: watching == nil ? Self.brief : -1)
        if events.isEmpty, watching == nil {
          watching = try watch(log, poll)
          try show(log)
        }
        for event in events {
          switch event.token {
          case Token.end: break waiting
          case Token.signal:
            let count = try Kernel.read(signals.raw, into: &buffer)
            // The first process of a container may ignore every signal but this one.
            try container.send(signal: asked ? 9 : Int32(buffer[max(0, count - 1)]))
            asked = true
          default:
            if let watching { _ = try Kernel.read(watching.raw, into: &buffer) }
            try show(log)
          }
        }
      }
    }
    try show(log)
  }

  /// Milliseconds in which most short commands end. Closing an inotify descriptor waits for the kernel's SRCU grace period,
  /// 13 ms, a quarter of a whole `run`: who ends so soon never gets one, and its output comes at once at the end.
  private static let brief: Int32 = 50

  /// Tells `poll` whenever the log grows.
  private func watch(_ log: LogFile, _ poll: borrowing EventPoll) throws(SyscallError) -> SharedFD {
    let inotify = try Kernel.inotifyDescriptor()
    // IN_MODIFY | IN_CREATE | IN_MOVED_TO
    try Kernel.watch(log.path.removingLastComponent(), inotify: inotify.raw, mask: 0x2 | 0x100 | 0x80)
    try poll.add(inotify.raw, token: Token.log)
    return SharedFD(inotify)
  }

  private func show(_ log: LogFile) throws(SyscallError) {
    for line in try log.drain() {
      try Kernel.writeAll((line.isError ? context.errors : context.output).descriptor, line.text + [10])
    }
  }
}
