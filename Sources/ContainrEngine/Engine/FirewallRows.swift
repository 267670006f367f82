// Rows of all stacks → the one firewall plan of this host. Pure.
internal import ContainrAddresses
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrStore

enum FirewallRows {
  /// Ports lead to the containers that serve, and what is being removed or was stopped publishes nothing: somebody else may
  /// have the port meanwhile. Its place is its own until its row is gone, as it may still be taking its leave.
  /// `desired`: what a stack's applied fields do not say yet.
  static func plan(_ contents: StoreContents, settings: HostSettings, desired: StackPlan? = nil) -> FirewallPlan {
    let networks = contents.networks.filter { $0.stage != .removing }
    // Without a bridge nothing leads from the host to a container, and nothing stands between its members.
    let bridged = networks.map { NetworkTraits($0) }.filter(\.hasBridge)
    let bridges = bridged.map { network in
      var rule = BridgeRule(
        name: network.record.bridge, prefix: network.subnet, gateway: network.gateway, prefix6: network.subnet6,
        gateway6: network.gateway6, isInternal: network.record.isInternal)
      rule.masquerades = network.masquerades
      return rule
    }
    let isInternal = Dictionary(bridged.map { ($0.record.name, $0.record.isInternal) }) { first, _ in first }
    var plan = FirewallPlan(table: settings.nftTable, bridges: bridges, memberPrefix: settings.linkPrefix + "v")
    for container in contents.containers {
      for lease in container.leases where isInternal[lease.network] != nil {
        guard let mac = MACAddress(lease.mac) else { continue }
        var member = MemberRule(
          link: lease.link, macAddress: mac, address: IPv4Address(lease.address),
          address6: IPv6Address(lease.address6), id: container.name.display)
        member.linkLocal = lease.linkLocal.compactMap { IPAddress($0) }
        plan.members.append(member)
      }
      if !container.publishes || container.role != .serving || container.ports.isEmpty { continue }
      plan.ports += ports(of: container, isOpen: isOpen(container, desired), isInternal)
    }
    if plan.needsHandover { plan.handover = settings.handover }
    return plan
  }

  /// What leads to a container, of each family that it has: through the first network that has a way in.
  private static func ports(
    of container: ContainerRecord, isOpen: Bool, _ isInternal: [String: Bool]
  ) -> [PublishedPort] {
    IPFamily.allCases.flatMap { family -> [PublishedPort] in
      let places = container.leases.compactMap { lease -> (network: String, address: IPAddress)? in
        if isInternal[lease.network] == nil { return nil }
        return IPAddress(family == .ipv4 ? lease.address : lease.address6).map { (lease.network, $0) }
      }
      guard let place = places.first(where: { isInternal[$0.network] == false }) ?? places.first else { return [] }
      return container.ports.filter { $0.hasFamily(family) }.map { port in
        var published = PublishedPort(
          hostAddress: port.hostAddress.flatMap { IPAddress($0) }, hostPort: UInt16(clamping: port.hostPort),
          containerAddress: place.address, containerPort: UInt16(clamping: port.containerPort),
          transport: Transport(rawValue: port.transport) ?? .tcp, id: container.name.display)
        // From outside nobody reaches loopback, nor an internal network.
        let isFromHere = published.hostAddress?.isLoopback == true || isInternal[place.network] == true
        published.hasWayOut = isInternal[place.network] == false
        published.obeysHost = !isOpen && !isFromHere
        return published
      }
    }
  }

  /// Whether its ports are open past the host's rules.
  private static func isOpen(_ container: ContainerRecord, _ desired: StackPlan?) -> Bool {
    if let desired, desired.name == container.stack,
      let service = desired.services.first(where: { $0.name == container.service })
    {
      return service.publish == .dockerLike
    }
    return PlanCoding.fields(container.fields).contains {
      $0.path == "x-containr.publish" && $0.value == PublishPolicy.dockerLike.rawValue
    }
  }

  /// The kernel settings that the bridges of some networks need, by names of interfaces.
  static func sysctls(
    _ contents: StoreContents, bridges own: Set<String>, facts: HostRoutes, settings: HostSettings,
    desired: StackPlan? = nil
  ) -> [SysctlRequirement] {
    var plan = plan(contents, settings: settings, desired: desired)
    plan.bridges.removeAll { !own.contains($0.name) }
    return SysctlRequirement.required(
      for: plan, uplinks: facts.uplinks, uplinks6: facts.uplinks6, forcesForwarding: facts.forcesForwarding)
  }
}

extension StoreContents {
  /// The bridges that a stack's containers are on: its own, and those of external networks.
  func bridges(of stack: String) -> Set<String> {
    let joined = Set(containers.filter { $0.stack == stack && $0.stage != .removing }.flatMap(\.leases).map(\.network))
    return Set(
      networks.filter { $0.stage != .removing && ($0.stack == stack || joined.contains($0.name)) }.map(\.bridge))
  }
}

extension ContainerRecord {
  /// Its ports are its own now; one that was stopped asks for them again when it starts.
  var publishes: Bool { stage != .removing && stage != .stopped }

  /// The addresses of this host that a port of it has: one, or all of each family that the container has.
  func published(_ port: PortRecord) -> [IPAddress] {
    if let address = port.hostAddress.flatMap({ IPAddress($0) }) { return [address] }
    let has6 = leases.contains { !$0.address6.isEmpty }
    let has4 = leases.contains { !$0.address.isEmpty } || !has6
    return (has4 ? [.any(.ipv4)] : []) + (has6 ? [.any(.ipv6)] : [])
  }
}

extension PortRecord {
  /// Whether it is published over a family; without an address over both.
  func hasFamily(_ family: IPFamily) -> Bool {
    hostAddress.flatMap { IPAddress($0) }.map { $0.family == family } ?? true
  }
}

/// The ways out of this host, as far as kernel settings depend on them.
struct HostRoutes: Hashable {
  var uplinks: [String] = []
  var uplinks6: [String] = []
  var forcesForwarding = true

  /// IPv6 is only asked about where one of the networks has it.
  static func read(_ links: LinkDriver, hasIPv6: Bool) throws -> HostRoutes {
    var facts = HostRoutes(uplinks: try links.defaultRouteInterfaces())
    if hasIPv6 {
      facts.forcesForwarding = try HostIPv6.forcesForwarding()
      let uplinks = try links.defaultRouteInterfaces(.ipv6)
      // What listens to no router is not told to do so.
      facts.uplinks6 = facts.forcesForwarding ? uplinks : try HostIPv6.listening(uplinks)
    }
    return facts
  }
}

extension HostSettings {
  /// By which packets come in once more that the host's rules have let through.
  var handover: HandoverLink { HandoverLink(out: "\(linkPrefix)handout", into: "\(linkPrefix)handin") }
  /// IFLA_GROUP of what belongs to no stack.
  var hostLinkGroup: UInt32 { linkGroup(stack: "") }
}
