// `containr rollback`: takes a whole stack back to a revision.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec

struct RollbackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Takes a stack back to a revision, and records that as a new one.",
    discussion: "Without a number: the last revision that was applied before the current one and wanted something else."
  )

  @OptionGroup var stack: StackOptions
  @Argument(help: "The revision, as 'containr history' numbers them.") var number: Int?
  @Flag(help: "Print what would be done, and change nothing; exit codes as of 'containr plan'.") var dryRun = false
  @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
  @Flag(help: "Plan and outcome as JSON on standard output.") var json = false
  @Flag(help: "No colours.") var noColor = false

  func run() throws {
    let context = try CommandContext(noColour: noColor)
    let engine = try context.engine()
    let naming = StackNaming(choice: stack.choice(), context: context)
    let name = try naming.name(engine)
    if dryRun { return try show(try look(name, engine, context), context) }
    let lock = try context.lock(engine, name)
    try naming.confirm(name, engine)
    let way = try look(name, engine, context)
    let application = way.application(report: context.output, ink: context.ink, isJSON: json)
    way.warnOfLayers()
    try application.preflight()
    if way.changeset.isEmpty { return try conclude(way, engine, lock, context) }
    if !json {
      context.output.write("back to revision \(way.target.number): \(way.target.summary)\n")
      context.output.write(ChangesetView(ink: context.ink).short(way.changeset))
    }
    try confirm(way)
    Interrupt.explainEnd(.returning)
    let outcome = application.apply(lock)
    try application.conclude(
      outcome,
      "\(name) is back at revision \(way.target.number), as revision \(outcome.revision ?? 0): "
        + Displayed.count(outcome.done, "change"))
  }

  private func look(_ name: String, _ engine: StackEngine, _ context: CommandContext) throws -> RevisionReturn {
    let revisions = try context.attempt { () throws(EngineError) in try engine.revisions(of: name) }
    if let number {
      guard let target = revisions.first(where: { $0.number == number }) else {
        throw CommandExit(
          .refused, "the stack \(name) has no revision \(number)", notes: Self.known(revisions),
          help: "containr history shows them")
      }
      return try RevisionReturn(to: target, of: name, engine, context)
    }
    guard let target = try context.attempt({ () throws(EngineError) in try engine.returnTarget(of: name) }) else {
      throw CommandExit(
        .refused, "the stack \(name) has no earlier revision that was applied and wanted something else",
        notes: Self.known(revisions), help: "containr history shows them; a number names one")
    }
    return try RevisionReturn(to: target, of: name, engine, context)
  }

  private static func known(_ revisions: [Revision]) -> [String] {
    guard let first = revisions.first, let last = revisions.last else { return ["it has none: it is not up"] }
    return ["it has revisions \(first.number) to \(last.number)"]
  }

  private func show(_ way: RevisionReturn, _ context: CommandContext) throws {
    way.warnOfLayers()
    context.output.write(json ? way.changeset.json : ChangesetView(ink: context.ink).full(way.changeset))
    let application = way.application(report: context.output, ink: context.ink, isJSON: json)
    let problems = try application.problems()
    guard problems.isEmpty else {
      application.show(problems)
      throw CommandExit(.blocked)
    }
    if !way.changeset.isEmpty { throw CommandExit(.refused) }
  }

  /// Nothing has to be done; that this is wanted again is news all the same.
  private func conclude(
    _ way: RevisionReturn, _ engine: StackEngine, _ lock: borrowing StackLock, _ context: CommandContext
  ) throws {
    let intent = RevisionIntent(options: way.target.options, returnsTo: way.target.number)
    try context.attempt { () throws(EngineError) in
      if try engine.isNews(way.stack.plan) { try engine.record(way.stack.plan, intent: intent, lock: lock) }
    }
    context.output.write(json ? OutcomeText.json(way.changeset, nil) : way.changeset.text)
  }

  /// A person is asked; a script is not, unless the result would not be what the revision was, or data is lost.
  private func confirm(_ way: RevisionReturn) throws {
    if yes { return }
    let isDoubtful = !way.changedLayers.isEmpty || way.changeset.isDestructive
    guard Prompt.isPossible else {
      if !isDoubtful { return }
      let why = way.changeset.isDestructive ? "data would be lost" : "layers are other ones by now"
      throw CommandExit(.refused, "\(why), and there is nobody to ask", help: "-y says that it may")
    }
    guard Prompt.confirm(way.changeset.isDestructive ? "Data will be lost. Go on?" : "Go on?") else {
      throw CommandExit(.refused, "nothing was changed")
    }
  }
}
