// The words of a changeset: one change is one call of the engine, with its reasons and its cost. Pure values.
public import ContainrSpec

/// What a change costs, from nothing to the worst.
public enum ChangeEffect: String, Sendable, Hashable, Codable, Comparable, CaseIterable {
  case none
  case inPlace = "in place"
  case restart
  case recreate
  case dataLoss = "data loss"

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  /// The better one is the smaller one.
  public static func < (a: ChangeEffect, b: ChangeEffect) -> Bool { a.rank < b.rank }
}

/// Why a change is made.
public struct ChangeReason: Sendable, Hashable, Codable {
  /// Where a reason comes from.
  public enum Kind: String, Sendable, Codable { case field, drift, missing, dependency, leftover }
  /// Where this one comes from.
  public var kind: Kind
  /// The field's path, the kernel's name of a value, or words that say it all (then old and new are nil).
  public var path: String
  /// The value that is there; nil: not set.
  public var old: String?
  /// The value that is wanted; nil: not set.
  public var new: String?
  /// Where the new value stands.
  public var origin: SourceLocation?
  /// What this reason alone would cost.
  public var effect: ChangeEffect
  /// Why a field or content costs that; nil for other kinds.
  public var rule: EffectRule?

  /// One reason; `path` alone says it all unless it has values.
  public init(
    _ kind: Kind, _ path: String, old: String? = nil, new: String? = nil, origin: SourceLocation? = nil,
    effect: ChangeEffect
  ) {
    self.kind = kind
    self.path = path
    self.old = old
    self.new = new
    self.origin = origin
    self.effect = effect
  }
}

extension ChangeReason {
  /// Something has moved away from what was applied; nobody asks for anything new.
  public var isDrift: Bool { kind == .drift || kind == .leftover || path.hasPrefix("content.") }

  /// Configs, secrets or mounted files are to be put in place.
  public var isAboutFiles: Bool {
    ["content.", "configs.", "secrets."].contains { path.hasPrefix($0) }
  }
}

/// What is done: one case, one call.
public enum ChangeAction: Sendable, Hashable, Codable {
  /// Makes or repairs bridge, address and sysctls; idempotent. The payload is the network's key.
  case ensureNetwork(key: String, name: String)
  case removeNetwork(key: String, name: String)
  /// Deletes all links of the stack in one request.
  case removeLinks
  case createVolume(key: String, name: String)
  case removeVolume(key: String, name: String)
  /// Fetches an image, if `fetches`, and unpacks its layers.
  case pullImage(reference: String, platform: String?, fetches: Bool)
  /// Unpacks an archive, if that was not done before.
  case prepareLayer(path: String)
  /// Makes the container from its plan with an empty writable layer, and starts it.
  case createContainer(ContainerName)
  /// Makes the container from its plan with an empty writable layer, and does not start it.
  case makeContainer(ContainerName)
  /// Starts it again with the writable layer it has.
  case startContainer(ContainerName)
  /// Writes limits and the record of a running container.
  case updateContainer(ContainerName)
  /// Connects a running container to networks: those that it joins, those whose address is another now, and those whose
  /// links are gone. The keys of the networks are sorted.
  case attachContainer(ContainerName, networks: [String])
  /// Takes a running container off networks that it leaves; their keys, sorted.
  case detachContainer(ContainerName, networks: [String])
  /// Stops it in its grace period and keeps it.
  case stopContainer(ContainerName)
  /// Stops it in its grace period and removes all that is left of it.
  case removeContainer(ContainerName)
  /// Waits until a new container is healthy, or runs if it has no health check, and then as long as it is watched.
  case awaitReady(ContainerName, monitor: Int)
  /// Names and published ports lead to the new container from one moment to the next.
  case switchTraffic(from: ContainerName, to: ContainerName)
  /// Waits until nobody talks to a container that serves no more, then stops and removes it.
  case retireContainer(ContainerName)
  /// Stops and removes a container; from then on the place is its successor's.
  case vacateContainer(ContainerName, for: ContainerName)
  /// Counts what failed of a group of a rolling update and does what that decides; then waits for the next one's turn.
  case endGroup(RolloutGroup)
  /// Waits until a condition holds of all containers of a service.
  case await(service: String, condition: DependencyPlan.Condition)
  /// One nft transaction: the whole table of this host from the records of all stacks.
  case writeFirewall
  case startSupervisor
  case reloadSupervisor
  case stopSupervisor
  case removeLeftover(ObservedLeftover)
  /// The last one of a `down`: record, directories and locks.
  case removeStack
}

/// One node of a changeset.
public struct Change: Sendable, Hashable, Codable {
  /// What is done.
  public var action: ChangeAction
  /// What it is done to, such as `container hello-web-1`.
  public var address: String
  /// Why; empty for steps that follow from others.
  public var reasons: [ChangeReason]
  /// What it costs: the worst of its reasons.
  public var effect: ChangeEffect
  /// Indices of the changes that must have succeeded, ascending.
  public var dependencies: [Int]
  /// Indices of the changes that must have ended, well or not, ascending.
  public var after: [Int]
  /// Its place in a rolling update; nil: it belongs to none.
  public var rollout: RolloutStep?

  /// One node.
  public init(
    _ action: ChangeAction, address: String, reasons: [ChangeReason], effect: ChangeEffect, dependencies: [Int] = [],
    after: [Int] = []
  ) {
    self.action = action
    self.address = address
    self.reasons = reasons
    self.effect = effect
    self.dependencies = dependencies
    self.after = after
  }
}

extension Change {
  /// A step that follows from others and is not worth a line of the plan by itself.
  var isAuxiliary: Bool { action.isAuxiliary && reasons.isEmpty }
}

extension ChangeAction {
  /// The word of the JSON form and of the progress.
  public var verb: String {
    switch self {
    case .ensureNetwork: "ensure-network"
    case .removeNetwork: "remove-network"
    case .removeLinks: "remove-links"
    case .createVolume: "create-volume"
    case .removeVolume: "remove-volume"
    case .pullImage: "pull-image"
    case .prepareLayer: "prepare-layer"
    case .createContainer: "create"
    case .makeContainer: "make"
    case .startContainer: "start"
    case .updateContainer: "update"
    case .attachContainer: "attach"
    case .detachContainer: "detach"
    case .stopContainer: "stop"
    case .removeContainer: "remove"
    case .awaitReady: "await-ready"
    case .switchTraffic: "switch-traffic"
    case .retireContainer: "retire"
    case .vacateContainer: "vacate"
    case .endGroup: "end-group"
    case .await: "await"
    case .writeFirewall: "write-firewall"
    case .startSupervisor: "start-supervisor"
    case .reloadSupervisor: "reload-supervisor"
    case .stopSupervisor: "stop-supervisor"
    case .removeLeftover: "remove-leftover"
    case .removeStack: "remove-stack"
    }
  }

  /// The container it is about.
  public var container: ContainerName? {
    switch self {
    case .createContainer(let name), .makeContainer(let name), .startContainer(let name), .updateContainer(let name),
      .stopContainer(let name),
      .removeContainer(let name), .attachContainer(let name, _), .detachContainer(let name, _),
      .awaitReady(let name, _), .switchTraffic(_, let name), .retireContainer(let name), .vacateContainer(let name, _):
      name
    default: nil
    }
  }

  fileprivate var isAuxiliary: Bool {
    switch self {
    case .prepareLayer, .pullImage, .await, .removeLinks, .reloadSupervisor, .removeStack, .awaitReady, .switchTraffic,
      .endGroup:
      true
    default: false
    }
  }
}
