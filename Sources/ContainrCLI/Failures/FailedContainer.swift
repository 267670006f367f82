// Containers that are not well, with what they wrote last: mostly the reason.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile

/// One container that is not well.
struct FailedContainer: Sendable {
  /// More containers than a person reads about at once.
  private static let limit = 5

  /// What the engine knows of it.
  var report: FailureReport
  /// The last lines of its log.
  var words: [String] = []

  /// Those of a stack, the ones that did not start first. Looks before anything of it is taken away.
  static func all(
    of stack: LoadedStack?, named name: String, after outcome: ApplyReport?, of changeset: Changeset?,
    _ engine: StackEngine, _ context: CommandContext
  ) throws -> [FailedContainer] {
    var startFailures: [String: String] = [:]
    // What an update has taken away again was looked at before.
    let gone = (outcome?.failures ?? []).compactMap { failure in
      failure.remains.flatMap { remains in
        remains.report.map { FailedContainer(report: $0, words: remains.lastLines) }
      }
    }
    for failure in outcome?.failures ?? [] {
      guard let changeset, changeset.changes.indices.contains(failure.index) else { continue }
      switch changeset.changes[failure.index].action {
      case .createContainer(let name), .makeContainer(let name), .startContainer(let name):
        startFailures[name.id] = failure.message
      default: break
      }
    }
    let reports = try context.attempt { () throws(EngineError) in
      try engine.failureReports(stack: name, desired: stack?.plan, startFailures: startFailures)
    }
    let looked = Set(gone.map(\.report.id))
    let rest = reports.filter { !looked.contains($0.id) }
    let order = rest.filter { $0.kind == .notStarted } + rest.filter { $0.kind != .notStarted }
    return try gone.prefix(limit)
      + order.prefix(max(0, limit - gone.count)).map { report in
        // What never ran has written nothing; what is in the log is of an earlier life.
        if report.kind == .notStarted { return FailedContainer(report: report) }
        let words = try context.attempt { () throws(EngineError) in try engine.lastLines(of: report) }
        return FailedContainer(report: report, words: words)
      }
  }
}
