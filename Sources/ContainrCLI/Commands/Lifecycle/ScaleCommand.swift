// `containr scale`: more or fewer containers of some services, and nothing else of the stack.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec

struct ScaleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale", abstract: "Changes how many containers services have; other services are left alone.",
    discussion: "The next up goes back to the file's numbers.")

  @OptionGroup var stack: StackOptions
  @Flag(help: "Accepted as in Compose: what they depend on is left alone anyway.") var noDeps = false
  @OptionGroup var dry: DryRunOption
  @Flag(help: "No colours.") var noColor = false
  @Argument(help: ArgumentHelp("Services and their numbers.", valueName: "service=n")) var words: [ScaleWord]

  func validate() throws { if words.isEmpty { throw ValidationError("name services: SERVICE=N") } }

  func run() throws {
    let context = try CommandContext(noColour: noColor)
    let engine = try context.engine()
    var choice = stack.choice()
    choice.scale = Dictionary(words.map { ($0.service, $0.count) }) { _, last in last }
    let loaded = try choice.plan(context)
    let name = loaded.plan.name
    if dry.dryRun {
      let application = try application(loaded, choice.scale, engine, context)
      try application.preflight()
      DryRun.show(application.changeset, context)
      return DryRun.end(context)
    }
    let lock = try context.lock(engine, name)
    let application = try application(loaded, choice.scale, engine, context)
    if application.changeset.isEmpty { return context.output.write("nothing to do: they are as many already\n") }
    try application.preflight()
    Interrupt.explainEnd(.applying)
    let outcome = application.apply(lock)
    let text = words.map { "\($0.service)=\($0.count)" }.joined(separator: ", ")
    try application.conclude(outcome, "\(name) has \(text): \(Displayed.count(outcome.done, "change"))")
  }

  /// The changes to so many containers of these services, and to nothing else.
  private func application(
    _ stack: LoadedStack, _ scale: [String: Int], _ engine: StackEngine, _ context: CommandContext
  ) throws -> Application {
    var loaded = stack
    let name = loaded.plan.name
    let scaled = Set(scale.keys)
    let last = try context.attempt { () throws(EngineError) in try engine.lastRevision(of: name) }
    var counts = scale
    if let last {
      let earlier = try context.attempt { () throws(EngineError) in
        try engine.plan(ofRevision: last.number, stack: name)
      }
      // What else has changed in the file is for an up to say and to do.
      loaded.plan = loaded.plan.changing(only: scaled, of: earlier)
      counts = last.options.scale.merging(counts) { $1 }
    }
    let there = try context.attempt { () throws(EngineError) in try engine.containers(stack: name) }
    var options = ReconcileOptions()
    options.orphans = .ignore
    var places: Set<ContainerName> = []
    for service in scaled {
      let most = max(
        scale[service] ?? 0, there.filter { $0.service == service }.map(\.index).max() ?? 0)
      for index in 1...max(1, most) { places.insert(ContainerName(stack: name, service: service, index: index)) }
    }
    options.only = places
    let desired = loaded.plan
    let (wanted, frozen) = (options, loaded)
    let changeset = try context.attempt { () throws(EngineError) in
      try engine.plan(desired, stackName: name, options: wanted)
    }
    let intent = RevisionIntent(options: RevisionOptions(profiles: loaded.profiles, scale: counts))
    return Application(
      context: context, engine: engine, stack: frozen, changeset: changeset, report: context.output,
      reportInk: context.ink, intent: intent)
  }
}

extension StackPlan {
  /// This plan with all services as they are in another one but for some; networks and volumes of both.
  func changing(only services: Set<String>, of earlier: StackPlan) -> StackPlan {
    var plan = self
    plan.services =
      (self.services.filter { services.contains($0.name) }
      + earlier.services.filter { !services.contains($0.name) }).sorted { $0.name < $1.name }
    plan.networks += earlier.networks.filter { old in !networks.contains { $0.key == old.key } }
    plan.contents += earlier.contents.filter { old in !contents.contains { $0.kind == old.kind && $0.key == old.key } }
    plan.volumes += earlier.volumes.filter { old in !volumes.contains { $0.key == old.key } }
    return plan
  }
}
