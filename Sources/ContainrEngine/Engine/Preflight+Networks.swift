// What several stacks share: subnets, addresses, names of networks and volumes. Who has them already is named.
internal import ContainrAddresses
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import ContainrVolumes
internal import SystemPackage

extension Preflight {
  /// `stack shop (/srv/shop/stack.yaml)`.
  func words(stack: String) -> String {
    contents.stacks.first { $0.name == stack }.map { "stack \(stack) (\($0.file))" } ?? "stack \(stack)"
  }

  mutating func checkNetworks(_ desired: StackPlan) throws {
    let touched = Set(
      changeset.changes.compactMap { change -> String? in
        if case .ensureNetwork(let key, _) = change.action { key } else { nil }
      })
    checkExternal(desired)
    checkGuests(desired)
    let networks = desired.networks.filter { touched.contains($0.key) && $0.isExternal != true }
    if networks.isEmpty { return checkAddresses(desired) }
    let links = try LinkDriver()
    let own = Set(contents.networks.map(\.bridge))
    var routes = try links.routes()
    let hasIPv6 = try HostIPv6.isOn()
    if hasIPv6 { routes += try links.routes(.ipv6).filter { $0.prefix.v6?.address.isLinkLocal == false } }
    routes.removeAll { $0.prefix.length == 0 || own.isSuperset(of: $0.interfaces) }
    for network in networks {
      if let other = contents.networks.first(where: { $0.name == network.name && $0.stack != desired.name }) {
        add(
          "name-taken", "the network name \(network.name) is taken by \(words(network: other))",
          at: network.location,
          help:
            "write 'external: true' if both shall have it, or give this one another name: networks: {\(network.key): {name: …}}"
        )
      }
      checkFamilies(of: network, hasIPv6: hasIPv6)
      try checkInterface(of: network, links)
      for text in [network.subnet, network.subnet6] { checkSubnet(text, of: network, in: desired, routes) }
    }
    checkPool(networks.filter { $0.subnet == nil && $0.hasIPv4 != false }, in: desired, routes)
    checkAddresses(desired)
  }

  /// What is made again goes first, and cannot while others are on it.
  private mutating func checkGuests(_ desired: StackPlan) {
    for change in changeset.changes {
      guard case .removeNetwork(let key, let name) = change.action else { continue }
      let guests = contents.guests(of: name, beside: desired.name)
      if guests.isEmpty { continue }
      add(
        "network-in-use",
        "network \(name) has to be made again or removed, and \(guests.map(\.name.display).joined(separator: ", ")) of "
          + "other stacks \(guests.count == 1 ? "is" : "are") on it",
        at: desired.networks.first { $0.key == key }?.location,
        help: "take those off it first, or leave the network as it is")
    }
  }

  /// Of a network that is there already: whose it is.
  private func words(network: NetworkRecord) -> String {
    network.stack.isEmpty ? "a network that was made by hand" : words(stack: network.stack)
  }

  /// What is external has to be there, and takes this stack's containers as it is.
  private mutating func checkExternal(_ desired: StackPlan) {
    for network in desired.networks where network.isExternal == true {
      let origin = network.origins["external"] ?? network.location
      guard let there = contents.networks.first(where: { $0.name == network.name && $0.stage != .removing }) else {
        add(
          "missing-network", "the external network \(network.name) does not exist", at: origin,
          help: "make it first: containr network create \(network.name)")
        continue
      }
      if there.stack == desired.name {
        add(
          "own-network", "the network \(network.name) belongs to this stack", at: origin,
          help: "remove 'external', or take the stack down first")
      }
    }
  }

  private mutating func checkFamilies(of network: NetworkPlan, hasIPv6: Bool) {
    if hasIPv6 { return }
    let origin = network.origins["enable_ipv6"] ?? network.origins["ipam.config.subnet6"]
    if network.hasIPv6 == true || network.subnet6 != nil {
      add(
        "no-ipv6", "network \(network.key) asks for IPv6, which is off on this host", at: origin ?? network.location,
        help: "switch it on (net.ipv6.conf.all.disable_ipv6=0), or leave 'enable_ipv6' out")
    } else if network.hasIPv4 == false {
      add(
        "no-ipv6", "network \(network.key) has no IPv4, and IPv6 is off on this host",
        at: network.origins["enable_ipv4"] ?? network.location)
    }
  }

