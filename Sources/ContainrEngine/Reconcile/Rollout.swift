// A rolling update as a changeset knows it: groups that follow each other, and what their ends decide. Pure values; the
// clock is the engine's.
public import ContainrSpec

/// Where in a rolling update a change stands.
public struct RolloutStep: Sendable, Hashable, Codable {
  /// Which of old and new comes first.
  public var order: UpdatePlan.Order
  /// The number of its group, from 1.
  public var group: Int
  /// How many groups there are.
  public var groups: Int

  /// One place.
  public init(order: UpdatePlan.Order, group: Int, groups: Int) {
    self.order = order
    self.group = group
    self.groups = groups
  }

  /// `start-first`, `stop-first, 2 of 3`.
  public var words: String { order.rawValue + (groups > 1 ? ", \(group) of \(groups)" : "") }
}

/// The end of a group: failures are counted, and what they decide is done.
public struct RolloutGroup: Sendable, Hashable, Codable {
  /// Whose containers these are.
  public var service: String
  /// The places that the group replaces.
  public var containers: [ContainerName]
  /// How many places the whole update replaces.
  public var total: Int
  /// Milliseconds until the next group.
  public var delay: Int
  /// What too many failures do.
  public var failureAction: UpdatePlan.FailureAction
  /// The part of `total` whose failure is tolerated.
  public var maxFailureRatio: Double

  /// One end.
  public init(
    service: String, containers: [ContainerName], total: Int, delay: Int, failureAction: UpdatePlan.FailureAction,
    maxFailureRatio: Double
  ) {
    self.service = service
    self.containers = containers
    self.total = total
    self.delay = delay
    self.failureAction = failureAction
    self.maxFailureRatio = maxFailureRatio
  }

  /// Whether so many failures since the update's begin are too many.
  public func isExceeded(by failures: Int) -> Bool {
    failures > 0 && Double(failures) / Double(max(1, total)) > maxFailureRatio
  }
}

/// How the running containers of one service are replaced.
struct Rollout {
  var update: UpdatePlan
  /// The containers that are there, in groups that follow each other.
  var groups: [[ContainerName]]
  /// The new ones start before the old ones stop.
  var isStartFirst: Bool
  /// The new ones have records of their own in the other slot, so that a later group can stay as it is.
  var usesSlots: Bool

  var total: Int { groups.reduce(0) { $0 + $1.count } }

  func replaces(_ name: ContainerName) -> Bool { groups.contains { $0.contains(name) } }

  /// How long a new container is watched, in milliseconds.
  func monitor(_ service: ServicePlan) -> Int {
    update.monitor ?? (isStartFirst && service.healthcheck == nil ? UpdatePlan.defaultMonitor : 0)
  }
}
