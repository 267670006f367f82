// The supervisor of one stack: one thread that waits for everything at once. Names, health, restarts. It may die at any
// moment without touching a container, and its successor picks up from records and kernel.
public import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrStore
internal import ContainrSystem
internal import Synchronization
internal import SystemPackage

extension StackEngine {
  /// Supervises a stack until it is asked to end or the stack is gone. `readyFD` gets `ready` once it answers, and is
  /// closed. Ignores SIGPIPE in this process from now on.
  public func runSupervisor(stack: String, readyFD: CInt?) throws(EngineError) {
    do {
      // Who asks may be gone before the answer.
      try Kernel.ignore(signal: 13)
      let ready = readyFD.map { OwnedFD(taking: $0) }
      let supervisor = try Supervisor(engine: self, stack: stack)
      if let ready {
        // A starter that was killed does not wait any more: its stack is supervised all the same.
        try tolerating(32) { () throws(SyscallError) in try ready.writeAll(Array("ready\n".utf8)) }
      }
      try supervisor.run()
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "supervise \(stack): \(error)")
    }
  }
}

/// What threads report back to the loop.
enum SupervisorReport: Sendable {
  case probed(id: String, ProbeAnswer)
  /// `attempt`: that of the container to start it, which is none of a later life's.
  case restarted(id: String, attempt: UInt64, failure: String?)
  /// It is well again, or nobody wants it started again any more.
  case left(id: String, attempt: UInt64)
  /// A job whose time had come.
  case ran(id: String, attempt: UInt64, due: Int64, ScheduledStart)
  /// What is to be read in the log: a neighbour could not be told something, a hook has said something.
  case said(String)
}

/// The loop and its state. Used by one thread only.
final class Supervisor {
  enum Token {
    static let signal: UInt64 = 1, request: UInt64 = 2, timer: UInt64 = 3, report: UInt64 = 4, files: UInt64 = 5,
      witness: UInt64 = 6, clock: UInt64 = 7
    static let first: UInt64 = 16
  }

  let engine: StackEngine
  let stack: String
  var settings: HostSettings { engine.settings }
  let poll: EventPoll
  private let signals: OwnedFD
  private let listener: OwnedFD
  private let timer: OwnedFD
  /// Of the wall clock: the next time of a job.
  let clock: OwnedFD
  /// What it is set to.
  var armed: Int64?
  private let lock: FileLock
  let reports: ReportQueue
  /// Where containers begin: no start is missed, even if nobody tells of it.
  let beginnings: RunWatch
  /// Where containers move.
  let witness: KernelWitness
  var contents = StoreContents()
  /// Those by which everything here goes; older than `contents` while a reload has not come to its end.
  private var obeyed = StoreContents()
  var containers = WatchedContainers()
  var byToken: [UInt64: String] = [:]
  /// By which they are probed.
  let probePlans = ProbePlans()
  /// Those whose limit of processor time is looked at.
  var throttles: [String: ThrottleWatch] = [:]
  var servers: [String: (token: UInt64, record: NetworkRecord, server: DNSServer)] = [:]
  var serverByToken: [UInt64: String] = [:]
  /// When to ask again for the gateways at which another stack's supervisor answers; CLOCK_MONOTONIC.
  var serversDue: UInt64?
  /// Whom all name servers ask for what is none of the stack's.
  let resolvers: DNSUpstreamFile
  private var nextToken = Token.first
  private var isDirty = false
  private var pending: [SupervisorReport] = []
  private var isEnding = false

