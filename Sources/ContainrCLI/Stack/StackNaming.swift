// Which stack is meant by commands that do not need its file: by name, by the file, or by what its record says.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

struct StackNaming {
  var choice: StackChoice
  var context: CommandContext

  /// The stack's name. A file that is broken or gone does not matter as long as a stack is known by its path.
  func name(_ engine: StackEngine) throws -> String {
    if let name = choice.projectName { return name }
    let settings = try choice.settings(context)
    if let name = settings.projectName { return name }
    let known = try context.attempt { () throws(EngineError) in try engine.stacks() }
    guard let source = settings.source else {
      throw CommandExit(
        .refused, "no stack file here or in a directory above", notes: Self.list(known),
        help: "-p NAME takes a stack without its file")
    }
    // The name that the stack was brought up under counts more than what the file would say today.
    let same = known.filter { $0.file == source.path.string }
    if same.count == 1 { return same[0].name }
    let result = try StackReader(settings: settings, source: source).load()
    if let plan = result.plan { return plan.name }
    context.errors.write(
      DiagnosticRenderer.render(result.diagnostics, sources: result.sources, colour: context.errorInk.isOn))
    throw CommandExit(
      .refused, "the file does not load, and no stack that is up came from it", notes: Self.list(known),
      help: "-p NAME takes a stack without its file")
  }

  private static func list(_ known: [StackSummary]) -> [String] {
    known.isEmpty ? [] : ["stacks that are up: \(known.map { "\($0.name) (\($0.file))" }.joined(separator: ", "))"]
  }
}
