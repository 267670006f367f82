// `containr check`: reads a stack file and says what is wrong with it. Needs no root and touches nothing.
internal import ArgumentParser
internal import ContainrSpec

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Reads a stack file and reports everything that is wrong with it.",
    discussion: "Exit code 0: no errors; 2: errors. Warnings do not change it.")

  @OptionGroup var stack: StackOptions
  @Argument(help: "The stack file.") var file: String?
  @Flag(help: "Findings as JSON.") var json = false
  @Flag(help: "No colours.") var noColor = false

  func run() throws {
    let context = try CommandContext(noColour: noColor)
    let result = try stack.choice(file).reader(context).load()
    if json {
      context.output.write(DiagnosticRenderer.renderJSON(result.diagnostics) + "\n")
    } else {
      context.errors.write(
        DiagnosticRenderer.render(result.diagnostics, sources: result.sources, colour: context.errorInk.isOn))
      if let plan = result.plan {
        context.output.write(
          "\(plan.name): \(Displayed.count(plan.services.count, "service")), "
            + "\(Displayed.count(plan.networks.count, "network")), \(Displayed.count(plan.volumes.count, "volume")); no errors\n"
        )
      }
    }
    if result.plan == nil { throw CommandExit(.refused) }
  }
}
