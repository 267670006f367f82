// `down` and `stop`: from the records alone, so that they work without the file.
internal import ContainrSpec

/// Everything of the stack goes; teardown goes on past failures.
func downChangeset(observed: ObservedState, stack: String, removeVolumes: Bool) -> Changeset {
  var builder = ChangesetBuilder(stack: stack)
  let nothing =
    observed.stack == nil && observed.containers.isEmpty && observed.networks.isEmpty && observed.leftovers.isEmpty
    && !observed.supervisorAlive && observed.firewallDrift.isEmpty
  let volumes = removeVolumes ? observed.volumes.filter(\.isOurs) : []
  if nothing && volumes.isEmpty { return Changeset(stack: stack) }
  let targets = observed.containers.map { container in
    StopTarget(container: container, removes: true, reasons: [], effect: .none)
  }
  let stops = builder.stop(targets, after: []).values.sorted()
  var before = stops
  if observed.supervisorAlive {
    before.append(builder.add(.stopSupervisor, "supervisor \(stack)", tolerating: stops))
  }
  before += builder.removeLeftovers(observed.leftovers)
  let links = builder.add(.removeLinks, "links of \(stack)", tolerating: before)
  var last = [links]
  for network in observed.networks.sorted(by: { $0.name < $1.name }) {
    last.append(
      builder.add(
        .removeNetwork(key: network.key, name: network.name), "network \(network.name)", tolerating: [links]))
  }
  last.append(builder.add(.writeFirewall, "firewall", tolerating: stops))
  for volume in volumes.sorted(by: { $0.name < $1.name }) {
    let reason =
      volume.holdsData
      ? ChangeReason(.missing, "its data is deleted", effect: .dataLoss)
      : ChangeReason(.missing, "what is mounted there stays", effect: .none)
    last.append(
      builder.add(
        .removeVolume(key: volume.key, name: volume.name), "volume \(volume.name)", reasons: [reason],
        effect: reason.effect, tolerating: stops))
  }
  // The record is the last to go, and only if everything else has gone.
  _ = builder.add(.removeStack, "stack \(stack)", after: Array(builder.changes.indices))
  return Changeset(stack: stack, changes: builder.changes)
}

/// The containers stop and stay; `only` those, if some are named.
func stopChangeset(observed: ObservedState, stack: String, only: Set<String>? = nil) -> Changeset {
  var builder = ChangesetBuilder(stack: stack)
  let running = observed.containers.filter {
    ($0.isRunning || $0.stage == .creating) && only?.contains($0.id) ?? true
  }
  let targets = running.map { StopTarget(container: $0, removes: $0.role != .serving, reasons: [], effect: .restart) }
  let stops = builder.stop(targets, after: []).values.sorted()
  if observed.supervisorAlive, !stops.isEmpty {
    _ = builder.add(.reloadSupervisor, "supervisor \(stack)", tolerating: stops)
  }
  return Changeset(stack: stack, changes: builder.changes, matching: observed.containers.count - running.count)
}

/// Some containers go and the stack stays; with `removeVolumes` so do the volumes of theirs that have no name.
func removalChangeset(
  observed: ObservedState, stack: String, only: Set<String>, removeVolumes: Bool
) -> Changeset {
  var builder = ChangesetBuilder(stack: stack)
  let going = observed.containers.filter { only.contains($0.id) }
  let reason = ChangeReason(.missing, "what it has written goes", effect: .recreate)
  let stops = builder.stop(
    going.map { StopTarget(container: $0, removes: true, reasons: [reason], effect: .recreate) }, after: []
  ).values.sorted()
  // Not only of who publishes: every place on a network has its elements.
  if going.contains(where: { !$0.keys("networks.").isEmpty || $0.addresses?.isEmpty == false }) {
    _ = builder.add(.writeFirewall, "firewall", tolerating: stops)
  }
  let places = Set(going.map(\.name.display))
  for volume in observed.volumes.sorted(by: { $0.name < $1.name })
  where removeVolumes && volume.isOurs && volume.place.map(places.contains) == true {
    _ = builder.add(
      .removeVolume(key: volume.key, name: volume.name), "volume \(volume.name)",
      reasons: [ChangeReason(.missing, "its data is deleted", effect: .dataLoss)], effect: .dataLoss, after: stops)
  }
  if observed.supervisorAlive, !stops.isEmpty {
    _ = builder.add(.reloadSupervisor, "supervisor \(stack)", tolerating: stops)
  }
  return Changeset(stack: stack, changes: builder.changes, matching: observed.containers.count - going.count)
}
