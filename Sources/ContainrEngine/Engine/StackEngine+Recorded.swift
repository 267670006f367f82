// What is in order and what is not, held against what was applied: no stack file is needed for it. Reads only.
public import ContainrHost
public import ContainrReconcile
public import ContainrSpec
internal import ContainrStore

/// One stack as it is.
public struct StackStatus: Sendable, Hashable {
  /// The stack's name.
  public var name: String
  /// Canonical path of its file.
  public var file: String
  /// The revision that was applied last; nil: none is kept.
  public var revision: Int?
  /// Its containers.
  public var containers: [ContainerStatus]
  /// What has moved away from what was applied.
  public var drift: [ChangeNote]
  /// What has moved and is left as it is.
  public var notes: [ChangeNote]
  /// Addresses of what the stack file asks for beyond what was applied; nil: there was no file to ask.
  public var pending: [String]?

  /// Nothing is to be done about it, and all that runs is well.
  public var isInOrder: Bool { drift.isEmpty && !containers.contains { $0.health == "unhealthy" } }
}

extension StackEngine {
  /// A stack held against its records; nil if none of this name is recorded. `desired`: what its file says now, if it can
  /// be read. Of it come the contents of configs and secrets, which no record has.
  public func status(_ name: String, desired: StackPlan?) throws(EngineError) -> StackStatus? {
    let contents = try contents()
    guard let record = contents.stacks.first(where: { $0.name == name }) else { return nil }
    let desired = desired.flatMap { $0.name == name && $0.file == record.file ? $0 : nil }
    var applied = try Self.applied(contents, record)
    applied.contents = desired?.contents ?? []
    var observed = try observe(applied, stackName: name)
    if desired == nil {
      // Without their sources nothing can be said of them.
      for index in observed.containers.indices {
        observed.containers[index].contents.removeAll { $0.kind != .mount && $0.old != "gone" }
      }
    }
    let changes = reconcile(desired: applied, observed: observed, stack: name)
    let drift = changes.changes.flatMap { change in
      change.reasons.filter(\.isDrift).map { ChangeNote(address: change.address, reason: $0) }
    }
    let pending = desired.map { desired in
      reconcile(desired: desired, observed: observed, stack: name).changes
        .filter { $0.reasons.contains { !$0.isDrift && $0.kind != .dependency } }.map(\.address)
    }
    let revision = try revisions(of: name).last { $0.outcome == .applied }?.number
    return StackStatus(
      name: name, file: record.file, revision: revision, containers: try containers(stack: name),
      drift: Self.once(drift),
      notes: changes.notes, pending: pending.map { Self.once($0) })
  }

  /// The plan that is applied, as far as the records have it: without what no container uses.
  private static func applied(_ contents: StoreContents, _ stack: StackRecord) throws(EngineError) -> StackPlan {
    var plan = StackPlan(name: stack.name, file: stack.file)
    for container in contents.containers where container.stack == stack.name && container.role == .serving {
      // How many there are is in no record of a container: others came and went since it was made.
      if let index = plan.services.firstIndex(where: { $0.name == container.service }) {
        plan.services[index].replicas = max(plan.services[index].replicas, container.index)
        continue
      }
      var service = try PlanCoding.plan(container.plan)
      service.replicas = container.index
      plan.services.append(service)
    }
    plan.services.sort { $0.name < $1.name }
    for network in contents.networks where network.stack == stack.name {
      let fields = Dictionary(PlanCoding.fields(network.fields).map { ($0.path, $0.value) }) { first, _ in first }
      plan.networks.append(
        NetworkPlan(
          key: network.key, name: network.name, isInternal: network.isInternal, subnet: fields["ipam.config.subnet"],
          gateway: fields["ipam.config.gateway"], mtu: network.mtu))
    }
    plan.networks.sort { $0.key < $1.key }
    plan.volumes = contents.volumes.filter { $0.stack == stack.name && $0.place.isEmpty }.map(\.plan)
      .sorted { $0.key < $1.key }
    return plan
  }

  private static func once<Value: Hashable>(_ all: [Value]) -> [Value] {
    var seen: Set<Value> = []
    return all.filter { seen.insert($0).inserted }
  }
}
