// The shim's long life: output into the log, the end of the container into its record. It survives the host, listens
// to nobody but to SIGHUP, which has it read anew how much of the log is kept, and to who attaches where there is something
// to attach to (Attachments), and holds nothing but a few descriptors.
internal import CContainrLinux
internal import ContainrNamespaces
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

/// One container while it runs, as its shim sees it.
public final class RunningContainer {
  /// Sent to a shim whose container does not die of SIGKILL: its processes may wait for an answer of a server that gives none,
  /// and nothing but the server's end helps them. SIGURG, which does nothing to who does not know it.
  public static let releaseSignal: Int32 = 23

  /// After so long without output the shim gives its memory back.
  private static let idleMilliseconds: Int32 = 300

  /// Of the host's pid namespace.
  let pid: Int32
  private let pidfd: SharedFD
  private var pump: LogPump
  /// nil when its end has come.
  private var stdout: SharedFD?
  private var stderr: SharedFD?
  private let directory: SharedFD
  private var kills: KillWatch?
  private let attachments: Attachments?
  /// Where its end is told, and as whose; empty: nowhere.
  private let journal: (path: String, subject: String)
  /// Where the master of the program's terminal comes; nil without one, and when it has come.
  private var console: SharedFD?
  /// Of its mounts; nil: it has ended before the container.
  private var servers: [ServedRoot?]
  /// What became of such a one.
  private var loss: String?
  /// Somebody who is waited for does not keep up: nothing is read.
  private var isHeldUp = false

  /// With a terminal `stdout` is its master, which comes by way of `console`.
  init(
    _ child: consuming ClonedProcess, pump: consuming LogPump, stdout: SharedFD?, stderr: SharedFD?,
    directory: SharedFD,
    kills: KillWatch?, attachments: Attachments?, console: SharedFD?, servers: [ServedRoot] = [],
    journal: (path: String, subject: String)
  ) {
    self.journal = journal
    self.attachments = attachments
    self.console = console
    self.servers = servers
    pid = child.pid
    pidfd = SharedFD(child.takePidFD())
    self.pump = pump
    self.stdout = stdout
    self.stderr = stderr
    self.directory = directory
    self.kills = kills
  }

  /// Waits for the container's end and records it; answers the shim's exit code.
  func watch() -> Int32 {
    do throws(SyscallError) {
      tell(["start\t\(journal.subject)"], at: Kernel.realTime())
      let events = try EventPoll()
      try follow(events)
      guard let status = try Kernel.waitForExit(pidfd: pidfd.raw) else { return 1 }
      // What was written is in the layer when its end is known.
      let living = servers.compactMap(\.self)
      if !living.isEmpty {
        // Who looks meanwhile need not wait: it goes on until then.
        try HeldEnd.mark(in: directory.raw)
        try ServedRoot.outlive(living)
      }
      var record = ExitRecord(status: status, time: Kernel.realTime(), outOfMemory: try wasKilledForMemory())
      record.lostFiles = loss != nil
      let strike = try kills?.look()
      // What was written before the end is still in the pipes.
      try drain(events)
      try attachments?.tellEnd(status.code, events)
      try Self.write(record.text, to: ExitRecord.fileName, in: directory.raw)
      tellEnd(record, strike: strike)
      return 0
    } catch {
      // The run directory is gone (the container was deleted under us) or the kernel is out of something. Nobody hears
      // us; the container must not outlive its parent.
      _ = cl_pidfd_send_signal(pidfd.raw, 9)
      return 1
    }
  }

  /// Here, so that its end never comes before its beginning. Who cannot be told of them still finds the records.
  private func tell(_ words: [String], at time: UInt64) {
    if journal.path.isEmpty { return }
    let lines = words.map { "\(time)\t\($0)\n" }.joined()
    do throws(SyscallError) {
      try EventJournal.append(lines, FilePath(journal.path), at: Kernel.currentDirectory)
    } catch { return }
  }

  /// `strike`: what the OOM killer did that was not told of yet.
  private func tellEnd(_ record: ExitRecord, strike: String?) {
    var end = "die\t\(journal.subject)\texitCode=\(record.status.code)"
    if case .signalled(let signal) = record.status { end += "\tsignal=\(signal)" }
    if record.lostFiles { end += "\treason=files-lost" }
    tell((strike.map { ["oom\t\(journal.subject)\t\($0)"] } ?? []) + [end], at: record.time)
  }

  private func tellStrike(_ strike: String?) {
    if let strike { tell(["oom\t\(journal.subject)\t\(strike)"], at: Kernel.realTime()) }
  }

  private func follow(_ events: borrowing EventPoll) throws(SyscallError) {
    try events.add(pidfd.raw, token: 0)
    let signals = try Kernel.signalDescriptor([1, Self.releaseSignal])
    try events.add(signals.raw, token: 3)
    if let console { try events.add(console.raw, token: Self.consoleToken) }
    try kills?.begin(events, token: Self.killToken)
    try attachments?.begin(events)
    try watchOutput(events)
    for (index, server) in servers.enumerated() {
      if let server { try events.add(server.pidfd.raw, token: Self.serverToken + UInt64(index)) }
    }
    while true {
      let expects = kills?.isExpecting == true
      var ready = try events.wait(milliseconds: expects ? KillWatch.pause : Self.idleMilliseconds)
      if expects {
        tellStrike(try kills?.look())
        if ready.isEmpty { continue }
      }
      // Nothing to do for a while: of the program only what waits stays in memory.
      if ready.isEmpty { ready = try events.waitTrimmed() }
      for event in ready {
        switch event.token {
        case 0: return
        case 3: try take(signals.raw)
        case 1: if let stdout, try !pass(.stdout, stdout.raw, events) { try close(&self.stdout, events) }
        case 2: if let stderr, try !pass(.stderr, stderr.raw, events) { try close(&self.stderr, events) }
        case Self.consoleToken: try takeTerminal(events)
        case Self.killToken: tellStrike(try kills?.take(events))
        case Self.serverToken...: if try hasLost(Int(event.token - Self.serverToken), events) { return }
        default: try attachments?.serve(event, events)
        }
        if let attachments, attachments.isHeldUp != isHeldUp { try hold(!isHeldUp, events) }
      }
    }
  }

