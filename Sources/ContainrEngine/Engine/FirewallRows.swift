// Rows of all stacks → the one firewall plan of this host. Pure.
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrStore

enum FirewallRows {
  /// Ports lead to the containers that serve. What is being removed is left out: the rules go before or with the links.
  static func plan(_ contents: StoreContents, settings: HostSettings) -> FirewallPlan {
    let networks = contents.networks.filter { $0.stage != .removing }
    let bridges = networks.compactMap { network in
      IPv4Prefix(network.subnet).map { BridgeRule(name: network.bridge, prefix: $0, isInternal: network.isInternal) }
    }
    let isInternal = Dictionary(networks.map { ($0.name, $0.isInternal) }) { first, _ in first }
    var ports: [PublishedPort] = []
    for container in contents.containers where container.stage != .removing && container.role == .serving {
      // A port leads through the first network that has a way in.
      let leases = container.leases.filter { isInternal[$0.network] != nil }
      let lease = leases.first { isInternal[$0.network] == false } ?? leases.first
      guard let lease, let address = IPv4Address(lease.address) else { continue }
      for port in container.ports {
        ports.append(
          PublishedPort(
            hostAddress: port.hostAddress.flatMap { IPv4Address($0) }, hostPort: UInt16(clamping: port.hostPort),
            containerAddress: address, containerPort: UInt16(clamping: port.containerPort),
            transport: Transport(rawValue: port.transport) ?? .tcp, id: container.name.display))
      }
    }
    return FirewallPlan(table: settings.nftTable, bridges: bridges, ports: ports)
  }

  /// The kernel settings that the bridges of one stack need.
  static func sysctls(
    _ contents: StoreContents, stack: String, uplinks: [String], settings: HostSettings
  ) -> [SysctlRequirement] {
    var plan = plan(contents, settings: settings)
    let own = Set(contents.networks.filter { $0.stack == stack && $0.stage != .removing }.map(\.bridge))
    plan.bridges.removeAll { !own.contains($0.name) }
    return SysctlRequirement.required(for: plan, uplinks: uplinks)
  }
}
