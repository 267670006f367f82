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

  func run() throws { try UpRun(options: options).run() }
}

/// The same under its own name.
struct UpProgram: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "containr-up", abstract: abstractOfUp, version: "containr-up \(VersionCommand.version)")
  @OptionGroup var options: UpOptions

  func run() throws { try UpRun(options: options).run() }
}

/// One `up`.
struct UpRun {
  var options: UpOptions

  private var isAttached: Bool { !options.detach && !options.wait && !options.json && !options.noStart }

  func run() throws {
    let context = try CommandContext(noColour: options.noColor)
    let times = TimelineRecorder()
    let saved = try SavedPlanFile(context: context).read(options)
    let stack = try times.phase("read the file") { try load(saved, context) }
    let orphans = try options.orphans.rule(context.switches, saved: saved.map { $0.removeOrphans ?? false })
    if options.plan {
      return try PlanRun(
        context: context, stack: stack, isJSON: options.json, explains: options.explain,
        orphans: orphans, adopts: options.adopt
      ).run()
    }
    if let service = options.abort.exitCodeFrom { try confirm(service, isPartOf: stack) }
    let audience = try options.attaching.audience(options.services, in: stack.plan, withNeeds: !options.noDeps)
    let engine = try context.engine(stopGraceSeconds: options.timeout)
    if options.dry.dryRun { return try rehearse(stack, saved, orphans, engine, context) }
    let began = Kernel.realTime()
    let brought = try bringUp(stack, saved, orphans, engine, context, times)
    if options.wait { try awaitAll(brought) }
    if isAttached {
      try AttachedRun(
        context: context, engine: engine, stack: brought.application.stack ?? stack, options: options,
        audience: audience, began: began
      ).run()
    }
  }

  private func load(_ saved: SavedPlan?, _ context: CommandContext) throws -> LoadedStack {
    if let saved {
      guard options.services.isEmpty else {
        throw CommandExit(.refused, "a saved plan is applied as it is, and not for \(options.services[0]) alone")
      }
      guard options.scale.words.isEmpty else {
        throw CommandExit(
          .refused, "a saved plan is applied as it is: --scale cannot change it",
          help: "give --scale to 'containr plan -o'")
      }
      guard !options.freePorts else {
        throw CommandExit(.refused, "a saved plan is applied as it is: --free-ports cannot change it")
      }
      let desired = try saved.desired(in: context)
      var loaded = LoadedStack(plan: desired, sources: [])
      loaded.named = saved.named ?? desired.file
      loaded.pins = try StackLockFile(for: loaded.named, context: context).pins(
        desired, isFrozen: options.frozen, context)
      return loaded
    }
    let choice = options.choice
    return options.plan ? try PlanRun.planning { try choice.plan(context) } : try choice.plan(context)
  }

  /// Before anything is touched.
  private func confirm(_ service: String, isPartOf stack: LoadedStack) throws {
    let there = options.services.isEmpty ? stack.plan.services.map(\.name) : options.services
    if there.contains(service) { return }
    throw UnknownService.exit(
      service, there, .refused,
      "--exit-code-from \(service): it is none of the services that are brought up and watched")
  }

  /// What was done, for those that go on after it.
  private struct Brought {
    var application: Application
    /// nil: nothing had to be done.
    var outcome: ApplyReport?
  }

