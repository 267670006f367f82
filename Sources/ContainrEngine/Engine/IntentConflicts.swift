// What only one may have, looked at once more when the rows are written: between the preflight and the intents lies whatever the
// user is asked and whatever is pulled, and another `up`. Pure; under the host's lock.
internal import ContainrAddresses
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrStore

/// Rows of this moment against a row to be written.
struct IntentConflicts {
  let contents: StoreContents
  let changeset: Changeset

  /// A new network: its name, its bridge and its subnets are nobody's.
  func check(_ network: NetworkRecord) throws(EngineError) {
    let leaving = changeset.changes.compactMap { change -> String? in
      if case .removeNetwork(_, let name) = change.action { name } else { nil }
    }
    for other in contents.networks where other.name != network.name || other.stack != network.stack {
      if other.stack == changeset.stack, leaving.contains(other.name) { continue }
      let what: String
      if other.name == network.name {
        what = "the network name \(network.name)"
      } else if other.bridge == network.bridge, !network.bridge.isEmpty {
        what = "the bridge \(network.bridge)"
      } else if let subnet = overlap(network, other) {
        what = "the subnet \(subnet)"
      } else {
        continue
      }
      let owner = other.stack.isEmpty ? "one that was made by hand" : "of stack \(other.stack)"
      throw EngineError(
        .settings, "\(what) has been taken in the meantime by network \(other.name), \(owner): nothing was changed")
    }
  }

  /// Networks without a bridge may share the subnet of their parent.
  private func overlap(_ network: NetworkRecord, _ other: NetworkRecord) -> String? {
    guard NetworkTraits(network).hasBridge, NetworkTraits(other).hasBridge else { return nil }
    for (own, theirs) in [(network.subnet, other.subnet), (network.subnet6, other.subnet6)] {
      if let prefix = IPPrefix(own), IPPrefix(theirs)?.overlaps(prefix) == true { return own }
    }
    return nil
  }

  /// A container: its host ports are no other stack's. Within the stack the preflight and the turn of a rollout see to it.
  func check(_ container: ContainerRecord) throws(EngineError) {
    for other in contents.containers where other.stack != changeset.stack && other.publishes {
      for port in container.ports {
        guard let theirs = other.ports.first(where: { $0.meets(port) }) else { continue }
        throw EngineError(
          .settings,
          "host port \(theirs.hostPort)/\(theirs.transport) has been taken in the meantime by container "
            + "\(other.name.display): nothing was changed")
      }
    }
  }
}

extension PortRecord {
  /// Whether both cannot be published at once.
  fileprivate func meets(_ other: PortRecord) -> Bool {
    if hostPort != other.hostPort || transport != other.transport { return false }
    let addresses = [hostAddress, other.hostAddress].map { $0.flatMap { IPAddress($0) } }
    guard let first = addresses[0], let second = addresses[1] else { return true }
    return first == second || (first.family == second.family && (first.isAny || second.isAny))
  }
}

extension StoreContents {
  /// The containers of other stacks on a network.
  func guests(of network: String, beside stack: String) -> [ContainerRecord] {
    containers.filter { $0.stack != stack && $0.leases.contains { $0.network == network } }
  }
}
