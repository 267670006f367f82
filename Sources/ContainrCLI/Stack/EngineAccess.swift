// The engine for a command, and its failures as endings of commands.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrSystem

extension CommandContext {
  /// The engine of this host; root is required first, as everything else would fail less clearly.
  func engine(
    stopGraceSeconds: Int? = nil, keepsVolumes: Bool = false,
    awaiting container: String? = nil, size: (rows: UInt16, columns: UInt16)? = nil
  ) throws -> StackEngine {
    try requireRoot()
    var settings = try surroundings.hostSettings()
    settings.stopGraceMilliseconds = stopGraceSeconds.map { $0 * 1000 }
    settings.keepsVolumes = keepsVolumes
    settings.awaited = container.map { AwaitedContainer(id: $0, rows: size?.rows ?? 0, columns: size?.columns ?? 0) }
    return try attempt { () throws(EngineError) in
      let engine = try StackEngine(settings: settings) {
        do {
          let access = try RegistryAccess(surroundings)
          return (access.settings, access.credentials)
        } catch let exit as CommandExit {
          throw EngineError(.settings, exit.message ?? "registries cannot be asked")
        }
      }
      try engine.thawAbandoned()
      return engine
    }
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
    case .locked, .store, .kernel, .unknownContainer, .unknownRevision, .unavailable, .program:
      CommandExit(.failure, error.message)
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
  /// Where the outcome goes as a file, beside that.
  var outcomeFile: String?
  /// The progress of pulls is not shown.
  var hidesPulls = false
  /// Nothing is said of what is done, unless something fails. What is found is shown.
  var isQuiet = false
  /// What is recorded of it as a revision; nil: it is none.
  var intent: RevisionIntent?
  /// A stack of this name that came from another file is taken over.
  var adopts = false
  /// false where something else is written to the terminal at the same time.
  var isLive = true

  /// What stands in the way; what is only to be known is shown. Touches nothing.
  func problems() throws -> [Problem] {
    let all = try context.attempt { () throws(EngineError) in
      try engine.preflight(changeset, desired: stack?.plan, adopts: adopts, pins: stack?.pins)
    }
    show(all.filter(\.isWarning))
    return all.filter { !$0.isWarning }
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
    _ lock: borrowing StackLock, waitingUntil deadline: UInt64? = nil, waitingAtMost limit: UInt64? = nil,
    listener: @escaping @Sendable (ProgressEvent) -> Void = { _ in }
  ) -> ApplyReport {
    let view = ApplyView(
      changeset, context: context, isSilent: isJSON || isQuiet, isLive: isLive, hidesPulls: hidesPulls,
      keepsNotes: isQuiet)
    let progress: @Sendable (ProgressEvent) -> Void = {
      listener($0)
      view.show($0)
    }
    guard let width = context.switches.parallelLimit else {
      return engine.apply(
        changeset, desired: stack?.plan, lock: lock, recording: intent, waitingUntil: deadline, waitingAtMost: limit,
        progress: progress)
    }
    return engine.apply(
      changeset, desired: stack?.plan, lock: lock, width: width, recording: intent, waitingUntil: deadline,
      waitingAtMost: limit, progress: progress)
  }

  /// Says how it went and throws if it went wrong. `isLast` false: the command goes on, and the JSON comes at its end.
  func conclude(_ outcome: ApplyReport, _ words: String, isLast: Bool = true) throws {
    guard outcome.succeeded else {
      let failed = try failedContainers(outcome)
      show(outcome, failed)
      try fail(outcome, failed, FailureResponse.Ending.incomplete)
    }
    if isLast { try tell(outcome) }
    if !isJSON {
      report.write("\(words) in \(Displayed.elapsed(nanoseconds: outcome.duration))\n")
    }
  }

  /// The outcome as a document, to those who asked for it.
  func tell(_ outcome: ApplyReport?, _ failed: [FailedContainer] = [], returned: String? = nil) throws {
    guard isJSON || outcomeFile != nil else { return }
    let text = OutcomeText.json(changeset, outcome, containers: failed, returned: returned)
    if isJSON { context.output.write(text) }
    if let outcomeFile { try context.write(text, to: outcomeFile) }
  }

  /// The containers of the stack that are not well.
  func failedContainers(_ outcome: ApplyReport?) throws -> [FailedContainer] {
    try FailedContainer.all(of: stack, named: changeset.stack, after: outcome, of: changeset, engine, context)
  }

  /// What failed and why, with the lines of the file.
  func show(_ outcome: ApplyReport, _ failed: [FailedContainer]) {
    show(
      FailureView(
        failures: outcome.failures, changeset: changeset, containers: failed, sources: stack?.sources ?? []
      ).diagnostics)
  }

  /// Ends the command after an apply that failed.
  func fail(_ outcome: ApplyReport, _ failed: [FailedContainer], _ ending: FailureResponse.Ending) throws -> Never {
    try tell(outcome, failed, returned: ending.json)
    let untried = outcome.skipped.count
    throw CommandExit(
      ending.code,
      "\(Displayed.count(outcome.failures.count, "change")) failed"
        + (untried == 0 ? "" : ", \(Displayed.count(untried, "change")) not tried because of that") + ending.words,
      help: ending.help)
  }

  func show(_ problems: [Problem]) { show(ProblemView.diagnostics(problems, sources: stack?.sources ?? [])) }

  func show(_ findings: [Diagnostic]) {
    let findings = stack?.override?.named(findings) ?? findings
    context.errors.write(
      DiagnosticRenderer.render(findings, sources: stack?.sources ?? [], colour: context.errorInk.isOn))
  }
}

/// The outcome as JSON.
enum OutcomeText {
  /// `{"plan": …, "outcome": {…}}` with a newline at the end; where something failed also `containers`, and `returned`
  /// if the stack went back to a revision.
  static func json(
    _ changeset: Changeset, _ report: ApplyReport?, containers: [FailedContainer] = [], returned: String? = nil
  ) -> String {
    var plan = changeset.json
    while plan.last == "\n" { plan.removeLast() }
    var rest = containers.isEmpty ? "" : ",\n\"containers\": [\(FailureView.json(containers))]"
    if let returned {
      rest += ",\n\"returned\": \(returned)"
      while rest.last == "\n" { rest.removeLast() }
    }
    guard let report else { return "{\"plan\": \(plan),\n\"outcome\": null\(rest)}\n" }
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
      + "\"revision\": \(JSONText.number(report.revision)), "
      + "\"milliseconds\": \(Displayed.number(Double(report.duration) / 1e6, digits: 3))}\(rest)}\n"
  }
}
