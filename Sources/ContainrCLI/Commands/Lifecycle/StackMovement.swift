// Stopping and starting containers that are there, without a look at the file: what `stop`, `start`, `restart` and `kill` do.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrSystem

/// One command about containers of one stack, under its lock.
struct StackMovement: ~Copyable {
  let context: CommandContext
  let engine: StackEngine
  let lock: StackLock
  let name: String
  var choice: ContainerChoice
  /// When the lock was there, of the monotonic clock.
  let begun = Kernel.monotonicTime()

  /// Takes the lock and looks. A stack of which nothing is there is an error.
  static func take(
    _ stack: StackChoice, _ services: [String], stopGraceSeconds: Int? = nil, noColour: Bool = false
  ) throws -> StackMovement {
    let context = try CommandContext(noColour: noColour)
    let engine = try context.engine(stopGraceSeconds: stopGraceSeconds)
    let naming = StackNaming(choice: stack, context: context)
    let name = try naming.name(engine)
    let lock = try context.lock(engine, name)
    try naming.confirm(name, engine)
    let choice = try ContainerChoice(services, of: name, engine, context)
    if choice.containers.isEmpty {
      try ContainerChoice.requireStack(name, engine, context)
      throw CommandExit(.failure, "the stack \(name) has no containers", help: "containr up makes them")
    }
    return StackMovement(context: context, engine: engine, lock: lock, name: name, choice: choice)
  }

  /// Stops those that run, dependents first; they stay, and nothing but a start or an up begins them again.
  func stop(isLast: Bool = true) throws {
    var options = ReconcileOptions(goal: .stop)
    let meant = Set(choice.containers.map(\.id))
    options.stopOnly = meant
    let kept = try context.attempt { () throws(EngineError) in
      try engine.endRestarts(of: name, only: meant, lock: lock)
    }
    if isLast { for container in kept { context.output.write("\(container) is not started again\n") } }
    try apply(
      options, nil, nothing: kept.isEmpty ? "nothing to do: nothing of it runs" : "nothing else of it runs",
      isLast: isLast
    ) { "\($0) stopped" }
  }

  /// Looks again: what ran may have been stopped by this command.
  mutating func look(_ services: [String]) throws {
    choice = try ContainerChoice(services, of: name, engine, context)
  }

  /// Gives the lock back.
  consuming func end() {}

  /// Starts those that do not run, as the revision has them that was applied last; answers that. `since`: what was done before belongs
  /// to it.
  @discardableResult
  func start(_ word: String = "started", since begun: UInt64? = nil) throws -> LoadedStack {
    guard let revision = try context.attempt({ () throws(EngineError) in try engine.lastRevision(of: name) }) else {
      throw CommandExit(.failure, "no revision of the stack \(name) was recorded", help: "containr up starts it")
    }
    let desired = try context.attempt { () throws(EngineError) in
      try engine.plan(ofRevision: revision.number, stack: name)
    }
    let planned = Set(desired.services.map(\.name))
    if let strange = choice.containers.first(where: { !planned.contains($0.service) }) {
      throw CommandExit(
        .failure, "the service \(strange.service) is not part of revision \(revision.number)",
        help: "containr up says what becomes of it")
    }
    // What has done its work is begun again as well: that is what was asked for.
    try context.attempt { () throws(EngineError) in
      try engine.leaveStopped(choice.containers.filter { $0.pid == nil }, of: name, lock: lock)
    }
    var options = ReconcileOptions(goal: .up)
    options.only = Set(choice.containers.map { ContainerName(stack: name, service: $0.service, index: $0.index) })
    let stack = LoadedStack(plan: desired, sources: [])
    try apply(options, stack, nothing: "nothing to do: all of it runs", since: begun) { "\($0) \(word)" }
    return stack
  }

  func apply(
    _ options: ReconcileOptions, _ stack: LoadedStack?, nothing: String, isLast: Bool = true,
    since begun: UInt64? = nil,
    _ words: (String) -> String
  ) throws {
    let changeset = try context.attempt { () throws(EngineError) in
      try engine.plan(stack?.plan, stackName: name, options: options)
    }
    let application = Application(
      context: context, engine: engine, stack: stack, changeset: changeset, report: context.output,
      reportInk: context.ink)
    if changeset.isEmpty {
      if isLast { context.output.write(nothing + "\n") }
      return
    }
    if stack != nil { try application.preflight() }
    Interrupt.explainEnd()
    var outcome = application.apply(lock)
    if let begun { outcome.duration = Kernel.monotonicTime() - begun }
    let count = changeset.changes.count { $0.action.container != nil }
    if !outcome.succeeded || isLast {
      try application.conclude(outcome, words(Displayed.count(count, "container")))
    }
  }
}
