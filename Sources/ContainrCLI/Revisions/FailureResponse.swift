// What an `up` that failed does: says why, and then, as --on-failure asks, goes back, stops what it started, or leaves
// it. Everything is looked at before anything of it is taken away.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec

struct FailureResponse {
  /// How it ended: the words for the last line, and the code.
  struct Ending {
    var code: ExitCode
    var words: String
    var help: String
    /// What was done about it, for `--json`; nil: nothing.
    var json: String?

    /// Everything stays as it is.
    static let incomplete = Ending(
      code: .incomplete, words: "",
      help: "run the command again to go on from here; containr-down takes away what there is")
  }

  var application: Application
  /// nil: rollback if there is something to go back to.
  var rule: OnFailure?
  /// The revision that failed; nil: nothing was recorded, as nothing was changed.
  var revision: Int?
  /// What failed; empty: only the waiting afterwards.
  var failures: [ApplyReport.Failure] = []
  /// The code of an ending that leaves things as they are.
  var code = ExitCode.incomplete

  private var context: CommandContext { application.context }
  private var engine: StackEngine { application.engine }
  private var name: String { application.changeset.stack }

  /// Does what is asked for. The stack is locked.
  func run(_ lock: borrowing StackLock) throws -> Ending {
    var kept = Ending.incomplete
    kept.code = code
    if rule == .keep { return kept }
    if rule == .stop { return try stop(lock) }
    if rule == nil, isDeclared {
      kept.words = ": everything else stays as it is, as the service has an update_config"
      return kept
    }
    guard let revision, let target = try target(of: revision) else {
      guard rule == .rollback else { return kept }
      var ending = kept
      ending.words = "; there is no earlier revision to return to: everything stays as it is"
      return ending
    }
    return try rollBack(from: revision, to: target, lock)
  }

  /// All that failed belongs to services whose `deploy.update_config` says what a failed update does. It is followed
  /// already, and somebody who wrote `pause` does not want the rest of the stack taken back.
  private var isDeclared: Bool {
    let declared = Set(application.stack?.plan.services.filter { $0.update != nil }.map(\.name) ?? [])
    let changes = application.changeset.changes
    return !failures.isEmpty
      && failures.allSatisfy { failure in
        guard changes.indices.contains(failure.index) else { return false }
        return switch changes[failure.index].action {
        case .await(let service, _): declared.contains(service)
        case .endGroup(let group): declared.contains(group.service)
        case let action: action.container.map { declared.contains($0.service) } ?? false
        }
      }
  }

  private func target(of revision: Int) throws -> Revision? {
    try context.attempt { () throws(EngineError) in try engine.returnTarget(of: name, from: revision) }
  }

  private func rollBack(from failed: Int, to target: Revision, _ lock: borrowing StackLock) throws -> Ending {
    let way: RevisionReturn
    do { way = try RevisionReturn(to: target, of: name, engine, context) } catch let exit as CommandExit {
      // Such as a variable that is not set for this command.
      return Ending(
        code: code, words: "; the stack did not return to revision \(target.number): \(exit.message ?? "")",
        help: "containr rollback \(target.number) -p \(name) tries again")
    }
    let back = way.application(
      report: application.report, ink: application.reportInk, isJSON: application.isJSON, replacing: failed)
    way.warnOfLayers()
    let retry = "containr rollback \(target.number) -p \(name) tries again; containr-down takes away what there is"
    let problems = try back.problems()
    guard problems.isEmpty, !way.changeset.isDestructive else {
      back.show(problems)
      let why = problems.isEmpty ? "that would lose data" : "something stands in the way"
      return Ending(
        code: code, words: "; the stack did not return to revision \(target.number): \(why)", help: retry)
    }
    if !application.isJSON {
      context.errors.write("returning to revision \(target.number)\n")
    }
    if way.changeset.isEmpty {
      let intent = back.intent ?? RevisionIntent()
      try context.attempt { () throws(EngineError) in
        try engine.record(way.stack.plan, intent: intent, lock: lock)
      }
      return returned(from: failed, to: target, way, nil)
    }
    Interrupt.explainEnd(.returning)
    let outcome = back.apply(lock)
    guard outcome.succeeded else {
      let containers = try back.failedContainers(outcome)
      back.show(outcome, containers)
      return Ending(
        code: code, words: "; the way back to revision \(target.number) failed as well", help: retry,
        json: Self.json(target, way, outcome))
    }
    return returned(from: failed, to: target, way, outcome)
  }

  private func returned(
    from failed: Int, to target: Revision, _ way: RevisionReturn, _ outcome: ApplyReport?
  ) -> Ending {
    Ending(
      code: .returned, words: "; the stack is back at revision \(target.number)",
      help:
        "containr diff \(target.number) \(failed) -p \(name) shows what was tried; --on-failure keep leaves it as it is",
      json: Self.json(target, way, outcome))
  }

  /// `{"to": 3, "plan": …, "outcome": …}`.
  private static func json(_ target: Revision, _ way: RevisionReturn, _ outcome: ApplyReport?) -> String {
    let inner = OutcomeText.json(way.changeset, outcome).dropFirst()
    return "{\"to\": \(target.number), \(inner)"
  }

  private func stop(_ lock: borrowing StackLock) throws -> Ending {
    let started = application.changeset.changes.compactMap { change -> String? in
      switch change.action {
      case .createContainer(let name), .startContainer(let name): name.id
      default: nil
      }
    }
    var options = ReconcileOptions(goal: .stop)
    options.stopOnly = Set(started)
    let changeset = try context.attempt { () throws(EngineError) in
      try engine.plan(nil, stackName: name, options: options)
    }
    let help = "containr logs shows what it wrote; containr-up starts it again, containr-down takes it away"
    if changeset.isEmpty { return Ending(code: code, words: "; nothing of what was started runs", help: help) }
    let stopping = Application(
      context: context, engine: engine, changeset: changeset, report: application.report,
      reportInk: application.reportInk, isJSON: application.isJSON)
    let outcome = stopping.apply(lock)
    guard outcome.succeeded else {
      let failures = outcome.failures.map { "\($0.address): \($0.message)" }.joined(separator: "; ")
      return Ending(code: code, words: "; what was started could not be stopped: \(failures)", help: help)
    }
    return Ending(code: code, words: "; what was started is stopped", help: help)
  }
}