  /// Under the stack's lock, which ends with this function: logs are watched without it.
  private func bringUp(
    _ stack: LoadedStack, _ saved: SavedPlan?, _ orphans: OrphanRule, _ engine: StackEngine,
    _ context: CommandContext, _ times: TimelineRecorder
  ) throws -> Brought {
    let lock = try times.phase("wait for the lock") { try context.lock(engine, stack.plan.name) }
    var stack = stack
    var (wanted, places) = try wanted(&stack, orphans, engine, context)
    let frozen = stack
    func compared() throws -> Changeset {
      let wanted = wanted
      return try times.phase("look and compare") {
        try context.attempt { () throws(EngineError) in
          try engine.plan(frozen.plan, stackName: frozen.plan.name, options: wanted)
        }
      }
    }
    var changeset = try compared()
    if saved == nil, let refreshes = changeset.refreshes {
      // Whether the images are others now shows only when they are here.
      try refresh(refreshes, stack, engine, context, times, lock)
      wanted.hasRefreshed = true
      changeset = try compared()
    }
    if let saved { try SavedPlanFile.check(saved, now: changeset) }
    let scale = places.scale.merging(options.scale.counts) { $1 }
    let intent = RevisionIntent(options: RevisionOptions(profiles: stack.profiles, scale: scale))
    // Attached, standard output belongs to the logs.
    let application = Application(
      context: context, engine: engine, stack: stack, changeset: changeset,
      report: isAttached ? context.errors : context.output, reportInk: isAttached ? context.errorInk : context.ink,
      isJSON: options.json, outcomeFile: options.outcome, hidesPulls: options.making.quietPull, intent: intent,
      adopts: options.adopt)
    try times.phase("preflight") { try application.preflight() }
    if changeset.isEmpty {
      if !options.wait { try recordIfNews(stack.plan, intent, engine, lock, context) }
      if !options.json { application.report.write(changeset.text) }
      if !options.wait { try application.tell(nil) }
      try writeReport(application, [], times)
      return Brought(application: application)
    }
    if !options.json {
      application.report.write(ChangesetView(ink: application.reportInk).short(changeset))
    }
    for note in changeset.notes where note.address.hasPrefix("network ") {
      context.warn("\(note.address): \(note.reason.path)")
    }
    if changeset.isDestructive && !options.making.yes { try confirm() }
    Interrupt.explainEnd(.applying)
    let outcome = times.phase("apply") {
      application.apply(lock, waitingAtMost: options.patience.map { UInt64($0) * 1_000_000_000 }) { times.note($0) }
    }
    let failed = outcome.succeeded ? [] : try application.failedContainers(outcome)
    try writeReport(application, failed, times)
    if !outcome.succeeded {
      application.show(outcome, failed)
      let response = FailureResponse(
        application: application, rule: options.onFailure, revision: outcome.revision,
        failures: outcome.failures)
      try application.fail(outcome, failed, try response.run(lock))
    }
    // With --wait it is not over yet.
    try application.conclude(
      outcome,
      "\(stack.plan.name) is \(options.noStart ? "made" : "up"): \(Displayed.count(outcome.done, "change"))",
      isLast: !options.wait)
    return Brought(application: application, outcome: outcome)
  }

  /// What is asked for, and of which places.
  private func wanted(
    _ stack: inout LoadedStack, _ orphans: OrphanRule, _ engine: StackEngine, _ context: CommandContext
  ) throws -> (ReconcileOptions, ServiceSelection.Places) {
    var wanted = ReconcileOptions()
    wanted.orphans = orphans
    wanted.renewsAnonymousVolumes = options.renewAnonVolumes
    wanted.startsNothing = options.noStart
    // As in Compose, what the named services depend on is made again only if that is said.
    let named = Set(options.services)
    var again: Set<String> = []
    if options.making.forceRecreate { again.formUnion(named) }
    if options.alwaysRecreateDeps, !named.isEmpty {
      again.formUnion(
        try ServiceSelection.named(options.services, in: stack.plan, withNeeds: true).subtracting(named))
    }
    wanted.remakes = options.making.forceRecreate && named.isEmpty ? .all : again.isEmpty ? .changed : .services(again)
    var selection = ServiceSelection(services: options.services, keepsThose: options.making.noRecreate)
    selection.leavesNeeds = options.noDeps
    let places = try selection.narrow(&stack, engine, context)
    (wanted.only, wanted.awaited) = (places.only, places.awaited)
    return (wanted, places)
  }

