// Attached `up`: shows the logs until everything has ended or somebody asks for the end. One epoll loop, no polling.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrSystem
internal import ContainrTelemetry

struct AttachedRun {
  private enum Token {
    static let signal: UInt64 = 0
    static let logs: UInt64 = 1
    static let stopped: UInt64 = 2
    static let timer: UInt64 = 3
    static let events: UInt64 = 4
    /// Containers follow.
    static let containers: UInt64 = 16
  }

  /// Between two looks at a container that ended and may be started again.
  private static let patience: UInt64 = 500_000_000

  var context: CommandContext
  var engine: StackEngine
  var stack: LoadedStack
  var options: UpOptions
  var audience: Audience
  /// When the command began to change things; nanoseconds since 1970.
  var began: UInt64

  func run() throws {
    let signals = try Interrupt.listen()
    let statuses = try containers()
    // What was written before is not what this command was about; `logs` has it.
    let reader = try LogStreams.reader(
      statuses.filter { audience.shown.contains($0.service) }, context: context, showsTime: options.timestamps,
      showsName: !options.noLogPrefix, filter: LogFilter(since: LogTimestamp.text(began)))
    try reader.watch()
    try reader.printHistory()
    let poll = try EventPoll()
    try poll.add(signals.raw, token: Token.signal)
    try poll.add(reader.descriptor, token: Token.logs)
    let timer = try Kernel.timerDescriptor()
    try poll.add(timer.raw, token: Token.timer)
    var ends = try EndListener(options.abort.rule, of: self)
    if let events = ends?.descriptor { try poll.add(events, token: Token.events) }
    let engine = engine
    var crowd = Crowd(firstToken: Token.containers) { try engine.exitDescriptor($0) }
    for line in try crowd.update(statuses, poll: poll) { context.errors.write("\(line)\n") }
    if crowd.isUndecided { try Kernel.arm(timer: timer.raw, nanoseconds: Self.patience) }

    var stop: (worker: Worker, box: ResultBox)?
    var byte = [UInt8](repeating: 0, count: 16)
    var isBehind = false
    if try ends?.hear() ?? false { stop = try beginStop(poll) }
    while stop != nil || !crowd.hasEnded {
      for event in try poll.wait(milliseconds: isBehind ? 0 : -1) {
        switch event.token {
        case Token.signal:
          _ = try Kernel.read(signals.raw, into: &byte)
          if stop == nil {
            stop = try beginStop(poll)
          } else {
            context.errors.write("\nkilling\n")
            try killAll()
          }
        case Token.logs: isBehind = true
        case Token.stopped:
          try reader.printRest()
          try concludeStop(stop?.box)
          if var ends { try ends.pass() }
          return
        case Token.events:
          if try ends?.hear() ?? false, stop == nil {
            isBehind = try reader.printNew()
            stop = try beginStop(poll)
          }
        default:
          if event.token == Token.timer { _ = try Kernel.read(timer.raw, into: &byte) }
          try crowd.ended(token: event.token, poll: poll)
          isBehind = try reader.printNew()
          for line in try crowd.update(try containers(), poll: poll) where stop == nil {
            context.errors.write("\(line)\n")
          }
          if crowd.isUndecided { try Kernel.arm(timer: timer.raw, nanoseconds: Self.patience) }
        }
      }
      if isBehind { isBehind = try reader.printNew() }
    }
    try reader.printRest()
    if var ends { try ends.pass() }
    if crowd.worst != 0 { throw CommandExit(.unhealthy) }
  }

  fileprivate func containers() throws -> [ContainerStatus] {
    try context.attempt { () throws(EngineError) in try engine.containers(stack: stack.plan.name) }
      .filter { container in
        if container.isOneOff { return false }
        // What is not in the file any more is part of an `up` of all of it.
        return options.services.isEmpty || audience.awaited.contains(container.service)
      }
  }

  /// Stops in the reverse order of the dependencies, on a thread, so that the last words are still shown.
  private func beginStop(_ poll: borrowing EventPoll) throws -> (worker: Worker, box: ResultBox) {
    context.errors.write("\nstopping \(stack.plan.name); Ctrl-C again kills\n")
    let box = ResultBox()
    let (context, engine, name) = (context, engine, stack.plan.name)
    let worker = try Worker { box.set(Self.stop(name, engine, context)) }
    try poll.add(worker.descriptor, token: Token.stopped)
    return (worker, box)
  }

  /// What went wrong, one line each; empty is well.
  private static func stop(_ name: String, _ engine: StackEngine, _ context: CommandContext) -> [String] {
    do throws(EngineError) {
      let lock = try engine.lockStack(name)
      try engine.endRestarts(of: name, lock: lock)
      let changeset = try engine.plan(nil, stackName: name, options: ReconcileOptions(goal: .stop))
      let application = Application(
        context: context, engine: engine, changeset: changeset, report: context.errors, reportInk: context.errorInk,
        isLive: false)
      let report = application.apply(lock)
      return report.failures.map { "\($0.address): \($0.message)" }
    } catch { return [error.message] }
  }

  private func concludeStop(_ box: ResultBox?) throws {
    guard let problems = box?.value, !problems.isEmpty else { return }
    throw CommandExit(
      .incomplete, "\(stack.plan.name) is not stopped", notes: problems, help: "containr-down takes away what there is")
  }

  private func killAll() throws {
    for pid in try containers().compactMap(\.pid) {
      do throws(SyscallError) { try ProcessIdentity.current(pid: pid).send(signal: 9) } catch {
        // It ended in the meantime.
        if error.errno != 2 && error.errno != 3 { throw error }
      }
    }
  }
}

/// What `--abort-on-container-exit` and its relatives listen to: the events that the shims write, so that an end is seen also
/// where the container runs again at once.
private struct EndListener {
  private var watch: AbortWatch
  private let follower: EventFollower
  private let run: AttachedRun
  /// Said once.
  private var words: String?

  /// nil: nothing is asked for. What has ended since the command began is heard of at the first `hear`.
  init?(_ rule: AbortRule?, of run: AttachedRun) throws {
    guard let rule else { return nil }
    self.run = run
    // First the watch, then the look: nothing falls between the two.
    follower = try run.context.attempt { () throws(EngineError) in try run.engine.followEvents() }
    let statuses = try run.containers()
    watch = AbortWatch(rule, services: Set(statuses.map(\.service)))
    take(try run.context.attempt { () throws(EngineError) in try run.engine.events() }.filter { $0.time >= run.began })
    look(statuses)
  }

  var descriptor: CInt { follower.descriptor }

  /// Whether everything is to be stopped; true once, or not at all.
  mutating func hear() throws -> Bool {
    take(try follower.take())
    guard let words else { return false }
    run.context.errors.write("\(words)\n")
    self.words = nil
    return true
  }

  /// Ends the command with the code that was asked for.
  mutating func pass() throws -> Never {
    take(try follower.take())
    look(try run.containers())
    throw CommandExit(passing: watch.code)
  }

  private mutating func take(_ events: [ContainerEvent]) {
    for event in events where event.subject.stack == run.stack.plan.name { words = watch.heard(event) ?? words }
  }

  /// In the order in which they ended.
  private mutating func look(_ statuses: [ContainerStatus]) {
    for status in statuses.sorted(by: { ($0.since ?? 0, $0.name) < ($1.since ?? 0, $1.name) }) {
      words = watch.saw(status) ?? words
    }
  }
}
