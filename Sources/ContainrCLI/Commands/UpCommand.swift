// `containr up` and `containr-up`: makes the host as the stack file says.
internal import ArgumentParser
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrSystem

private let abstractOfUp = "Brings a stack up: reads its file, compares with what runs, changes only what differs."

struct UpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "up", abstract: abstractOfUp)
  @OptionGroup var options: UpOptions

  func run() throws { try UpRun(options: options, program: "containr up").run() }
}

/// The same under its own name.
struct UpProgram: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "containr-up", abstract: abstractOfUp, version: "containr-up \(VersionCommand.version)")
  @OptionGroup var options: UpOptions

  func run() throws { try UpRun(options: options, program: "containr-up").run() }
}

/// One `up`.
struct UpRun {
  var options: UpOptions
  var program: String

  private var isAttached: Bool { !options.detach && !options.wait && !options.json }

  func run() throws {
    let context = try CommandContext(noColour: options.noColor)
    let times = TimelineRecorder()
    let saved = try SavedPlanFile(context: context).read(options)
    let stack = try times.phase("read the file") { try load(saved, context) }
    if options.plan {
      return try PlanRun(
        context: context, stack: stack, isJSON: options.json, explains: options.explain, program: program
      ).run()
    }
    let engine = try context.engine(program)
    try bringUp(stack, saved, engine, context, times)
    if options.wait { try awaitAll(stack, engine, context) }
    if isAttached { try AttachedRun(context: context, engine: engine, stack: stack, options: options).run() }
  }

  private func load(_ saved: SavedPlan?, _ context: CommandContext) throws -> LoadedStack {
    if let saved {
      guard options.scale.words.isEmpty else {
        throw CommandExit(
          .refused, "a saved plan is applied as it is: --scale cannot change it",
          help: "give --scale to 'containr plan -o'")
      }
      return LoadedStack(plan: try saved.desired(in: context), sources: [])
    }
    let choice = options.choice
    return options.plan ? try PlanRun.planning { try choice.plan(context) } : try choice.plan(context)
  }

  /// Under the stack's lock, which ends with this function: logs are watched without it.
  private func bringUp(
    _ stack: LoadedStack, _ saved: SavedPlan?, _ engine: StackEngine, _ context: CommandContext,
    _ times: TimelineRecorder
  ) throws {
    let lock = try times.phase("wait for the lock") { try context.lock(engine, stack.plan.name) }
    let changeset = try times.phase("look and compare") {
      try context.attempt { () throws(EngineError) in
        try engine.plan(stack.plan, stackName: stack.plan.name)
      }
    }
    if let saved { try SavedPlanFile.check(saved, now: changeset) }
    let intent = RevisionIntent(options: RevisionOptions(profiles: stack.profiles, scale: options.scale.counts))
    // Attached, standard output belongs to the logs.
    let application = Application(
      context: context, engine: engine, stack: stack, changeset: changeset,
      report: isAttached ? context.errors : context.output, reportInk: isAttached ? context.errorInk : context.ink,
      isJSON: options.json, intent: intent)
    if changeset.isEmpty {
      try recordIfNews(stack.plan, intent, engine, lock, context)
      if options.json {
        context.output.write(OutcomeText.json(changeset, nil))
      } else {
        application.report.write(changeset.text)
      }
      try writeReport(changeset, stack, times, context)
      return
    }
    try times.phase("preflight") { try application.preflight() }
    if !options.json { application.report.write(ChangesetView(ink: application.reportInk).short(changeset)) }
    if changeset.isDestructive && !options.yes { try confirm() }
    Interrupt.explainEnd()
    let outcome = times.phase("apply") { application.apply(lock) { times.note($0) } }
    try writeReport(changeset, stack, times, context)
    try application.conclude(outcome, "\(stack.plan.name) is up: \(Displayed.count(outcome.done, "change"))")
  }

  /// A plan that asks for no change may still be another one than the last.
  private func recordIfNews(
    _ plan: StackPlan, _ intent: RevisionIntent, _ engine: StackEngine, _ lock: borrowing StackLock,
    _ context: CommandContext
  ) throws {
    do throws(EngineError) {
      if try engine.isNews(plan) { try engine.record(plan, intent: intent, lock: lock) }
    } catch {
      // Nothing had to be done, and so nothing is lost but a line of the history.
      context.warn("the history has no revision of this: \(error.message)")
    }
  }

  private func writeReport(
    _ changeset: Changeset, _ stack: LoadedStack, _ times: TimelineRecorder, _ context: CommandContext
  ) throws {
    guard let report = options.report else { return }
    let timeline = times.result.partingPhase("apply")
    let page = HTMLReport(changeset: changeset, file: stack.plan.file, timeline: timeline)
    try context.write(page.text, to: report)
  }

  private func confirm() throws {
    guard Prompt.isPossible else {
      throw CommandExit(.refused, "the plan loses data, and there is nobody to ask", help: "-y says that it may")
    }
    guard Prompt.confirm("Data will be lost. Go on?") else { throw CommandExit(.refused, "nothing was changed") }
  }

  /// `--wait`: as the plan says what there is to wait for, this is one more changeset that only waits.
  private func awaitAll(_ stack: LoadedStack, _ engine: StackEngine, _ context: CommandContext) throws {
    let ending = try StackWait(context: context, engine: engine, stack: stack, seconds: options.waitTimeout).run()
    if !ending.isEmpty {
      throw CommandExit(
        .unhealthy, "\(stack.plan.name) is up, but not well",
        notes: ending + (try LastWords(context: context, engine: engine, stack: stack.plan.name).notes()),
        help: "containr ps shows the containers, containr logs what they wrote")
    }
  }
}
