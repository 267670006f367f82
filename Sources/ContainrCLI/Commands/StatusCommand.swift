// `containr status`: what runs, and what of it is no longer as it was applied.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec
internal import ContainrSystem

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Tells what runs, and what is no longer as it was applied. Changes nothing.",
    discussion: "Exit code 0: everything is in order; 2: something is not.")

  @OptionGroup var stack: StackOptions
  @Argument(help: "The stack file.") var file: String?
  @Flag(help: "As JSON.") var json = false
  @Flag(help: "No colours.") var noColor = false

  func run() throws {
    let context = try CommandContext(noColour: noColor)
    let engine = try context.engine()
    let found = try statuses(engine, context)
    if json {
      context.output.write(DriftView.json(found))
    } else {
      let view = DriftView(ink: context.ink, now: Kernel.realTime() / 1_000_000_000)
      context.output.write(found.isEmpty ? "no stack is up\n" : found.map(view.text).joined(separator: "\n"))
    }
    if !found.allSatisfy(\.isInOrder) { throw CommandExit(.refused) }
  }

  private func statuses(_ engine: StackEngine, _ context: CommandContext) throws -> [StackStatus] {
    let choice = stack.choice(file)
    let settings = try choice.settings(context)
    // Where no stack is named and no file is in sight, the question is about this host.
    if settings.projectName == nil, settings.source == nil {
      let names = try context.attempt { () throws(EngineError) in try engine.stacks() }.map(\.name)
      return try names.compactMap { try status($0, nil, engine, context) }
    }
    let name = try StackNaming(choice: choice, context: context).name(engine)
    guard let status = try status(name, try desired(settings), engine, context) else {
      let known = try context.attempt { () throws(EngineError) in try engine.knownStacks() }
      throw CommandExit(.refused, "stack \(name) is not up", notes: StackNaming.list(known))
    }
    return [status]
  }

  private func status(
    _ name: String, _ desired: StackPlan?, _ engine: StackEngine, _ context: CommandContext
  ) throws -> StackStatus? {
    try context.attempt { () throws(EngineError) in try engine.status(name, desired: desired) }
  }

  /// What the file says, if there is one that loads. What is wrong with it is said by the commands that need it.
  private func desired(_ settings: StackSettings) throws -> StackPlan? {
    guard let source = settings.source else { return nil }
    var reader = StackReader(settings: settings, source: source)
    reader.wantsModel = false
    do { return try reader.load().plan } catch is CommandExit { return nil }
  }
}
