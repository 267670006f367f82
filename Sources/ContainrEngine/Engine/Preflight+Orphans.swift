// What stands against leaving orphans alone.
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrStore

extension Preflight {
  /// A network that is made again takes its bridge from under who stays on it, and a volume its data: there is no plan to
  /// make those again from.
  mutating func checkOrphans(_ desired: StackPlan) {
    var leaving: Set<String> = []
    var networks: [String: String] = [:]
    var volumes: [(key: String, name: String)] = []
    for change in changeset.changes {
      switch change.action {
      case .removeContainer(let name): leaving.insert(name.id)
      case .removeNetwork(let key, let name): networks[key] = name
      case .removeVolume(let key, let name): volumes.append((key, name))
      default: break
      }
    }
    for (key, name) in volumes.sorted(by: { $0.name < $1.name }) {
      let stay = contents.containers.filter { record in
        !leaving.contains(record.id) && record.volumes.contains { $0.name == name }
      }
      guard !stay.isEmpty else { continue }
      let isOwn = stay.allSatisfy { $0.stack == changeset.stack }
      add(
        "volume-in-use",
        "volume \(name) has to be made again, and containers that stay have it: "
          + stay.map(\.name.display).sorted().joined(separator: ", "),
        at: desired.volumes.first { $0.key == key }?.location,
        help: isOwn ? "--remove-orphans removes them" : "take them down first, or give this volume another name")
    }
    let services = Set(desired.services.map(\.name))
    for (key, name) in networks.sorted(by: { $0.key < $1.key }) {
      let stay = contents.containers.filter { record in
        record.stack == changeset.stack && !services.contains(record.service) && !leaving.contains(record.id)
          && record.leases.contains { $0.key == key }
      }
      guard !stay.isEmpty else { continue }
      add(
        "orphan-on-network",
        "network \(name) has to be made again, and containers of services that are not in the file are on it: "
          + stay.map(\.id).joined(separator: ", "),
        at: desired.networks.first { $0.key == key }?.location, help: "--remove-orphans removes them")
    }
  }
}
