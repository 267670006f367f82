// `containr diff`: what differs between two revisions, or between one and what is there now.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec

struct DiffCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Shows what differs between two revisions of a stack.",
    discussion: """
      Without numbers: from the revision that 'containr rollback' would return to, to what is there now. With one: from \
      that one to what is there now. Exit code 0: no difference; 2: there are some.
      """)

  @OptionGroup var stack: StackOptions
  @Argument(help: "The revision to start from.") var from: Int?
  @Argument(help: "The revision to compare with.") var to: Int?
  @Flag(help: "As JSON.") var json = false
  @Flag(help: "No colours.") var noColor = false

  func run() throws {
    let context = try CommandContext(noColour: noColor)
    let engine = try context.engine()
    let name = try StackNaming(choice: stack.choice(), context: context).name(engine)
    guard
      let number = try from ?? context.attempt({ () throws(EngineError) in try engine.returnTarget(of: name)?.number })
    else {
      throw CommandExit(
        .refused, "the stack \(name) has no earlier revision to compare with", help: "containr history shows them")
    }
    let old = try parts(number, name, engine, context)
    let new =
      if let to { try parts(to, name, engine, context) } else {
        try context.attempt { () throws(EngineError) in try engine.recordedParts(of: name) }
      }
    let differences = planDifferences(from: old, to: new)
    if json {
      context.output.write(Self.json(differences, name, number, to))
    } else {
      let text = Displayed.safe(PlanDifference.text(differences))
      context.output.write(ChangesetView(ink: context.ink).painted(text))
    }
    if !differences.isEmpty { throw CommandExit(.refused) }
  }

  private func parts(
    _ number: Int, _ name: String, _ engine: StackEngine, _ context: CommandContext
  ) throws -> [PlanPart] {
    do throws(EngineError) { return try engine.parts(ofRevision: number, stack: name) } catch {
      throw error.kind == .unknownRevision
        ? CommandExit(.refused, error.message, help: "containr history shows them")
        : CommandExit(.failure, error.message)
    }
  }

  /// `{"format": 1, "stack": …, "from": 1, "to": 2, "differences": […]}`; `to` is null for what is there now.
  private static func json(_ differences: [PlanDifference], _ stack: String, _ from: Int, _ to: Int?) -> String {
    let items = PlanDifference.json(differences).map { "    \($0)" }
    let head =
      "{\n  \"format\": 1,\n  \"stack\": \(JSONText.quoted(stack)),\n  \"from\": \(from),\n"
      + "  \"to\": \(JSONText.number(to)),\n  \"differences\": ["
    return head + (items.isEmpty ? "]\n}\n" : "\n\(items.joined(separator: ",\n"))\n  ]\n}\n")
  }
}