  init(engine: StackEngine, stack: String) throws {
    self.engine = engine
    self.stack = stack
    let settings = engine.settings
    resolvers = DNSUpstreamFile(settings.resolvConf)
    // Its directories are its starter's: one that comes too late, after a `down`, must not make them again.
    timer = try Kernel.timerDescriptor()
    clock = try Kernel.wallTimerDescriptor()
    lock = try Self.lock(engine, stack: stack, clock: timer.raw)
    signals = try Kernel.signalDescriptor([15, 2, 1])
    try tolerating(2) { () throws(SyscallError) in try Kernel.remove(settings.supervisorSocket(stack)) }
    listener = try UnixSocket.listen(at: settings.supervisorSocket(stack))
    reports = try ReportQueue()
    beginnings = try RunWatch(settings.containersDirectory)
    witness = try KernelWitness()
    poll = try EventPoll()
    try poll.add(signals.raw, token: Token.signal)
    try poll.add(listener.raw, token: Token.request)
    try poll.add(timer.raw, token: Token.timer)
    try poll.add(clock.raw, token: Token.clock)
    try poll.add(reports.descriptor, token: Token.report)
    try poll.add(beginnings.descriptor, token: Token.files)
    try poll.add(witness.descriptor, token: Token.witness)
    try reload()
    let me = SupervisorRecord(bootID: engine.bootID, process: try ProcessIdentity.current(pid: Kernel.processID()))
    try Kernel.replace(settings.supervisorRecord(stack), with: Array(me.text.utf8))
    let names = [settings.supervisorRecord(stack), settings.supervisorSocket(stack)].compactMap(\.lastComponent?.string)
    try beginnings.guardFiles(in: settings.stackRun(stack), names: Set(names))
  }

  /// One that is about to end, or was killed a moment ago, is waited for, but not for long. Beside one that works there is
  /// nothing to do.
  private static func lock(_ engine: StackEngine, stack: String, clock: CInt) throws -> FileLock {
    let path = engine.settings.stackRun(stack).appending("supervisor.lock")
    for attempt in 0..<100 {
      do throws(SyscallError) {
        return try FileLock(path, wait: false)
      } catch {
        if error.errno != 11 { throw error }
        if attempt > 5, try engine.supervisor(of: stack) != nil { break }
        _ = try Kernel.waitReadable(clock, milliseconds: 50)
      }
    }
    throw EngineError(.locked, "stack \(stack) is supervised already")
  }

  /// Failures in a row, a second each, after which it gives up.
  private static let patience = 30

  /// Want of memory or descriptors, or a full file system, is no reason to leave containers alone: it goes on a second later,
  /// and looks at everything anew.
  func run() throws {
    var failures = 0
    while !isEnding {
      do {
        try turn()
        failures = 0
      } catch {
        failures += 1
        if failures > Self.patience { throw error }
        // What cannot be logged for want of room is known to nobody; its consequences are.
        try tolerating(28) { () throws(SyscallError) in try log("\(error)") }
        Kernel.pause(milliseconds: 1000)
        // Of what the kernel told some may not have been taken in.
        witness.moveAll()
        isDirty = true
      }
      // Nobody finds us any more, and what stands at our paths from now on is somebody else's.
      if beginnings.isLost { return }
    }
    for path in [settings.supervisorSocket(stack), settings.supervisorRecord(stack)] {
      try tolerating(2) { () throws(SyscallError) in try Kernel.remove(path) }
    }
  }

  private func turn() throws {
    try schedule()
    for event in try poll.wait(milliseconds: isDirty ? 0 : -1) {
      switch event.token {
      case Token.signal: while try Kernel.nextSignal(signals.raw) != nil { isEnding = true }
      case Token.request: try takeRequest()
      case Token.timer: try Kernel.drainTimer(timer.raw)
      case Token.clock:
        if try Kernel.drain(wallTimer: clock.raw) { try resetSchedules() }
        armed = nil
      case Token.report: pending += try reports.take()
      case Token.files:
        for id in try beginnings.take(containers.ids) { try takeBeginning(of: id) }
        if beginnings.isLost { return }
      case Token.witness: try takeWitness()
      default: try take(event.token)
      }
    }
    // One that fails takes no other with it.
    while !pending.isEmpty { try take(pending.removeFirst()) }
    if isDirty { try reload() }
    try actOnTime()
  }

