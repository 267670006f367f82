// `--dry-run`: what a command would do, looked at without the stack's lock and without a step of it.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec

struct DryRunOption: ParsableArguments {
  @Flag(help: "Print what would be done, and change nothing; exit code 0.") var dryRun = false
}

enum DryRun {
  /// The changes as a plan shows them.
  static func show(_ changeset: Changeset, _ context: CommandContext) {
    context.output.write(ChangesetView(ink: context.ink).full(changeset))
  }

  /// The last line.
  static func end(_ context: CommandContext) { context.output.write("dry run: nothing was changed\n") }
}

/// A command about containers of one stack that are there, as far as it can be known beforehand.
struct Rehearsal {
  let context: CommandContext
  let engine: StackEngine
  let name: String
  let choice: ContainerChoice

  init(_ stack: StackChoice, _ services: [String], noColour: Bool) throws {
    context = try CommandContext(noColour: noColour)
    engine = try context.engine()
    let naming = StackNaming(choice: stack, context: context)
    name = try naming.name(engine)
    choice = try ContainerChoice(services, of: name, engine, context)
    if choice.containers.isEmpty {
      try ContainerChoice.requireStack(name, engine, context)
      throw CommandExit(.failure, "the stack \(name) has no containers", help: "containr up makes them")
    }
  }

  /// What `stop` would do.
  func stop(isLast: Bool = true) throws {
    for container in choice.containers where container.comesBack {
      context.output.write("\(container.name) would not be started again\n")
    }
    var options = ReconcileOptions(goal: .stop)
    options.stopOnly = Set(choice.containers.map(\.id))
    try show(nil, options)
    if isLast { DryRun.end(context) }
  }

  /// What `start` would do; after a stop of all of them, if it is a restart.
  func start(afterStop: Bool = false) throws {
    guard let revision = try context.attempt({ () throws(EngineError) in try engine.lastRevision(of: name) }) else {
      throw CommandExit(.failure, "no revision of the stack \(name) was recorded", help: "containr up starts it")
    }
    let desired = try context.attempt { () throws(EngineError) in
      try engine.plan(ofRevision: revision.number, stack: name)
    }
    var options = ReconcileOptions()
    options.only = Set(choice.containers.map { ContainerName(stack: name, service: $0.service, index: $0.index) })
    options.asStopped = Set(choice.containers.filter { afterStop || $0.pid == nil }.map(\.id))
    try show(desired, options)
    DryRun.end(context)
  }

  /// What `rm` would do with some of them.
  func remove(_ containers: [ContainerStatus], volumes: Bool) throws {
    var options = ReconcileOptions(goal: .remove, removeVolumes: volumes)
    options.removeOnly = Set(containers.map(\.id))
    try show(nil, options)
  }

  /// A line each.
  func tell(_ containers: [ContainerStatus], _ words: String) {
    for container in containers { context.output.write("\(container.name)   \(words)\n") }
  }

  private func show(_ desired: StackPlan?, _ options: ReconcileOptions) throws {
    let changeset = try context.attempt { () throws(EngineError) in
      try engine.plan(desired, stackName: name, options: options)
    }
    DryRun.show(changeset, context)
  }
}
