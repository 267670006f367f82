// What several stacks share: subnets, addresses, names of networks and volumes. Who has them already is named.
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
    let networks = desired.networks.filter { touched.contains($0.key) }
    if networks.isEmpty { return checkAddresses(desired) }
    let own = Set(contents.networks.map(\.bridge))
    let routes = try LinkDriver().routes().filter { route in
      route.prefix.length > 0 && !own.isSuperset(of: route.interfaces)
    }
    for network in networks {
      if let other = contents.networks.first(where: { $0.name == network.name && $0.stack != desired.name }) {
        add(
          "name-taken", "the network name \(network.name) is taken by \(words(stack: other.stack))",
          at: network.location, help: "give this one another name: networks: {\(network.key): {name: …}}")
      }
      checkSubnet(of: network, in: desired, routes)
    }
    checkPool(networks.filter { $0.subnet == nil }, in: desired, routes)
    checkAddresses(desired)
  }

  /// A subnet that the file fixes: nothing of the host and no other network may be where it is.
  private mutating func checkSubnet(of network: NetworkPlan, in desired: StackPlan, _ routes: [RouteState]) {
    guard let text = network.subnet, let subnet = IPv4Prefix(text) else { return }
    let origin = network.origins["ipam.config.subnet"] ?? network.location
    let help = "choose another subnet, or leave it out and get a free one"
    for other in contents.networks where other.name != network.name {
      guard IPv4Prefix(other.subnet)?.overlaps(subnet) == true else { continue }
      // What this changeset takes away is gone before.
      if changeset.changes.contains(where: { $0.action.removedNetwork == other.name }) { continue }
      add(
        "subnet-overlap",
        "subnet \(text) overlaps \(other.subnet) of network \(other.name) of \(words(stack: other.stack))", at: origin,
        help: help)
    }
    for other in desired.networks where other.key > network.key {
      if let second = other.subnet.flatMap({ IPv4Prefix($0) }), second.overlaps(subnet) {
        add(
          "subnet-overlap", "subnet \(text) of network \(network.key) overlaps \(second) of network \(other.key)",
          at: other.origins["ipam.config.subnet"] ?? other.location, help: help)
      }
    }
    for route in routes where route.prefix.overlaps(subnet) {
      add(
        "subnet-overlap",
        "subnet \(text) overlaps the route to \(route.prefix) by \(route.interfaces.joined(separator: ", "))",
        at: origin, help: help)
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
    var used = routes.map(\.prefix) + contents.networks.compactMap { IPv4Prefix($0.subnet) }
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
    let own = Set(contents.networks.filter { $0.stack == desired.name }.map(\.subnet))
    let routes = try LinkDriver().routes().map(\.prefix).filter { !own.contains($0.description) }
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
      "\($0.subnet) of \(words(stack: $0.stack))"
    }
    takers += routes.filter { $0.prefix.overlaps(pool) }.map {
      "the route to \($0.prefix) by \($0.interfaces.joined(separator: ", "))"
    }
    if takers.isEmpty { return "" }
    let more = takers.count > 3 ? " and \(takers.count - 3) more" : ""
    return ": it has \(takers.prefix(3).joined(separator: ", "))\(more)"
  }

  private mutating func checkAddresses(_ desired: StackPlan) {
    for network in desired.networks {
      var holders: [String: String] = [:]
      for service in desired.services {
        guard let place = service.networks.first(where: { $0.network == network.key }), let address = place.ipv4Address
        else { continue }
        let origin = service.origins["networks.\(network.key)"] ?? service.location
        if service.replicas > 1 {
          add(
            "address-taken", "service \(service.name): \(service.replicas) replicas cannot share \(address)", at: origin
          )
        }
        if let other = holders.updateValue(service.name, forKey: address) {
          add("address-taken", "address \(address) is asked for by \(other) and by \(service.name)", at: origin)
        }
        guard let parsed = IPv4Address(address) else {
          add("bad-address", "service \(service.name): \(address) is not an IPv4 address", at: origin)
          continue
        }
        let recorded = contents.networks.first { $0.name == network.name }?.subnet
        guard let text = network.subnet ?? recorded else {
          add(
            "bad-address", "service \(service.name): a fixed address needs a subnet of network \(network.key)",
            at: origin, help: "networks: {\(network.key): {ipam: {config: [{subnet: …}]}}}")
          continue
        }
        if IPv4Prefix(text)?.contains(parsed) == false {
          add("bad-address", "service \(service.name): \(address) is outside \(text)", at: origin)
        }
      }
    }
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
