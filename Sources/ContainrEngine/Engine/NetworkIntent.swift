// One network to be made, as a row: its subnets. Pure: what is in use is told. Under the host's lock.
internal import ContainrAddresses
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrStore

/// What the host routes, and whether it has IPv6.
struct HostPrefixes: Hashable {
  var ipv4: [IPv4Prefix] = []
  var ipv6: [IPv6Prefix] = []
  var hasIPv6 = false

  /// Looks at this host. The routes of IPv6 matter only where a network is made, and those of single links never.
  static func read(_ links: LinkDriver, makesNetworks: Bool) throws -> HostPrefixes {
    var prefixes = HostPrefixes(ipv4: try links.routes().compactMap(\.prefix.v4))
    prefixes.hasIPv6 = try HostIPv6.isOn()
    if prefixes.hasIPv6, makesNetworks {
      prefixes.ipv6 = try links.routes(.ipv6).compactMap(\.prefix.v6).filter { !$0.address.isLinkLocal }
    }
    return prefixes
  }

  /// Without those that are the bridges' own.
  func removing(_ networks: [NetworkRecord]) -> HostPrefixes {
    var rest = self
    let own = Set(networks.map(\.subnet))
    let own6 = Set(networks.map(\.subnet6))
    rest.ipv4.removeAll { own.contains($0.description) }
    rest.ipv6.removeAll { own6.contains($0.description) }
    return rest
  }
}

/// Gives a network its subnets.
struct NetworkIntent {
  let settings: HostSettings
  /// What is recorded of all stacks.
  let contents: StoreContents
  /// Networks whose rows are not written yet.
  let planned: [NetworkRecord]
  /// Networks of the same file, whose subnets may not be given away.
  let asked: [NetworkPlan]
  let routes: HostPrefixes
  let now: Int

  /// `stack`: empty for one that is made by hand.
  func record(of plan: NetworkPlan, stack: String, members: Int) throws(EngineError) -> NetworkRecord {
    let wanted = plan.hasIPv6 ?? (plan.subnet6 != nil ? true : nil)
    if wanted == true, !routes.hasIPv6 {
      throw EngineError(.settings, "network \(plan.name) asks for IPv6, which is off on this host")
    }
    // With less than 1280 bytes the kernel takes IPv6 off an interface (RFC 8200).
    let fits = plan.mtu.map { $0 >= 1280 } ?? true
    if wanted == true, !fits {
      throw EngineError(.settings, "network \(plan.name): IPv6 needs an mtu of 1280, and \(plan.mtu ?? 0) is asked for")
    }
    let has6 = wanted ?? (routes.hasIPv6 && fits)
    if plan.hasIPv4 == false, !has6 {
      throw EngineError(.settings, "network \(plan.name) has no IPv4, and IPv6 is off on this host")
    }
    var record = NetworkRecord(
      name: plan.name, key: plan.key, stack: stack, stage: .creating,
      bridge: plan.option("com.docker.network.bridge.name") ?? settings.bridge(network: plan.name), subnet: "",
      gateway: "", isInternal: plan.isInternal, mtu: plan.mtu, fields: PlanCoding.text(plan.fields))
    record.createdAt = now
    if plan.hasIPv4 != false {
      let prefix = try subnet(of: plan, members: members)
      record.subnet = prefix.description
      record.gateway = plan.gateway ?? prefix.gateway.description
    }
    if has6 {
      let prefix = try subnet6(of: plan, stack: stack)
      record.subnet6 = prefix.description
      record.gateway6 = plan.gateway6 ?? prefix.gateway.description
    }
    return record
  }

  private func subnet(of plan: NetworkPlan, members: Int) throws(EngineError) -> IPv4Prefix {
    if let text = plan.subnet {
      guard let prefix = IPv4Prefix(text) else {
        throw EngineError(.settings, "network \(plan.name): \(text) is not an IPv4 subnet")
      }
      return prefix
    }
    guard let pool = IPv4Prefix(settings.addressPool) else {
      throw EngineError(.settings, "the address pool \(settings.addressPool) is not an IPv4 subnet")
    }
    let used =
      routes.ipv4 + (contents.networks + planned).compactMap { IPv4Prefix($0.subnet) }
      + asked.compactMap { $0.subnet.flatMap { IPv4Prefix($0) } }
    do {
      return try SubnetAllocator(pool: pool).subnet(for: plan.name, members: members, avoiding: used)
    } catch {
      throw EngineError(.kernel, "network \(plan.name): \(error)")
    }
  }

  private func subnet6(of plan: NetworkPlan, stack: String) throws(EngineError) -> IPv6Prefix {
    if let text = plan.subnet6 {
      guard let prefix = IPv6Prefix(text) else {
        throw EngineError(.settings, "network \(plan.name): \(text) is not an IPv6 subnet")
      }
      return prefix
    }
    let used =
      routes.ipv6 + (contents.networks + planned).compactMap { IPv6Prefix($0.subnet6) }
      + asked.compactMap { $0.subnet6.flatMap { IPv6Prefix($0) } }
    do {
      return try ULAAllocator(site: "\(settings.linkPrefix) \(stack)").subnet(for: plan.name, avoiding: used)
    } catch {
      throw EngineError(.kernel, "network \(plan.name): \(error)")
    }
  }
}
