// What becomes of a stack whose `up` failed.
internal import ArgumentParser

/// `--on-failure`.
enum OnFailure: String, ExpressibleByArgument, CaseIterable, Sendable {
  /// The whole stack returns to the last revision that was applied.
  case rollback
  /// What was done stays.
  case keep
  /// What was started is stopped, and stays to be looked at.
  case stop
}
