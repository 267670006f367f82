// `containr down` and `containr-down`: takes a stack away and leaves nothing of it.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrSystem

private let abstractOfDown = "Takes a stack away and leaves nothing of it; volumes stay without -v."

struct DownOptions: ParsableArguments {
  @OptionGroup var stack: StackOptions

  @Argument(
    help: ArgumentHelp(
      "The stack file (.yaml, .yml, or - for standard input); services: only their containers go.",
      valueName: "file or service"), completion: .services)
  var words: [String] = []

  @Flag(
    name: [.customShort("v"), .customLong("volumes")],
    help: "Remove the stack's volumes as well, with names or without.")
  var volumes = false

  @Flag(help: "With -v: keep what the volumes hold as snapshots first.") var snapshot = false

  @Option(
    help: ArgumentHelp(
      "Remove the images that the stack used: all, or local (those without a name of their own).", valueName: "which"))
  var rmi: RemovedImages?

  @Option(
    name: [.customShort("t"), .customLong("timeout")],
    help: ArgumentHelp("Between stop signal and SIGKILL, instead of the file's.", valueName: "seconds")) var timeout:
    Int?

  @Flag(help: "Accepted as in Compose: what belongs to the stack by its records goes anyway.") var removeOrphans = false

  @OptionGroup var dry: DryRunOption

  @Flag(help: "The outcome as JSON.") var json = false

  @Flag(name: .shortAndLong, help: "Do not ask before data is lost.") var yes = false

  @Flag(help: "No colours.") var noColor = false

  /// Files and services, told apart.
  var mixed: MixedWords { MixedWords(words, files: stack.files) }

  func validate() throws {
    if snapshot, !mixed.services.isEmpty {
      throw ValidationError("--snapshot is about volumes with a name, which stay where services are named")
    }
    if snapshot && !volumes { throw ValidationError("--snapshot needs -v") }
    if let timeout, !(0...1_000_000).contains(timeout) {
      throw ValidationError("-t takes a number of seconds from 0 to 1000000")
    }
  }
}

struct DownCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "down", abstract: abstractOfDown)
  @OptionGroup var options: DownOptions

  func run() throws { try DownRun(options: options).run() }
}

/// The same under its own name.
struct DownProgram: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "containr-down", abstract: abstractOfDown, version: "containr-down \(VersionCommand.version)")
  @OptionGroup var options: DownOptions

  func run() throws { try DownRun(options: options).run() }
}

/// One `down`.
struct DownRun {
  var options: DownOptions

  private var services: [String] { options.mixed.services }

  func run() throws {
    let context = try CommandContext(noColour: options.noColor)
    let engine = try context.engine(
      stopGraceSeconds: options.timeout, keepsVolumes: options.snapshot)
    let naming = StackNaming(choice: options.stack.naming.choice(options.mixed.files), context: context)
    let name = try naming.name(engine)
    let known = KnownServices(choice: naming.choice, engine: engine, context: context)
    if options.dry.dryRun { return try rehearse(name, known) }
    let lock = try context.lock(engine, name)
    try naming.confirm(name, engine)
    // Whatever it used: with the stack go the records of it.
    let images = try images(of: name, known)
    let changeset = try changeset(name, known)
    let application = Application(
      context: context, engine: engine, changeset: changeset, report: context.output, reportInk: context.ink,
      isJSON: options.json)
    if changeset.isEmpty {
      if options.json {
        context.output.write(OutcomeText.json(changeset, nil))
      } else {
        context.output.write(nothing(name))
      }
      return
    }
    // -v was asked for; a person is asked once more, a script is not.
    if changeset.isDestructive && !options.yes && Prompt.isPossible {
      context.errors.write(ChangesetView(ink: context.errorInk).short(changeset))
      guard Prompt.confirm("Data will be lost. Go on?") else { throw CommandExit(.refused, "nothing was changed") }
    }
    Interrupt.explainEnd()
    let outcome = application.apply(lock)
    try application.conclude(outcome, end(name, outcome))
    try remove(images, engine, context)
  }

  /// All of the stack, or the containers of the services that are named, with what they share left as it is.
  private func changeset(_ name: String, _ known: KnownServices) throws -> Changeset {
    var options = ReconcileOptions(goal: services.isEmpty ? .down : .remove, removeVolumes: options.volumes)
    if !services.isEmpty {
      let all = try known.context.attempt { () throws(EngineError) in try known.engine.containers(stack: name) }
      try known.check(services, all, name)
      options.removeOnly = Set(all.filter { services.contains($0.service) }.map(\.id))
    }
    let wanted = options
    return try known.context.attempt { () throws(EngineError) in
      try known.engine.plan(nil, stackName: name, options: wanted)
    }
  }

  /// What `--rmi all` is about.
  private func images(of name: String, _ known: KnownServices) throws -> [String] {
    if options.rmi != .all { return [] }
    if services.isEmpty {
      return try known.context.attempt { () throws(EngineError) in try known.engine.images(of: name) }
    }
    let own = try known.applied(name)?.services.filter { services.contains($0.name) } ?? []
    return Set(own.compactMap(\.image?.reference)).sorted()
  }

  private func nothing(_ name: String) -> String {
    services.isEmpty
      ? "nothing to do: there is no stack \(name)\n"
      : "nothing to do: there is no container of \(services.joined(separator: ", "))\n"
  }

  private func end(_ name: String, _ outcome: ApplyReport) -> String {
    if services.isEmpty { return "\(name) is down: \(Displayed.count(outcome.done, "change"))" }
    return "\(services.joined(separator: ", ")) of \(name) is down: \(Displayed.count(outcome.done, "change"))"
  }

  private func rehearse(_ name: String, _ known: KnownServices) throws {
    let context = known.context
    let changeset = try changeset(name, known)
    if options.json { return context.output.write(OutcomeText.json(changeset, nil)) }
    if changeset.isEmpty { return context.output.write(nothing(name)) }
    DryRun.show(changeset, context)
    for image in try images(of: name, known) {
      context.output.write("image \(image) would be removed, unless another container uses it\n")
    }
    DryRun.end(context)
  }

  /// Those that containers of other stacks use stay.
  private func remove(_ images: [String], _ engine: StackEngine, _ context: CommandContext) throws {
    if images.isEmpty { return }
    let kept = try context.attempt { () throws(EngineError) in try engine.removeImages(images) }
    for (image, users) in kept {
      context.warn("image \(image) stays: container \(users.joined(separator: ", ")) uses it")
    }
    if !options.json {
      let gone = images.filter { image in !kept.contains { $0.image == image } }
      for image in gone { context.output.write("image \(image) removed\n") }
    }
  }
}

/// The words of `--rmi`.
enum RemovedImages: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// Nothing here builds images, so that none has no name of its own.
  case local
  case all
}
