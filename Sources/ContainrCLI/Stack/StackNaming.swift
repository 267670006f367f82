// Which stack is meant by commands that do not need its file: by name, by the file, or by what its record says.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

struct StackNaming {
  var choice: StackChoice
  var context: CommandContext

  /// The stack's name. A file that is broken or gone does not matter as long as a stack is known by its path. A stack
  /// that came from another file is only meant by who names it with -p.
  func name(_ engine: StackEngine) throws -> String {
    if let name = choice.projectName { return name }
    let settings = try choice.settings(context)
    let known = try context.attempt { () throws(EngineError) in try engine.knownStacks() }
    guard let source = settings.source else {
      if let name = settings.projectName { return name }
      throw CommandExit(
        .refused, "no stack file here or in a directory above", notes: Self.list(known),
        help: "-p NAME takes a stack without its file")
    }
    let identity = StackIdentity.path(of: source)
    let name: String
    let same = known.filter { $0.file == identity }
    if let given = settings.projectName {
      name = given
    } else if same.count == 1 {
      // The name that the stack was brought up under counts more than what the file would say today.
      name = same[0].name
    } else {
      let result = try StackReader(settings: settings, source: source).load()
      guard let plan = result.plan else {
        context.errors.write(
          DiagnosticRenderer.render(result.diagnostics, sources: result.sources, colour: context.errorInk.isOn))
        throw CommandExit(
          .refused, "the file does not load, and no stack that is up came from it", notes: Self.list(known),
          help: "-p NAME takes a stack without its file")
      }
      name = plan.name
    }
    try Self.check(name, known, identity)
    return name
  }

  /// The same for commands that only look, to which a stack that is not there is an empty one: if it was named, that is told.
  func nameToLook(_ engine: StackEngine) throws -> String {
    let name = try name(engine)
    if choice.projectName == nil { return name }
    let known = try context.attempt { () throws(EngineError) in try engine.knownStacks() }
    if let exit = Self.missing(name, known) { context.errors.write(exit.text(as: "warning", context.errorInk)) }
    return name
  }

  /// What to say where there is no such stack; nil if there is.
  static func missing(_ name: String, _ known: [ObservedStack]) -> CommandExit? {
    if known.contains(where: { $0.name == name }) { return nil }
    let near = NearestName.suggestion(for: name, among: known.map(\.name))
    return CommandExit(
      .failure, "no stack \(name) is up", notes: list(known),
      help: near.map { "did you mean '\($0)'?" } ?? (known.isEmpty ? "containr up starts one" : nil))
  }

  /// Whether the name still means what it did: another command may have had the lock in between.
  func confirm(_ name: String, _ engine: StackEngine) throws {
    if choice.projectName != nil { return }
    guard let source = try choice.settings(context).source else { return }
    let known = try context.attempt { () throws(EngineError) in try engine.knownStacks() }
    try Self.check(name, known, StackIdentity.path(of: source))
  }

  private static func check(_ name: String, _ known: [ObservedStack], _ identity: String) throws {
    guard let other = known.first(where: { $0.name == name }), other.file != identity else { return }
    throw CommandExit(
      .refused, "the stack \(name) that is up is not this one: it came from \(other.file)",
      notes: ["this file is \(identity)"],
      help: "-p \(name) means that stack; if this is the same file at a new place, containr-up --adopt takes it over")
  }

  /// What is up, as a note.
  static func list(_ known: [ObservedStack]) -> [String] {
    known.isEmpty ? [] : ["stacks that are up: \(known.map { "\($0.name) (\($0.file))" }.joined(separator: ", "))"]
  }
}
