// Changeset: the difference between what is wanted and what is there, as a DAG of changes in an order in which they
// could be done one after the other.
public import ContainrSpec

/// What has to be done, and in which order.
public struct Changeset: Sendable, Hashable, Codable {
  /// The stack's name.
  public var stack: String
  /// Dependencies point to lower indices only.
  public var changes: [Change]
  /// Containers that stay as they are.
  public var matching: Int
  /// Containers that stay although their service is not in the file, sorted.
  @EmptyIfAbsent public var orphans: [String]
  /// What is not as it was and is left so, as nothing asks for more.
  @EmptyIfAbsent public var notes: [ChangeNote]
  /// Ports of the host that it opens, in the order of the services.
  @EmptyIfAbsent public var reach: [PortReach]

  /// These changes.
  public init(stack: String, changes: [Change] = [], matching: Int = 0, notes: [ChangeNote] = []) {
    self.stack = stack
    self.changes = changes
    self.matching = matching
    self.notes = notes
  }

  /// Nothing has to be done.
  public var isEmpty: Bool { changes.isEmpty }

  /// The worst effect of all changes.
  public var effect: ChangeEffect { changes.map(\.effect).max() ?? .none }

  /// Only the fetching of images that are here already, perhaps as other ones: what comes of it shows afterwards.
  public var refreshes: Changeset? {
    let pulls = changes.filter { change in
      if case .pullImage(_, _, true) = change.action { change.effect == .inPlace } else { false }
    }
    if pulls.isEmpty { return nil }
    return Changeset(
      stack: stack,
      changes: pulls.map { change in
        var change = change
        (change.dependencies, change.after) = ([], [])
        return change
      })
  }

  /// Data would be lost: the caller asks before this is applied.
  public var isDestructive: Bool { effect == .dataLoss }
}

/// Something that is named and not changed.
public struct ChangeNote: Sendable, Hashable, Codable {
  /// What it is about, such as `container hello-web-1`.
  public var address: String
  /// What is to be said; its effect is `none`.
  public var reason: ChangeReason

  /// One note.
  public init(address: String, reason: ChangeReason) {
    self.address = address
    self.reason = reason
  }
}

/// What reconcile is asked for beside the plan.
public struct ReconcileOptions: Sendable, Hashable {
  /// What becomes of the stack.
  public enum Goal: Sendable, Hashable { case up, stop, down, remove }
  /// What becomes of the stack.
  public var goal: Goal
  /// `down`: named volumes go as well; `remove`: those without a name.
  public var removeVolumes: Bool
  /// `up` only: the places that may be touched; nil: all of the stack.
  public var only: Set<ContainerName>?
  /// `up` only: what becomes of containers whose service is not in the file.
  public var orphans = OrphanRule.keep
  /// `up` only: what is older than its policy allows was fetched already by this command.
  public var hasRefreshed = false
  /// `up` only: containers that are made again begin with new anonymous volumes.
  public var renewsAnonymousVolumes = false
  /// `up` only: containers are made and not started; what has to be made again stops.
  public var startsNothing = false
  /// `up` only: which containers are made again.
  public var remakes = Remaking.changed
  /// `up` only: the services that others wait for; nil: all.
  public var awaited: Set<String>?
  /// `up` only: ids of containers that are looked at as if they had been stopped.
  public var asStopped: Set<String> = []
  /// `remove` only: the ids of the containers that go.
  public var removeOnly: Set<String> = []
  /// `stop` only: the ids of the containers that stop; nil: all.
  public var stopOnly: Set<String>?

  /// Which containers are made again.
  public enum Remaking: Sendable, Hashable {
    /// Those of which something has changed that only a new one can have.
    case changed
    /// All, whether anything of them has changed or not.
    case all
    /// Those, and all of these services.
    case services(Set<String>)

    func holds(_ service: String) -> Bool {
      switch self {
      case .changed: false
      case .all: true
      case .services(let names): names.contains(service)
      }
    }
  }

  /// By default: up.
  public init(goal: Goal = .up, removeVolumes: Bool = false) {
    self.goal = goal
    self.removeVolumes = removeVolumes
  }
}

/// The flat index-keeping that all reconcilers share.
struct ChangesetBuilder {
  var changes: [Change] = []
  let stack: String

  init(stack: String) { self.stack = stack }

  /// Adds a change; answers its index.
  mutating func add(
    _ action: ChangeAction, _ address: String, reasons: [ChangeReason] = [], effect: ChangeEffect = .none,
    after dependencies: [Int] = [], tolerating: [Int] = [], rollout: RolloutStep? = nil
  ) -> Int {
    let needed = Set(dependencies)
    var change = Change(
      action, address: address, reasons: reasons, effect: effect, dependencies: needed.sorted(),
      after: Set(tolerating).subtracting(needed).sorted())
    change.rollout = rollout
    changes.append(change)
    return changes.count - 1
  }

  /// Removes what no record speaks of. Containers go first, as a link may be the container's.
  mutating func removeLeftovers(_ leftovers: [ObservedLeftover]) -> [Int] {
    leftovers.sorted { ($0.kind.rawValue, $0.name) < ($1.kind.rawValue, $1.name) }.map { leftover in
      add(
        .removeLeftover(leftover), "\(leftover.kind.rawValue) \(leftover.name)",
        reasons: [ChangeReason(.leftover, "left over from an interrupted run", effect: .none)])
    }
  }
}
