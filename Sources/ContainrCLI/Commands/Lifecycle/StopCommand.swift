// `containr stop`, `start`, `restart` and `kill`: containers that are there, stopped and begun again.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrSystem

/// What they share.
struct MovementOptions: ParsableArguments {
  @OptionGroup var stack: StackOptions
  @OptionGroup var dry: DryRunOption
  @Flag(help: "No colours.") var noColor = false
  @Argument(help: "Services; none is all of the stack.", completion: .services) var services: [String] = []
}

extension MovementOptions {
  /// The same without a step of it.
  func rehearsal() throws -> Rehearsal { try Rehearsal(stack.choice(), services, noColour: noColor) }
}

/// How long a container may take.
struct StopTimeout: ParsableArguments {
  @Option(
    name: [.customShort("t"), .customLong("timeout")],
    help: ArgumentHelp("Between stop signal and SIGKILL, instead of the file's.", valueName: "seconds")) var timeout:
    Int?

  func validate() throws {
    if let timeout, !(0...1_000_000).contains(timeout) {
      throw ValidationError("-t takes a number of seconds from 0 to 1000000")
    }
  }
}

struct StopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "Stops containers and leaves them there; start or up begins them again.")
  @OptionGroup var options: MovementOptions
  @OptionGroup var grace: StopTimeout

  func run() throws {
    if options.dry.dryRun { return try options.rehearsal().stop() }
    try StackMovement.take(
      options.stack.choice(), options.services, stopGraceSeconds: grace.timeout,
      noColour: options.noColor
    ).stop()
  }
}

struct StartCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "start", abstract: "Starts containers that have stopped or ended, as they were last brought up.")
  @OptionGroup var options: MovementOptions
  @Flag(help: "Return when they run, are healthy or have completed.") var wait = false
  @Option(help: ArgumentHelp("How long --wait waits at most; 0 is without end.", valueName: "seconds"))
  var waitTimeout: Int?

  func validate() throws {
    if let waitTimeout, !(0...1_000_000_000).contains(waitTimeout) {
      throw ValidationError("--wait-timeout takes a number of seconds from 0")
    }
    if waitTimeout != nil, !wait { throw ValidationError("--wait-timeout needs --wait") }
  }

  func run() throws {
    if options.dry.dryRun { return try options.rehearsal().start() }
    let movement = try StackMovement.take(
      options.stack.choice(), options.services, noColour: options.noColor)
    var started = try movement.start()
    if !wait { return }
    let (context, engine) = (movement.context, movement.engine)
    // Who watches health needs the lock as well.
    movement.end()
    if !options.services.isEmpty { started.plan.services.removeAll { !options.services.contains($0.name) } }
    let seconds = waitTimeout.flatMap { $0 > 0 ? $0 : nil }
    let unwell = try StackWait(context: context, engine: engine, stack: started, seconds: seconds).run()
    if unwell.isEmpty { return }
    throw CommandExit(
      .unhealthy, "\(started.plan.name) is started, but not well", notes: unwell,
      help: "containr ps shows the containers, containr logs what they wrote")
  }
}

struct RestartCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restart", abstract: "Stops containers, in order, and starts them again.")
  @OptionGroup var options: MovementOptions
  @OptionGroup var grace: StopTimeout
  @Flag(help: "Accepted as in Compose: what depends on them is never restarted unless it is named.") var noDeps = false

  func run() throws {
    if options.dry.dryRun {
      let rehearsal = try options.rehearsal()
      try rehearsal.stop(isLast: false)
      return try rehearsal.start(afterStop: true)
    }
    var movement = try StackMovement.take(
      options.stack.choice(), options.services, stopGraceSeconds: grace.timeout,
      noColour: options.noColor)
    try movement.stop(isLast: false)
    try movement.look(options.services)
    try movement.start("restarted", since: movement.begun)
  }
}

struct KillCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kill", abstract: "Sends a signal to the first process of containers; they stay.",
    discussion: "After SIGKILL a restart policy does not begin them again, as after stop.")
  @OptionGroup var options: MovementOptions
  @Option(
    name: [.customShort("s"), .customLong("signal")],
    help: ArgumentHelp("By name or number.", valueName: "signal")) var signal = "SIGKILL"
  @Flag(help: "Remove containers of services that are not in the file any more, once they have got the signal.")
  var removeOrphans = false

  func run() throws {
    guard let number = StackEngine.signalNumber(signal) else {
      throw CommandExit(
        .refused, "'\(signal)' is no signal", help: "a name such as SIGHUP or HUP, or a number from 1 to 64")
    }
    if options.dry.dryRun { return try rehearse(number) }
    let movement = try StackMovement.take(
      options.stack.choice(), options.services, noColour: options.noColor)
    let context = movement.context
    let orphans = try orphans(of: movement.name, movement.engine, context)
    let meant = Set(movement.choice.containers.map(\.id))
    let all = movement.choice.containers + orphans.filter { !meant.contains($0.id) }
    let reached = try context.attempt { () throws(EngineError) in
      try movement.engine.kill(all, of: movement.name, signal: number, lock: movement.lock)
    }
    if reached.isEmpty, orphans.isEmpty { throw CommandExit(.failure, "none of these containers runs") }
    for container in all where reached.contains(container.id) {
      context.output.write("\(container.name)   \(StackEngine.signalName(number))\n")
    }
    if orphans.isEmpty { return }
    var wanted = ReconcileOptions(goal: .remove)
    wanted.removeOnly = Set(orphans.map(\.id))
    try movement.apply(wanted, nil, nothing: "nothing to do") { "\($0) removed" }
  }

  private func rehearse(_ signal: Int32) throws {
    let rehearsal = try options.rehearsal()
    let orphans = try orphans(of: rehearsal.name, rehearsal.engine, rehearsal.context)
    let meant = Set(rehearsal.choice.containers.map(\.id))
    let all = rehearsal.choice.containers + orphans.filter { !meant.contains($0.id) }
    let running = all.filter { $0.pid != nil }
    if running.isEmpty, orphans.isEmpty { throw CommandExit(.failure, "none of these containers runs") }
    rehearsal.tell(running, "\(StackEngine.signalName(signal)) would be sent")
    if !orphans.isEmpty { try rehearsal.remove(orphans, volumes: false) }
    DryRun.end(rehearsal.context)
  }

  /// Those whose service is not in the file; none unless they are asked for.
  private func orphans(
    of stack: String, _ engine: StackEngine, _ context: CommandContext
  ) throws -> [ContainerStatus] {
    if !removeOrphans { return [] }
    let plan = try options.stack.choice().plan(context).plan
    let known = Set(plan.services.map(\.name) + plan.inactiveServices)
    return try ContainerChoice([], of: stack, engine, context).containers.filter { !known.contains($0.service) }
  }
}
