// What of the records a supervisor works from, as a digest: so that a plan sees when a reload was missed. Pure.
internal import ContainrReconcile
internal import ContainrStore

enum SupervisorKnowledge {
  /// One word for everything that a supervisor reads of its stack, stages aside: those it sees for itself.
  static func text(_ contents: StoreContents, of stack: String) -> String {
    var all = ""
    for network in contents.networks where network.stack == stack && network.stage != .removing {
      all += "\(network.name) \(network.gateway) \(network.subnet) \(network.isInternal)"
      all += network.subnet6.isEmpty ? "\n" : " \(network.gateway6) \(network.subnet6)\n"
    }
    for container in contents.containers where container.stack == stack && container.stage != .removing {
      all += "\(container.id) \(container.role.rawValue)\n\(container.fields)"
      for lease in container.leases {
        all += "\(lease.network) \(lease.address)" + (lease.address6.isEmpty ? "\n" : " \(lease.address6)\n")
      }
    }
    return StableHash.hex(all, digits: 16)
  }
}