  func token() -> UInt64 {
    nextToken += 1
    return nextToken
  }

  private func take(_ token: UInt64) throws {
    if let network = serverByToken[token] {
      try servers[network]?.server.handle()
    } else if let id = byToken[token] {
      try takeExit(of: id)
    }
  }

  private func takeRequest() throws {
    guard let client = try UnixSocket.accept(listener.raw), try UnixSocket.peerUID(client.raw) == 0 else { return }
    // Our own programs write one line at once; others shall not hold us up.
    guard try Kernel.waitReadable(client.raw, milliseconds: 1000) else { return }
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = try Kernel.read(client.raw, into: &buffer)
    let words = String(decoding: buffer.prefix(count), as: UTF8.self).split(whereSeparator: { $0 == " " || $0 == "\n" })
    var answer = "ok\n"
    switch words.first {
    case "reload": try reload()
    case "started": isDirty = true
    case "paused": try discardProbes()
    case "end": isEnding = true
    case "ending": try witness.forgetAll()
    case StillAnswer.request[...]:
      // What it has been told before this question counts.
      try takeWitness()
      answer = StillAnswer(processes: witness.still).text
    default: answer = "unknown request\n"
    }
    do { try client.writeAll(Array(answer.utf8)) } catch {
      if error.errno != 32 && error.errno != 104 { throw error }  // it did not wait for the answer
    }
  }

  /// Reads the records anew and brings names, watches and checks in line.
  func reload() throws {
    contents = try Store.contents(directory: settings.stateDirectory)
    guard contents.stacks.contains(where: { $0.name == stack }) else {
      isEnding = true
      return
    }
    try reloadContainers()
    try witnessChanges(since: obeyed)
    try reloadServers()
    let knowledge = SupervisorKnowledge.text(contents, of: stack)
    try Kernel.replace(settings.supervisorKnowledge(stack), with: Array(knowledge.utf8))
    obeyed = contents
    isDirty = false
  }

  // MARK: time

  /// Sets the timer to the next thing that is due.
  private func schedule() throws {
    var due = containers.nextDue ?? .max
    if let look = nextLook { due = min(due, look) }
    if let serversDue { due = min(due, serversDue) }
    if let look = nextThrottleLook { due = min(due, look) }
    let now = Kernel.monotonicTime()
    try Kernel.arm(timer: timer.raw, nanoseconds: due == .max ? 0 : due > now ? due - now : 1)
    try armClock()
  }

  private func actOnTime() throws {
    let now = Kernel.monotonicTime()
    for id in containers.due(now: now) {
      guard let container = containers[id] else { continue }
      if let due = container.restartDue, due <= now, !container.isRestarting { try restart(id) }
      if let health = container.health, health.due <= now, !container.isProbing, container.exit != nil {
        try probe(id, health.check)
      }
    }
    try startDueRuns()
    if let serversDue, serversDue <= now { try reloadServers() }
    lookAtThrottling(now: now)
    try lookAgain(now: now)
  }
}

/// Reports from threads, with a descriptor that wakes the loop.
final class ReportQueue: Sendable {
  private let queue = Mutex<[SupervisorReport]>([])
  private let read: OwnedFD
  private let write: OwnedFD
  var descriptor: CInt { read.raw }

  init() throws(SyscallError) {
    let ends = try Kernel.pipe().release()
    read = OwnedFD(taking: ends.read)
    write = OwnedFD(taking: ends.write)
  }

  func add(_ report: SupervisorReport) throws(SyscallError) {
    queue.withLock { $0.append(report) }
    try write.writeAll([1])
  }

  /// Everything that was added; only when the descriptor is readable.
  func take() throws(SyscallError) -> [SupervisorReport] {
    var buffer = [UInt8](repeating: 0, count: 64)
    _ = try Kernel.read(read.raw, into: &buffer)
    return queue.withLock { queue in
      defer { queue = [] }
      return queue
    }
  }
}