  private static let consoleToken: UInt64 = 6
  private static let killToken: UInt64 = 7
  private static let serverToken: UInt64 = 1 << 32

  /// A server has ended. What it served cannot be had again: the container is killed, and may be started anew. True: the
  /// container has ended itself.
  private func hasLost(_ index: Int, _ events: borrowing EventPoll) throws(SyscallError) -> Bool {
    guard let server = servers[index] else { return false }
    try events.remove(server.pidfd.raw)
    servers[index] = nil
    guard let loss = try server.loss(of: pidfd.raw) else { return true }
    self.loss = loss
    pump.say(loss)
    let result = cl_pidfd_send_signal(pidfd.raw, 9)
    if result != -3 { try check(result, "pidfd_send_signal") }
    return false
  }

  private func watchOutput(_ events: borrowing EventPoll) throws(SyscallError) {
    if let stdout { try events.add(stdout.raw, token: 1) }
    if let stderr { try events.add(stderr.raw, token: 2) }
  }

  private func hold(_ isHeldUp: Bool, _ events: borrowing EventPoll) throws(SyscallError) {
    self.isHeldUp = isHeldUp
    if !isHeldUp { return try watchOutput(events) }
    for output in [stdout, stderr] { if let output { try events.remove(output.raw) } }
  }

  /// One read, into the log and to who is attached; false at the end.
  private func pass(
    _ stream: LogStream, _ pipe: CInt, _ events: borrowing EventPoll, waits: Bool = false
  ) throws(SyscallError) -> Bool {
    let goesOn = try pump.pump(stream, from: pipe)
    try attachments?.output(isError: stream == .stderr, pump.latest, waits: waits, events)
    return goesOn
  }

  /// The master comes when the container's devpts is there, before the program begins; or nothing ever comes.
  private func takeTerminal(_ events: borrowing EventPoll) throws(SyscallError) {
    guard let console else { return }
    let channel = SeqPacketSocket(taking: try console.duplicate())
    try events.remove(console.raw)
    self.console = nil
    guard let message = try channel.receive(limit: 64), message.bytes == InitMessage.terminal.bytes,
      let master = message.descriptors.first
    else { return }
    try Kernel.setNonBlocking(master.raw)
    try attachments?.adopt(master)
    stdout = master
    if !isHeldUp { try events.add(master.raw, token: 1) }
  }

  private func take(_ signals: CInt) throws(SyscallError) {
    var limits = false
    while let signal = try Kernel.nextSignal(signals) {
      if signal != Self.releaseSignal {
        limits = true
        continue
      }
      for case let server? in servers { try server.kill() }
    }
    if limits { try readLogLimits() }
  }

  /// What cannot be read or obeyed changes nothing: the container must not end for it.
  private func readLogLimits() throws(SyscallError) {
    do throws(SyscallError) {
      if let limits = LogLimits(text: try Kernel.text(of: FilePath(RunningLog.limitsFile), at: directory.raw)) {
        try pump.adopt(limits)
      }
    } catch {
      return
    }
  }

  private func close(_ pipe: inout SharedFD?, _ events: borrowing EventPoll) throws(SyscallError) {
    if let pipe, !isHeldUp { try events.remove(pipe.raw) }
    pipe = nil
  }

  private func drain(_ events: borrowing EventPoll) throws(SyscallError) {
    if let console, try Kernel.waitReadable(console.raw, milliseconds: 0) { try takeTerminal(events) }
    if let stdout { try drain(.stdout, stdout.raw, events) }
    if let stderr { try drain(.stderr, stderr.raw, events) }
    pump.finish()
  }

  /// No more than a pipe can hold: in a pid namespace that is not its own others of the container live on, and may write
  /// faster than this reads.
  private func drain(_ stream: LogStream, _ pipe: CInt, _ events: borrowing EventPoll) throws(SyscallError) {
    // What was written to a terminal is on its way through a work queue of the kernel, up to the end of the last of them.
    let patience: Int32 = stream == .stdout && stderr == nil ? 200 : 0
    for _ in 0..<64 {
      guard try Kernel.waitReadable(pipe, milliseconds: patience), try pass(stream, pipe, events, waits: true) else {
        return
      }
    }
  }

  private func wasKilledForMemory() throws(SyscallError) -> Bool {
    if let kills { return try KillCounter.hasCounted(kills.counter) }
    return false
  }

  /// A record into the run directory, whole or not at all.
  static func write(_ text: String, to name: String, in directory: CInt) throws(SyscallError) {
    let temporary = FilePath(name + ".new")
    try Kernel.open(temporary, at: directory, [.writeOnly, .create, .truncate, .noFollow], mode: 0o600)
      .writeAll(Array(text.utf8))
    try Kernel.rename(temporary, at: directory, to: FilePath(name), at: directory)
  }
}
