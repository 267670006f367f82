// What containers were made with, for lists that tell of it: from their records, also of services that have left the file. Reads only.
public import ContainrHost
internal import ContainrReconcile
public import ContainrSpec
internal import ContainrStore
internal import ContainrSystem

/// What a container was made with.
public struct ContainerDetails: Sendable, Hashable {
  /// The argument vector, that of its image where the file has none.
  public var command: [String] = []
  /// The reference of its image; empty: it runs none.
  public var image = ""
  /// Its service's, and those by which Compose knows containers; sorted by name.
  public var labels: [EnvironmentPlan] = []
  /// Names of volumes and paths of the host, in the order of the mounts; tmpfs, configs and secrets are none.
  public var mounts: [String] = []
  /// How many of these are volumes.
  public var volumes = 0
  /// Names on the host; `host` or `none` where it has no network of its own.
  public var networks: [String] = []

  /// Of a container that nobody has written down.
  public init() {}
}

extension StackEngine {
  /// Of all containers of a stack, or of all stacks, by the container's id.
  public func details(stack: String?) throws(EngineError) -> [String: ContainerDetails] {
    var all: [String: ContainerDetails] = [:]
    let contents = try contents()
    for record in contents.containers where stack == nil || record.stack == stack {
      all[record.id] = try Self.details(record, contents)
    }
    return all
  }

  /// Bytes that a container has written beside its volumes: what is in its writable layer. 0 if there is none.
  public func writtenBytes(_ id: String) throws(EngineError) -> UInt64 {
    do throws(SyscallError) {
      let upper = try Kernel.open(settings.upper(id), [.path, .directory, .noFollow])
      return try Kernel.treeSize(below: upper.raw)
    } catch {
      if error.errno == 2 { return 0 }
      throw EngineError(error, "look how much \(id) has written")
    }
  }

  private static func details(
    _ record: ContainerRecord, _ contents: StoreContents
  ) throws(EngineError) -> ContainerDetails {
    let plan = try record.runningPlan()
    var details = ContainerDetails()
    details.command = plan.entrypoint + plan.command
    // What its process runs stands on layers, whatever the file has called them.
    let image = record.merged.isEmpty ? plan.image : try PlanCoding.plan(record.plan).image
    details.image = image?.reference ?? ""
    let own = [
      ("container-number", "\(record.index)"), ("oneoff", plan.oneOffOf == nil ? "False" : "True"),
      ("project", record.stack), ("service", plan.oneOffOf ?? record.service),
    ].map { EnvironmentPlan(name: "com.docker.compose.\($0.0)", value: $0.1) }
    let names = Set(own.map(\.name))
    details.labels = (plan.labels.filter { !names.contains($0.name) } + own).sorted { $0.name < $1.name }
    for mount in plan.mounts {
      switch mount.kind {
      case .bind: details.mounts.append(mount.source)
      case .volume:
        details.volumes += 1
        let name =
          mount.isAnonymous
          ? VolumeGiver.inherited(record.name, target: mount.target, contents)
          : record.volumes.first { $0.key == mount.source }?.name
        details.mounts.append(name ?? mount.volumeKey)
      case .image: details.mounts.append(mount.source)
      case .tmpfs: break
      }
    }
    details.networks = record.leases.map(\.network).sorted()
    if details.networks.isEmpty, let namespace = plan.namespaces.first(where: { $0.kind == .network }) {
      switch namespace.owner {
      case .host, .empty: details.networks = [namespace.text]
      case .service, .container, .automatic: break
      }
    }
    return details
  }
}
