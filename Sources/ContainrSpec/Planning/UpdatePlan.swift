// How containers of a service are made again: deploy.update_config and rollback_config. It costs no container anything,
// so it is no field of theirs.

/// How a service's containers are replaced, and what a failure on the way does. Times in milliseconds.
public struct UpdatePlan: Sendable, Hashable, Codable {
  /// Which of old and new comes first; the raw value is the Compose word.
  public enum Order: String, Sendable, Codable, CaseIterable {
    case stopFirst = "stop-first"
    case startFirst = "start-first"
  }
  /// What happens when more containers have failed than are tolerated; the raw value is the Compose word.
  public enum FailureAction: String, Sendable, Codable, CaseIterable {
    /// The rest stays as it is.
    case pause
    /// As if nothing had failed.
    case goOn = "continue"
    /// What was updated goes back to what it was. Not of a rollback.
    case rollback
  }
  /// How many at the same time; 0 is all.
  public var parallelism = 1
  /// Between two groups.
  public var delay = 0
  /// What too many failures do.
  public var failureAction = FailureAction.pause
  /// How long a new container is watched before it counts as well; nil: not at all if a health check says so, else
  /// `defaultMonitor`.
  public var monitor: Int?
  /// The part of the updated containers whose failure is tolerated, 0 to 1.
  public var maxFailureRatio = 0.0
  /// Which comes first.
  public var order = Order.stopFirst

  /// What a container without health check has to run before it counts as well, in milliseconds.
  public static let defaultMonitor = 5000

  /// The defaults of Compose.
  public init() {}

  /// How many containers make one group of `count`.
  public func groupSize(of count: Int) -> Int { parallelism == 0 ? max(1, count) : min(parallelism, max(1, count)) }
}
