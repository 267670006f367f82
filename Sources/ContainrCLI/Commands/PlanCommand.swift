// `containr plan`: what `up` would do, and why. Has no way to write.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Prints what `up` would do, and why. Changes nothing.",
    discussion: "Exit code 0: nothing to do; 2: changes.")

  @OptionGroup var stack: StackOptions
  @Argument(help: "The stack file; - is standard input.") var file: String?
  @Flag(help: "The plan as JSON.") var json = false
  @Flag(help: "No colours.") var noColor = false

  func run() throws {
    let context = try CommandContext(noColour: noColor)
    let loaded = try stack.choice(file).plan(context)
    try PlanRun(context: context, stack: loaded, isJSON: json, program: "containr plan").run()
  }
}

/// Plans and prints.
struct PlanRun {
  var context: CommandContext
  var stack: LoadedStack
  var isJSON: Bool
  var program: String

  func run() throws {
    let engine = try context.engine(program)
    let changeset = try context.attempt { () throws(EngineError) in
      try engine.plan(stack.plan, stackName: stack.plan.name)
    }
    context.output.write(isJSON ? changeset.json : ChangesetView(ink: context.ink).full(changeset))
    if !changeset.isEmpty { throw CommandExit(.refused) }
  }
}
