// `containr ps`: the containers of a stack, or of all, as they are.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec
internal import ContainrSystem

struct PsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ps", abstract: "Lists the containers of a stack, as they are now.",
    discussion: "Those that do not run are listed as well; --status running leaves them out.")

  @OptionGroup var stack: StackOptions
  @Argument(
    help: ArgumentHelp(
      "Stack files, if words end in .yaml or .yml; services: only their containers.", valueName: "file or service"),
    completion: .services)
  var words: [String] = []
  @Flag(name: .shortAndLong, help: "Accepted: those that do not run are listed anyway.") var all = false
  @Flag(help: "The containers of all stacks.") var allStacks = false
  @Flag(name: .shortAndLong, help: "Names only.") var quiet = false
  @Flag(help: "The names of the services that have such containers.") var services = false
  @Option(help: ArgumentHelp("Only those in this state; repeated: in any of them.", valueName: "state")) var status:
    [String] = []
  @Option(help: ArgumentHelp("status=STATE, as --status.", valueName: "filter")) var filter: [String] = []
  @Flag(inversion: .prefixedNo, help: "Those of services that are not in the file any more as well.") var orphans = true
  @Option(help: "table, json (one a line, with Compose's names), or a text with {{.Name}} and the like.") var format:
    String?
  @Flag(help: "Accepted: nothing is ever cut.") var noTrunc = false
  @Flag(help: "As one JSON document, with our own names and all there is.") var json = false
  @Flag(help: "No colours.") var noColor = false

  func validate() throws {
    if json, format != nil { throw ValidationError("--json and --format contradict each other") }
    if quiet, services { throw ValidationError("--quiet and --services contradict each other") }
    if allStacks, !orphans { throw ValidationError("--no-orphans is about one stack") }
  }

  func run() throws {
    let context = try CommandContext(noColour: noColor)
    let (format, filter) = (try ListFormat(format), try StatusFilter(status: status, filter: filter))
    let engine = try context.engine()
    let arguments = MixedWords(words, files: stack.files)
    let choice = stack.naming.choice(arguments.files)
    // Where no stack is named and no file is in sight, the question is about this host.
    let asksForAll = try allStacks || isAboutTheHost(choice, context)
    let name = asksForAll ? nil : try StackNaming(choice: choice, context: context).nameToLook(engine)
    var containers = try context.attempt { () throws(EngineError) in try engine.containers(stack: name) }
    if !arguments.services.isEmpty {
      try KnownServices(choice: choice, engine: engine, context: context).check(arguments.services, containers, name)
      containers = containers.filter { arguments.services.contains($0.service) }
    }
    if !orphans {
      let plan = try choice.plan(context, isQuiet: true).plan
      let known = Set(plan.services.map(\.name) + plan.inactiveServices)
      containers = containers.filter { known.contains($0.service) || $0.isOneOff }
    }
    containers = containers.filter(filter.holds)
    try write(containers, format, of: name, context, engine)
  }

  private func write(
    _ containers: [ContainerStatus], _ format: ListFormat, of name: String?, _ context: CommandContext,
    _ engine: StackEngine
  ) throws {
    if json { return context.output.write(StatusView.json(containers)) }
    if quiet { return context.output.write(containers.map { $0.name + "\n" }.joined()) }
    if services {
      return context.output.write(Set(containers.map(\.service)).sorted().map { $0 + "\n" }.joined())
    }
    let now = Kernel.realTime() / 1_000_000_000
    switch format {
    case .table: context.output.write(StatusView.table(containers, now: now).text(context.ink))
    case .json:
      let rows = try fields(containers, now, of: name, context, engine, hasSize: true)
      context.output.write(rows.map(VolumeView.line).joined())
    case .template(let template):
      let hasSize = template.names.contains("Size")
      let rows = try fields(containers, now, of: name, context, engine, hasSize: hasSize)
      context.output.write(try template.list(rows, context.ink))
    }
  }

  /// With what each was made with. How much it has written is looked at for those only who ask for it.
  private func fields(
    _ containers: [ContainerStatus], _ now: UInt64, of stack: String?, _ context: CommandContext,
    _ engine: StackEngine, hasSize: Bool
  ) throws -> [[VolumeView.Field]] {
    let details = try context.attempt { () throws(EngineError) in try engine.details(stack: stack) }
    return containers.map { container in
      let written = hasSize ? bytesWritten(container.id, context, engine) : nil
      return ContainerFields(
        container: container, details: details[container.id] ?? ContainerDetails(), written: written, now: now
      ).fields
    }
  }

  /// nil, with a warning, where it cannot be looked at: that is no reason to hide the container.
  private func bytesWritten(_ id: String, _ context: CommandContext, _ engine: StackEngine) -> UInt64? {
    do throws(EngineError) { return try engine.writtenBytes(id) } catch {
      context.warn("\(error)")
      return nil
    }
  }

  private func isAboutTheHost(_ choice: StackChoice, _ context: CommandContext) throws -> Bool {
    if choice.projectName != nil { return false }
    let settings = try choice.settings(context)
    return settings.projectName == nil && settings.source == nil
  }
}