  /// What a network stands on, or the name that its bridge is to have.
  private mutating func checkInterface(of network: NetworkPlan, _ links: LinkDriver) throws {
    if network.driver != nil, let parent = network.option("parent") {
      let origin = network.origins["driver_opts.parent"] ?? network.location
      guard let link = try links.link(named: parent) else {
        return add(
          "no-parent", "network \(network.key): this host has no interface \(parent)", at: origin,
          help: "ip link shows what there is")
      }
      if link.kind == "macvlan" || link.kind == "ipvlan" {
        add("no-parent", "network \(network.key): \(parent) is itself a \(link.kind ?? "")", at: origin)
      }
    }
    let key = "com.docker.network.bridge.name"
    guard let name = network.option(key) else { return }
    let origin = network.origins["driver_opts.\(key)"] ?? network.location
    if let other = contents.networks.first(where: { $0.bridge == name && $0.name != network.name }) {
      add(
        "name-taken", "network \(network.key): the bridge \(name) is that of network \(other.name)", at: origin,
        help: "choose another name")
    } else if let link = try links.link(named: name),
      link.alias != settings.alias(stack: desired?.name ?? "", network.name)
    {
      add(
        "name-taken", "network \(network.key): the interface \(name) is there already, and not ours", at: origin,
        help: "choose another name")
    }
  }

  /// A subnet that the file fixes: nothing of the host and no other network may be where it is.
  private mutating func checkSubnet(
    _ text: String?, of network: NetworkPlan, in desired: StackPlan, _ routes: [RouteState]
  ) {
    guard let text, let subnet = IPPrefix(text) else { return }
    func path(_ network: NetworkPlan) -> SourceLocation? {
      network.origins[subnet.family == .ipv4 ? "ipam.config.subnet" : "ipam.config.subnet6"] ?? network.location
    }
    let help = "choose another subnet, or leave it out and get a free one"
    for other in contents.networks where other.name != network.name {
      let taken = subnet.family == .ipv4 ? other.subnet : other.subnet6
      guard IPPrefix(taken)?.overlaps(subnet) == true else { continue }
      // What this changeset takes away is gone before.
      if changeset.changes.contains(where: { $0.action.removedNetwork == other.name }) { continue }
      add(
        "subnet-overlap",
        "subnet \(text) overlaps \(taken) of network \(other.name) of \(words(network: other))", at: path(network),
        help: help)
    }
    for other in desired.networks where other.key > network.key {
      let second = (subnet.family == .ipv4 ? other.subnet : other.subnet6).flatMap { IPPrefix($0) }
      if let second, second.overlaps(subnet) {
        add(
          "subnet-overlap", "subnet \(text) of network \(network.key) overlaps \(second) of network \(other.key)",
          at: path(other), help: help)
      }
    }
    // Without a bridge the subnet is that of the parent's own network.
    if network.driver != nil { return }
    for route in routes where route.prefix.overlaps(subnet) {
      add(
        "subnet-overlap",
        "subnet \(text) overlaps the route to \(route.prefix) by \(route.interfaces.joined(separator: ", "))",
        at: path(network), help: help)
    }
  }

  /// Subnets that are left to us: the pool has to have room between routes and other stacks.
  private mutating func checkPool(_ networks: [NetworkPlan], in desired: StackPlan, _ routes: [RouteState]) {
    if networks.isEmpty { return }
    guard let pool = IPv4Prefix(settings.addressPool) else {
      return add(
        "bad-address-pool", "the address pool \(settings.addressPool) is not an IPv4 subnet",
        help: "CONTAINR_ADDRESS_POOL=10.89.0.0/16")
    }
    var used = routes.compactMap(\.prefix.v4) + contents.networks.compactMap { IPv4Prefix($0.subnet) }
    used += desired.networks.compactMap { $0.subnet.flatMap { IPv4Prefix($0) } }
    for network in networks {
      // One that is recorded already keeps what it has.
      if contents.networks.contains(where: { $0.name == network.name && $0.stack == desired.name }) { continue }
      let members = IntentPlanner.members(of: network, in: desired)
      do {
        used.append(try SubnetAllocator(pool: pool).subnet(for: network.name, members: members, avoiding: used))
      } catch {
        add(
          "no-subnet",
          "network \(network.key): no subnet is left in the address pool \(pool)\(takers(of: pool, routes))",
          at: network.location,
          help: "another pool: CONTAINR_ADDRESS_POOL; or a subnet of its own: "
            + "networks: {\(network.key): {ipam: {config: [{subnet: …}]}}}")
      }
    }
  }

  /// Everything that would be allocated, once without being written down: what no check above has foreseen.
  mutating func checkAllocation(_ desired: StackPlan) throws {
    let routes = try HostPrefixes.read(LinkDriver(), makesNetworks: true)
      .removing(contents.networks.filter { $0.stack == desired.name })
    var planner = IntentPlanner(
      settings: settings, bootID: engine.bootID, now: 0, ownerUID: 0, contents: contents, routes: routes,
      isPortFree: { _, _, _ in true })
    if desired.services.contains(where: { $0.namespace(.user) == .automatic }) {
      do { planner.subordinateIDs = try SubordinateIDs(directory: engine.settings.idDirectory) } catch {
        throw EngineError(error, "read /etc/subuid")
      }
    }
    do throws(EngineError) {
      _ = try planner.writes(for: changeset, desired: desired)
    } catch {
      add("cannot-allocate", error.message)
    }
  }

