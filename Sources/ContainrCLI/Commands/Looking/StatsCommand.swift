// `containr stats`: what the containers of a stack use.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSystem

/// How it is written.
enum StatsFormat: String, ExpressibleByArgument { case table, json }

struct StatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats", abstract: "Shows processor, memory, network and disk use of containers.")
  @OptionGroup var stack: StackOptions
  @Flag(name: .customLong("no-stream"), help: "Look once; there is no live screen yet.") var noStream = false
  @Flag(name: .customLong("by-service"), help: "A line a service instead of a container.") var byService = false
  @Option(help: "table or json (an object a line).") var format = StatsFormat.table
  @Option(help: ArgumentHelp("How long the look at the processors takes.", valueName: "milliseconds"))
  var interval = 500
  @Argument(help: "Services; none is all of the stack.", completion: .services) var services: [String] = []

  func validate() throws {
    if interval < 0 { throw ValidationError("the interval cannot be negative") }
  }

  func run() throws {
    let context = try CommandContext()
    guard noStream else {
      throw CommandExit(.refused, "there is no live screen yet", help: "containr stats --no-stream looks once")
    }
    let engine = try context.engine("containr stats")
    let name = try StackNaming(choice: stack.choice(), context: context).name(engine)
    // Of all, the samples alone say enough.
    if !services.isEmpty { _ = try ContainerChoice(services, of: name, engine, context) }
    func look() throws -> [ContainerSample] {
      try context.attempt { () throws(EngineError) in try engine.samples(stack: name) }
        .filter { services.isEmpty || services.contains($0.service) }
    }
    let before = try look()
    var uses = StackUse.between([], before)
    if interval > 0 {
      Kernel.pause(milliseconds: Int32(clamping: interval))
      uses = StackUse.between(before, try look())
    }
    if byService { uses = StackUse.byService(uses) }
    switch format {
    case .table: context.output.write(StatsView.table(uses).text(context.ink))
    case .json: for use in uses { context.output.write(StatsView.json(use)) }
    }
  }
}
