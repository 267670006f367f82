// A container's places on networks: made at its start, and changed while it runs.
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem

extension ContainerStarter {
  /// Connects a running container to some of its networks. A link that is there and right stays as it is; one with which
  /// something is wrong inside is made anew, as what was added there goes with it.
  func attach(
    _ name: ContainerName, record: ContainerRecord, networks keys: [String], plan: ServicePlan
  ) throws(EngineError) {
    let veths = try veths(record, of: name, only: keys)
    try whileItRuns(name, "connect it") { pid in
      let faulty = try faults(record, pid: pid)
      try links.deleteLinks(names: veths.map(\.hostName).filter(faulty.contains))
      let socket = try runtime.networkSocket(name.id)
      try links.attach(veths, pid: pid, netns: socket.raw)
      try settle(name, record: record, plan: plan, netns: socket.raw)
    }
  }

  /// The links, by their names on the host, with which something is wrong inside.
  private func faults(_ record: ContainerRecord, pid: Int32) throws(SyscallError) -> Set<String> {
    guard let texts = try NetworkTexts(of: pid) else { return [] }
    let view = NetworkView(texts)
    let places = NetworkDrift.places(record, Array(networks.values))
    let faulty = Set(NetworkDrift.differences(view, places: places, isFree: false).faults.map(\.network))
    return Set(record.leases.filter { faulty.contains($0.key) }.map(\.link))
  }

  /// Takes links of a running container away, by their names on the host; then what is left of its places is put in
  /// order: `record` is that of the future.
  func detach(
    _ name: ContainerName, record: ContainerRecord, links names: [String], plan: ServicePlan
  ) throws(EngineError) {
    try whileItRuns(name, "disconnect it") { _ in
      try links.deleteLinks(names: names)
      let socket = try runtime.networkSocket(name.id)
      try settle(name, record: record, plan: plan, netns: socket.raw)
    }
  }

  /// Does something to a running container. One that ends meanwhile takes its links along, and gets those of its record
  /// when it starts again: nothing has failed.
  private func whileItRuns(
    _ name: ContainerName, _ doing: String, _ body: (Int32) throws -> Void
  ) throws(EngineError) {
    do {
      guard case .running(let initial, _) = try runtime.observe(name.id) else { return }
      do {
        try body(initial.pid)
      } catch {
        if case .running = try runtime.observe(name.id) { throw error }
      }
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "container \(name.id): \(doing): \(error)")
    }
  }

  /// Default route, /etc/hosts and /etc/resolv.conf of a running container as its places want them. A way out whose
  /// link is still to come, or half made by somebody who was killed, is set when it comes.
  private func settle(
    _ name: ContainerName, record: ContainerRecord, plan: ServicePlan, netns: CInt
  ) throws {
    if let exit = try veths(record, of: name).first(where: { $0.gateway != nil }),
      try links.link(named: exit.hostName)?.alias == exit.alias
    {
      try links.setDefaultRoute(exit, netns: netns)
    }
    try rewriteNameFiles(name, record: record, plan: plan)
  }

  /// /etc/hosts and /etc/resolv.conf of a running container with a network of its own.
  func rewriteNameFiles(
    _ name: ContainerName, record: ContainerRecord, plan: ServicePlan
  ) throws {
    let places = try places(record, of: name)
    try runtime.rewrite(
      name.id, hosts: NameFiles.hosts(hostname: plan.hostname ?? name.display, places, plan.extraHosts),
      resolvConf: NameFiles.resolvConf(places, plan.resolver))
  }

  /// The places of another container whose network is shared, perhaps of another stack.
  func places(sharedWith owner: ContainerRecord) throws(EngineError) -> [ContainerSources.Place] {
    let known: StoreContents
    do { known = try Store.contents(directory: settings.stateDirectory) } catch { throw EngineError(error) }
    return owner.leases.sorted { $0.key < $1.key }.compactMap { lease in
      known.networks.first { $0.name == lease.network }.map {
        ContainerSources.Place(address: lease.address, gateway: $0.gateway, leadsOut: !$0.isInternal)
      }
    }
  }

  /// In the order of the networks' keys.
  func places(_ record: ContainerRecord, of name: ContainerName) throws(EngineError) -> [ContainerSources.Place] {
    try record.leases.sorted { $0.key < $1.key }.map { (lease) throws(EngineError) in
      guard let network = networks[lease.network] else {
        throw EngineError(.store, "container \(name.id): network \(lease.network) is not recorded")
      }
      return ContainerSources.Place(
        address: lease.address, gateway: network.gateway, leadsOut: !network.isInternal)
    }
  }

  /// The links of a container, in the order of the networks' keys; the first network with a way out carries the default
  /// route. The names inside are the record's: they stay while networks come and go.
  func veths(
    _ record: ContainerRecord, of name: ContainerName, only keys: [String]? = nil
  ) throws(EngineError) -> [VethPlan] {
    let leases = record.leases.sorted { $0.key < $1.key }
    let exit = leases.firstIndex { networks[$0.network]?.isInternal == false }
    var veths: [VethPlan] = []
    for (index, lease) in leases.enumerated() where keys?.contains(lease.key) ?? true {
      guard let network = networks[lease.network], let address = IPv4Address(lease.address),
        let prefix = IPv4Prefix(network.subnet), let mac = MACAddress(lease.mac)
      else { throw EngineError(.store, "container \(name.id): its place on network \(lease.network) cannot be read") }
      veths.append(
        VethPlan(
          hostName: lease.link, bridge: network.bridge, alias: settings.alias(stack: name.stack, name.id),
          group: linkGroup, containerName: lease.interface, macAddress: mac, address: address,
          prefixLength: prefix.length, gateway: index == exit ? IPv4Address(network.gateway) : nil, mtu: network.mtu))
    }
    return veths
  }
}