  /// Who is in the pool, at most three by name.
  private func takers(of pool: IPv4Prefix, _ routes: [RouteState]) -> String {
    var takers = contents.networks.filter { IPv4Prefix($0.subnet)?.overlaps(pool) == true }.map {
      "\($0.subnet) of \(words(network: $0))"
    }
    takers += routes.filter { $0.prefix.overlaps(.v4(pool)) }.map {
      "the route to \($0.prefix) by \($0.interfaces.joined(separator: ", "))"
    }
    if takers.isEmpty { return "" }
    let more = takers.count > 3 ? " and \(takers.count - 3) more" : ""
    return ": it has \(takers.prefix(3).joined(separator: ", "))\(more)"
  }

  private mutating func checkAddresses(_ desired: StackPlan) {
    for network in desired.networks {
      let recorded = contents.networks.first { $0.name == network.name }
      let families: [(key: String, subnet: String?, address: (AttachmentPlan) -> String?)] = [
        ("ipv4_address", network.subnet ?? recorded?.subnet, \.ipv4Address),
        ("ipv6_address", network.subnet6 ?? recorded?.subnet6, \.ipv6Address),
      ]
      for family in families {
        var holders: [String: String] = [:]
        for service in desired.services {
          guard let place = service.networks.first(where: { $0.network == network.key }),
            let address = family.address(place)
          else { continue }
          let origin = service.origins["networks.\(network.key)"] ?? service.location
          if service.replicas > 1 {
            add(
              "address-taken", "service \(service.name): \(service.replicas) replicas cannot share \(address)",
              at: origin)
          }
          if let other = holders.updateValue(service.name, forKey: address) {
            add("address-taken", "address \(address) is asked for by \(other) and by \(service.name)", at: origin)
          }
          if let guest = guest(on: network, with: address, beside: desired.name) {
            add(
              "address-taken",
              "service \(service.name): \(address) on network \(network.name) is that of container \(guest)", at: origin
            )
          }
          guard let parsed = IPAddress(address) else {
            add("bad-address", "service \(service.name): \(address) is not an address", at: origin)
            continue
          }
          guard let text = family.subnet, !text.isEmpty else {
            add(
              "bad-address",
              "service \(service.name): '\(family.key)' needs a subnet of that family on network \(network.key)",
              at: origin, help: "networks: {\(network.key): {ipam: {config: [{subnet: …}]}}}")
            continue
          }
          if IPPrefix(text)?.contains(parsed) == false {
            add("bad-address", "service \(service.name): \(address) is outside \(text)", at: origin)
          }
        }
      }
    }
  }

  /// The container of another stack that has an address on a network.
  private func guest(on network: NetworkPlan, with address: String, beside stack: String) -> String? {
    contents.containers.first { container in
      container.stack != stack
        && container.leases.contains {
          $0.network == network.name && ($0.address == address || $0.address6 == address)
        }
    }?.name.display
  }

  /// A bind's directory has to be there: nobody makes it.
  private mutating func checkDevice(of volume: VolumePlan) throws {
    let origin = volume.origins?["driver_opts.device"] ?? volume.location
    let local: LocalVolume?
    do throws(LocalVolumeProblem) { local = try LocalVolume(volume.options) } catch {
      return add("bad-volume", "the volume \(volume.name): \(error)", at: origin)
    }
    guard let local, local.isBind else { return }
    guard let status = try Self.status(FilePath(local.device)) else {
      return add(
        "missing-device", "the volume \(volume.name): \(local.device) does not exist", at: origin,
        help: "make the directory first")
    }
    if !status.isDirectory {
      add("missing-device", "the volume \(volume.name): \(local.device) is not a directory", at: origin)
    }
  }

  mutating func checkVolumes(_ desired: StackPlan) throws {
    let store = VolumeStore(directory: settings.volumesDirectory)
    for volume in desired.volumes {
      // One that was made by hand, or restored, is used as it is, and stays.
      if !volume.isExternal,
        let other = contents.volumes.first(where: { $0.name == volume.name && $0.stack != desired.name }),
        !other.stack.isEmpty
      {
        add(
          "name-taken", "the volume name \(volume.name) is taken by \(words(stack: other.stack))", at: volume.location,
          help: "write 'external: true' if both shall have it, or give this one another name")
      }
      do throws(VolumeError) {
        if try !store.exists(volume.name), volume.isExternal {
          add("missing-volume", "the external volume \(volume.name) does not exist", at: volume.location)
        }
      } catch {
        add("bad-volume", error.description, at: volume.location)
      }
      try checkDevice(of: volume)
    }
  }
}

extension ChangeAction {
  /// The network that it takes away.
  fileprivate var removedNetwork: String? {
    if case .removeNetwork(_, let name) = self { name } else { nil }
  }
}
