// The places of containers on one network: addresses of both families, names of interfaces. Pure.
internal import ContainrAddresses
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrStore

/// Leases of one network.
struct NetworkLeases {
  let contents: StoreContents
  let traits: NetworkTraits
  /// What the file calls it.
  let key: String
  let settings: HostSettings

  private var name: String { traits.record.name }

  /// By container; those that are not on it are left out.
  func leases(
    for containers: [(name: ContainerName, plan: ServicePlan)]
  ) throws(EngineError) -> [String: LeaseRecord] {
    let members = containers.compactMap { container in
      container.plan.networks.first { $0.network == key }.map { (container.name.id, container.plan, $0) }
    }
    if members.isEmpty { return [:] }
    let ids = Set(containers.map(\.name.id))
    let others = contents.containers.filter { !ids.contains($0.id) }.flatMap(\.leases).filter { $0.network == name }
    var addresses: [String: IPv4Address] = [:]
    var addresses6: [String: IPv6Address] = [:]
    if !traits.record.subnet.isEmpty {
      guard let subnet = traits.subnet, let gateway = traits.gateway else { throw unreadable }
      addresses = try lease(
        members.map { ($0.0, $0.2.ipv4Address.flatMap { IPv4Address($0) }) }, subnet: subnet, gateway: gateway,
        range: traits.range, others: others.compactMap { IPv4Address($0.address) },
        reserved: traits.reserved.compactMap(\.v4).map { IPv4Prefix(masking: $0) },
        old: { IPv4Address($0.address) })
    }
    if !traits.record.subnet6.isEmpty {
      guard let subnet = traits.subnet6, let gateway = traits.gateway6 else { throw unreadable }
      // Who switches it off for himself could be given nothing.
      let willing = members.filter { !$0.1.disablesIPv6 }
      addresses6 = try lease(
        willing.map { ($0.0, $0.2.ipv6Address.flatMap { IPv6Address($0) }) }, subnet: subnet, gateway: gateway,
        range: traits.range6, others: others.compactMap { IPv6Address($0.address6) },
        reserved: traits.reserved.compactMap(\.v6).map { IPv6Prefix(masking: $0) },
        old: { IPv6Address($0.address6) })
    }
    var leases: [String: LeaseRecord] = [:]
    for (id, plan, attachment) in members {
      let mac = addresses[id].map { MACAddress(for: $0) } ?? addresses6[id].map { MACAddress(for: $0) }
      var lease = LeaseRecord(
        network: name, key: key, address: addresses[id]?.description ?? "",
        mac: plan.macAddress(on: attachment) ?? mac?.description ?? "",
        link: settings.link(container: id, network: name), interface: attachment.interfaceName ?? "")
      lease.address6 = addresses6[id]?.description ?? ""
      lease.linkLocal = attachment.linkLocalAddresses
      lease.priority = attachment.priority ?? 0
      lease.gatewayPriority = attachment.gatewayPriority ?? 0
      leases[id] = lease
    }
    return leases
  }

  private var unreadable: EngineError {
    let record = traits.record
    let texts = [record.subnet, record.gateway, record.subnet6, record.gateway6].filter { !$0.isEmpty }
    return EngineError(.store, "network \(name): \(texts.joined(separator: ", ")) cannot be read")
  }

  /// What a container has already it keeps, unless another one asks for it by name.
  private func lease<Network: IPNetwork>(
    _ members: [(id: String, fixed: Network.Address?)], subnet: Network, gateway: Network.Address, range: Network?,
    others: [Network.Address], reserved: [Network], old: (LeaseRecord) -> Network.Address?
  ) throws(EngineError) -> [String: Network.Address] {
    var requests: [AddressRequest<Network.Address>] = []
    var kept: [String: Network.Address] = [:]
    for (id, fixed) in members {
      if let fixed {
        requests.append(AddressRequest(key: id, fixed: fixed))
        continue
      }
      let before = contents.containers.first { $0.id == id }?.leases.first { $0.network == name }
      let isAllowed = { (address: Network.Address) in
        subnet.contains(address) && address != gateway && range?.contains(address) ?? true
          && !reserved.contains { $0.contains(address) }
      }
      if let address = before.flatMap(old), isAllowed(address) {
        kept[id] = address
      } else {
        requests.append(AddressRequest(key: id))
      }
    }
    let fixed = Set(requests.compactMap(\.fixed))
    for (id, address) in kept where fixed.contains(address) { requests.append(AddressRequest(key: id)) }
    kept = kept.filter { !fixed.contains($0.value) }
    do {
      var allocator = AddressAllocator(
        subnet: subnet, gateway: gateway, range: range, used: others + kept.values, reserved: reserved)
      return try allocator.lease(requests).merging(kept) { new, _ in new }
    } catch {
      throw EngineError(.kernel, "network \(name): \(error)")
    }
  }
}

extension ServicePlan {
  /// Its own kernel parameters say that it has none.
  var disablesIPv6: Bool {
    sysctls.contains {
      ["net.ipv6.conf.all.disable_ipv6", "net.ipv6.conf.default.disable_ipv6"].contains($0.name) && $0.value == "1"
    }
  }
}

extension LeaseRecord {
  /// Names the interfaces: what the file names has that name, what has one keeps it, the others get the lowest free one in
  /// the order in which they are joined. Sorted by the network's name, as the store has them. `prefixes`: what names begin
  /// with, by network.
  static func named(
    _ leases: [LeaseRecord], keeping old: [LeaseRecord], _ prefixes: [String: String]
  ) -> [LeaseRecord] {
    var leases = leases.sorted { (-$0.priority, $0.key) < (-$1.priority, $1.key) }
    var taken = Set(leases.map(\.interface))
    for index in leases.indices where leases[index].interface.isEmpty {
      guard let before = old.first(where: { $0.network == leases[index].network }) else { continue }
      // One that had a name of the file's gets one of ours once the file has none.
      let prefix = prefixes[before.network] ?? "eth"
      guard before.interface.hasPrefix(prefix), Int(before.interface.dropFirst(prefix.count)) != nil,
        taken.insert(before.interface).inserted
      else { continue }
      leases[index].interface = before.interface
    }
    for index in leases.indices where leases[index].interface.isEmpty {
      let prefix = prefixes[leases[index].network] ?? "eth"
      var number = 0
      while !taken.insert("\(prefix)\(number)").inserted { number += 1 }
      leases[index].interface = "\(prefix)\(number)"
    }
    return leases.sorted { $0.network < $1.network }
  }
}
