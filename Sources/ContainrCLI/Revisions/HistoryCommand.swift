// `containr history`: the revisions of a stack.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSystem

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Lists the revisions of a stack: what each `up` and rollback made of it.")

  @OptionGroup var stack: StackOptions
  @Argument(help: "The stack file.") var file: String?
  @Flag(help: "As JSON.") var json = false
  @Flag(help: "No colours.") var noColor = false

  func run() throws {
    let context = try CommandContext(noColour: noColor)
    let engine = try context.engine()
    let name = try StackNaming(choice: stack.choice(file), context: context).name(engine)
    let revisions = try context.attempt { () throws(EngineError) in try engine.revisions(of: name) }
    if json {
      context.output.write(HistoryView.json(revisions, stack: name))
    } else {
      context.output.write(HistoryView.table(revisions, now: Kernel.realTime() / 1_000_000_000).text(context.ink))
    }
  }
}
