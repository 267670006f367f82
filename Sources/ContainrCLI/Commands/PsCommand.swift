// `containr ps`: the containers of a stack, or of all, as they are.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSystem

struct PsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ps", abstract: "Lists the containers of a stack, as they are now.")

  @OptionGroup var stack: StackOptions
  @Argument(help: "The stack file.") var file: String?
  @Flag(help: "As JSON.") var json = false
  @Flag(name: [.customShort("a"), .long], help: "The containers of all stacks.") var all = false
  @Flag(name: .shortAndLong, help: "Names only.") var quiet = false
  @Flag(help: "No colours.") var noColor = false

  private func isAboutTheHost(_ choice: StackChoice, _ context: CommandContext) throws -> Bool {
    if choice.projectName != nil { return false }
    let settings = try choice.settings(context)
    return settings.projectName == nil && settings.source == nil
  }

  func run() throws {
    let context = try CommandContext(noColour: noColor)
    let engine = try context.engine()
    let choice = stack.choice(file)
    // Where no stack is named and no file is in sight, the question is about this host.
    let asksForAll = try all || isAboutTheHost(choice, context)
    let name = asksForAll ? nil : try StackNaming(choice: choice, context: context).name(engine)
    let containers = try context.attempt { () throws(EngineError) in try engine.containers(stack: name) }
    if json {
      context.output.write(StatusView.json(containers))
    } else if quiet {
      context.output.write(containers.map { $0.name + "\n" }.joined())
    } else {
      context.output.write(StatusView.table(containers, now: Kernel.realTime() / 1_000_000_000).text(context.ink))
    }
  }
}
