// The engine for a command, and its failures as endings of commands.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrSystem

extension CommandContext {
  /// The engine of this host; root is required first, as everything else would fail less clearly.
  func engine(_ program: String, stopGraceSeconds: Int? = nil) throws -> StackEngine {
    try requireRoot(program)
    var settings = try surroundings.hostSettings()
    settings.stopGraceMilliseconds = stopGraceSeconds.map { $0 * 1000 }
    return try attempt { () throws(EngineError) in try StackEngine(settings: settings) }
  }

  /// The right to change a stack. Waits for who has it, and says so.
  func lock(_ engine: StackEngine, _ stack: String) throws -> StackLock {
    do throws(EngineError) { return try engine.lockStack(stack, wait: false) } catch {
      guard error.kind == .locked else { throw Self.exit(error) }
      errors.write("waiting: \(error.message)\n")
    }
    return try attempt { () throws(EngineError) in try engine.lockStack(stack, wait: true) }
  }

  /// Runs a call of the engine; what it throws ends the command with the code that fits.
  func attempt<Result: ~Copyable>(_ call: () throws(EngineError) -> Result) throws -> Result {
    do throws(EngineError) { return try call() } catch { throw Self.exit(error) }
  }

  private static func exit(_ error: EngineError) -> CommandExit {
    switch error.kind {
    case .permission, .settings: CommandExit(.refused, error.message)
    case .locked, .store, .kernel, .unknownContainer, .unknownRevision: CommandExit(.failure, error.message)
    }
  }
}

/// One changeset on its way to the host: shown, checked, asked about, applied, reported.
struct Application: Sendable {
  var context: CommandContext
  var engine: StackEngine
  /// nil for `down`.
  var stack: LoadedStack?
  var changeset: Changeset
  /// Where plan and outcome go; progress always goes to standard error.
  var report: Output
  var reportInk: Ink
  var isJSON = false
  /// What is recorded of it as a revision; nil: it is none.
  var intent: RevisionIntent?
  /// A stack of this name that came from another file is taken over.
  var adopts = false
  /// false where something else is written to the terminal at the same time.
  var isLive = true

  /// What stands in the way. Touches nothing.
  func problems() throws -> [Problem] {
    try context.attempt { () throws(EngineError) in
      try engine.preflight(changeset, desired: stack?.plan, adopts: adopts)
    }
  }

  /// Throws if something stands in the way; nothing is touched then.
  func preflight() throws {
    let problems = try problems()
    guard !problems.isEmpty else { return }
    show(problems)
    throw CommandExit(.refused)
  }

  /// Applies, with the progress on the screen.
  func apply(
    _ lock: borrowing StackLock, listener: @escaping @Sendable (ProgressEvent) -> Void = { _ in }
  ) -> ApplyReport {
    let view = ApplyView(changeset, context: context, isSilent: isJSON, isLive: isLive)
    let progress: @Sendable (ProgressEvent) -> Void = {
      listener($0)
      view.show($0)
    }
    guard let width = context.switches.parallelLimit else {
      return engine.apply(changeset, desired: stack?.plan, lock: lock, recording: intent, progress: progress)
    }
    return engine.apply(
      changeset, desired: stack?.plan, lock: lock, width: width, recording: intent, progress: progress)
  }

  /// Says how it went and throws if it went wrong.
  func conclude(_ outcome: ApplyReport, _ words: String) throws {
    if isJSON { context.output.write(OutcomeText.json(changeset, outcome)) }
    if outcome.succeeded {
      if !isJSON {
        let time = Displayed.elapsed(nanoseconds: outcome.duration)
        report.write("\(words) in \(time)\n")
      }
      return
    }
    let problems = outcome.failures.map { failure in
      let message =
        failure.message.hasPrefix(failure.address) ? failure.message : "\(failure.address): \(failure.message)"
      return Problem(code: "failed", message: message, location: failure.location)
    }
    show(problems)
    let untried = outcome.skipped.count
    throw CommandExit(
      .incomplete,
      "\(Displayed.count(outcome.failures.count, "change")) failed"
        + (untried == 0 ? "" : "; \(Displayed.count(untried, "change")) not tried because of that"),
      notes: try LastWords(context: context, engine: engine, stack: changeset.stack).notes(),
      help: "run the command again to go on from here; containr-down takes away what there is")
  }

  func show(_ problems: [Problem]) {
    let sources = stack?.sources ?? []
    context.errors.write(
      DiagnosticRenderer.render(
        ProblemView.diagnostics(problems, sources: sources), sources: sources, colour: context.errorInk.isOn))
  }
}

/// The outcome as JSON.
enum OutcomeText {
  /// `{"plan": …, "outcome": {…}}` with a newline at the end.
  static func json(_ changeset: Changeset, _ report: ApplyReport?) -> String {
    var plan = changeset.json
    while plan.last == "\n" { plan.removeLast() }
    guard let report else { return "{\"plan\": \(plan),\n\"outcome\": null}\n" }
    let failures = report.failures.map { failure in
      "{\"index\": \(failure.index), \"address\": \(JSONText.quoted(failure.address)), "
        + "\"message\": \(JSONText.quoted(failure.message)), "
        + "\"location\": \(failure.location.map { JSONText.quoted($0.description) } ?? "null")}"
    }
    let rollbacks = report.rollbacks.map { rollback in
      "{\"service\": \(JSONText.quoted(rollback.service)), "
        + "\"containers\": \(JSONText.list(rollback.containers)), \"failures\": \(rollback.failures.count)}"
    }
    return "{\"plan\": \(plan),\n\"outcome\": {\"done\": \(report.done), "
      + "\"failures\": [\(failures.joined(separator: ", "))], \"skipped\": \(report.skipped), "
      + "\"rollbacks\": [\(rollbacks.joined(separator: ", "))], "
      + "\"milliseconds\": \(Displayed.number(Double(report.duration) / 1e6, digits: 3))}}\n"
  }
}
