// Which stack is meant, whatever command says it: the file's finding and loading, with everything shown that is found.
internal import ContainrSpec

/// The words of a command line that name a stack.
struct StackChoice: Sendable {
  var files: [String] = []
  var projectName: String?
  var profiles: [String] = []
  var envFile: String?
  var projectDirectory: String?

  /// The reader for the file; that there is none ends the command.
  func reader(_ context: CommandContext) throws -> StackReader {
    guard let source = try source(context) else {
      throw CommandExit(
        .refused, "no stack file here or in a directory above",
        notes: ["looked for \(StackFinder.names.joined(separator: ", "))"], help: "name one: containr-up FILE")
    }
    if let first = source.ignored.first {
      context.warn("both \(source.shown) and \(first) are here; \(source.shown) is used, -f names another")
    }
    return reader(of: source, context)
  }

  /// The reader for a source that was found.
  func reader(of source: StackSource, _ context: CommandContext) -> StackReader {
    StackReader(
      surroundings: context.surroundings, source: source, projectName: projectName, profiles: profiles, envFile: envFile
    )
  }

  /// The source that is named or found, nil if there is none.
  func source(_ context: CommandContext) throws -> StackSource? {
    try StackFinder(surroundings: context.surroundings).find(files: files, directory: projectDirectory)
  }

  /// The plan of the stack; all findings are shown, and any error among them ends the command.
  func plan(_ context: CommandContext) throws -> LoadedStack {
    let result = try reader(context).load()
    context.errors.write(
      DiagnosticRenderer.render(result.diagnostics, sources: result.sources, colour: context.errorInk.isOn))
    guard let plan = result.plan else { throw CommandExit(.refused) }
    return LoadedStack(plan: plan, sources: result.sources)
  }
}

/// A plan and the texts that its places point into.
struct LoadedStack: Sendable {
  var plan: StackPlan
  var sources: [SourceText]
}