  /// `--dry-run`: what would be done, and what stands in its way. Without the stack's lock, and nothing is fetched.
  private func rehearse(
    _ stack: LoadedStack, _ saved: SavedPlan?, _ orphans: OrphanRule, _ engine: StackEngine, _ context: CommandContext
  ) throws {
    var stack = stack
    let (wanted, _) = try wanted(&stack, orphans, engine, context)
    let desired = stack.plan
    let changeset = try context.attempt { () throws(EngineError) in
      try engine.plan(desired, stackName: desired.name, options: wanted)
    }
    if let saved { try SavedPlanFile.check(saved, now: changeset) }
    let application = Application(
      context: context, engine: engine, stack: stack, changeset: changeset, report: context.output,
      reportInk: context.ink, isJSON: options.json, outcomeFile: options.outcome, adopts: options.adopt)
    try application.preflight()
    if options.json { return try application.tell(nil) }
    if let refreshes = changeset.refreshes { DryRun.show(refreshes, context) }
    DryRun.show(changeset, context)
    try application.tell(nil)
    DryRun.end(context)
  }

  private func refresh(
    _ changeset: Changeset, _ stack: LoadedStack, _ engine: StackEngine, _ context: CommandContext,
    _ times: TimelineRecorder, _ lock: borrowing StackLock
  ) throws {
    let application = Application(
      context: context, engine: engine, stack: stack, changeset: changeset, report: context.errors,
      reportInk: context.errorInk, isJSON: options.json, outcomeFile: options.outcome,
      hidesPulls: options.making.quietPull)
    let outcome = times.phase("pull") { application.apply(lock) { times.note($0) } }
    if !outcome.succeeded {
      application.show(outcome, [])
      try application.fail(outcome, [], FailureResponse.Ending.incomplete)
    }
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
    _ application: Application, _ failed: [FailedContainer], _ times: TimelineRecorder
  ) throws {
    guard let report = options.report else { return }
    let timeline = times.result.partingPhase("apply")
    let page = HTMLReport(
      changeset: application.changeset, file: application.stack?.plan.file ?? "", timeline: timeline,
      containers: failed)
    try application.context.write(page.text, to: report)
  }

  private func confirm() throws {
    guard Prompt.isPossible else {
      throw CommandExit(.refused, "the plan loses data, and there is nobody to ask", help: "-y says that it may")
    }
    guard Prompt.confirm("Data will be lost. Go on?") else { throw CommandExit(.refused, "nothing was changed") }
  }

  /// `--wait`: as the plan says what there is to wait for, this is one more changeset that only waits.
  private func awaitAll(_ brought: Brought) throws {
    let application = brought.application
    let (context, engine) = (application.context, application.engine)
    guard let stack = application.stack else { return }
    let unwell = try StackWait(context: context, engine: engine, stack: stack, seconds: options.patience).run()
    if unwell.isEmpty {
      if brought.outcome == nil, let intent = application.intent {
        let lock = try context.lock(engine, stack.plan.name)
        try recordIfNews(stack.plan, intent, engine, lock, context)
      }
      return try application.tell(brought.outcome)
    }
    let failed = try application.failedContainers(nil)
    let view = FailureView(containers: failed, sources: stack.sources)
    application.show(view.diagnostics)
    let ending = try respond(application, brought.outcome?.revision)
    try application.tell(brought.outcome, failed, returned: ending.json)
    throw CommandExit(
      ending.code, "\(stack.plan.name) \(ending.code == .returned ? "was" : "is up, but") not well\(ending.words)",
      notes: unwell,
      help: ending.code == .unhealthy ? "containr ps shows the containers, containr logs what they wrote" : ending.help)
  }

  /// The lock was given back for the waiting: nothing is undone that somebody else has done since.
  private func respond(
    _ application: Application, _ revision: Int?
  ) throws -> FailureResponse.Ending {
    var response = FailureResponse(
      application: application, rule: options.onFailure, revision: revision, code: .unhealthy)
    let (context, engine, name) = (application.context, application.engine, application.changeset.stack)
    let lock = try context.lock(engine, name)
    if let revision {
      let last = try context.attempt { () throws(EngineError) in try engine.lastRevision(of: name)?.number }
      guard last == revision else {
        return FailureResponse.Ending(
          code: .unhealthy, words: "; another command has changed it since", help: "containr history shows what")
      }
      // It was applied, and it does not hold: nobody is to be led back to it.
      try context.attempt { () throws(EngineError) in try engine.failRevision(revision, stack: name) }
    } else if options.onFailure != .stop {
      // Nothing was changed by this command, and so there is nothing to take back.
      response.rule = .keep
    }
    return try response.run(lock)
  }
}
