// A container's places on networks: made at its start, and changed while it runs.
internal import ContainrAddresses
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
  /// `old`: its places until now. A place of another network under the same key takes its link along.
  func attach(
    _ name: ContainerName, record: ContainerRecord, from old: [LeaseRecord], networks keys: [String], plan: ServicePlan
  ) throws(EngineError) {
    let veths = try veths(record, of: name, plan: plan, only: keys).map { $0.settlingLimits() }
    let stale = old.filter { lease in
      keys.contains(lease.key) && !record.leases.contains { $0.link == lease.link && $0.interface == lease.interface }
    }
    try whileItRuns(name, "connect it") { pid in
      let faulty = try faults(record, pid: pid)
      try links.deleteLinks(names: veths.map(\.hostName).filter(faulty.contains))
      let socket = try runtime.networkSocket(name.id)
      try remove(stale, netns: socket.raw)
      let broken = record.leases.filter { keys.contains($0.key) && faulty.contains($0.link) && isSubordinate($0) }
      try links.deleteInside(names: broken.map(\.interface), netns: socket.raw)
      try links.attach(veths, pid: pid, netns: socket.raw)
      try settle(name, record: record, plan: plan, netns: socket.raw)
    }
  }

  /// The links, by their names on the host, with which something is wrong inside.
  private func faults(_ record: ContainerRecord, pid: Int32) throws(SyscallError) -> Set<String> {
    guard let texts = try NetworkTexts(of: pid) else { return [] }
    let view = NetworkView(texts)
    let places = NetworkDrift.places(record, networks)
    let faulty = Set(NetworkDrift.differences(view, places: places, isFree: false).faults.map(\.network))
    return Set(record.leases.filter { faulty.contains($0.key) }.map(\.link))
  }

  private func isSubordinate(_ lease: LeaseRecord) -> Bool { networks[lease.network]?.hasBridge == false }

  /// Without a bridge the only end is inside.
  private func remove(_ leases: [LeaseRecord], netns: CInt) throws {
    let pairs = leases.filter { !isSubordinate($0) }.map(\.link)
    try links.deleteLinks(names: pairs + pairs.map(VethPlan.queueName))
    try links.deleteInside(names: leases.filter(isSubordinate).map(\.interface), netns: netns)
  }

  /// Sets what the links of a running container may carry; what nothing is said of any more may carry anything.
  func limit(_ name: ContainerName, record: ContainerRecord, plan: ServicePlan) throws(EngineError) {
    let veths = try veths(record, of: name, plan: plan).map { $0.settlingLimits() }
    try whileItRuns(name, "limit its network") { _ in try links.limit(veths) }
  }

  /// Takes places of a running container away; then what is left of them is put in order: `record` is that of the future.
  func detach(
    _ name: ContainerName, record: ContainerRecord, leases: [LeaseRecord], plan: ServicePlan
  ) throws(EngineError) {
    try whileItRuns(name, "disconnect it") { _ in
      let socket = try runtime.networkSocket(name.id)
      try remove(leases, netns: socket.raw)
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
    for exit in try veths(record, of: name, plan: plan) where exit.leadsOut {
      let isThere =
        exit.subordinate == nil ? try links.link(named: exit.hostName)?.alias == exit.alias : true
      if isThere { try links.setDefaultRoute(exit, netns: netns) }
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
    return owner.orderedLeases.compactMap { lease in
      known.networks.first { $0.name == lease.network }.map { ContainerSources.Place(lease, NetworkTraits($0)) }
    }
  }

  /// In the order in which they are joined.
  func places(_ record: ContainerRecord, of name: ContainerName) throws(EngineError) -> [ContainerSources.Place] {
    try record.orderedLeases.map { (lease) throws(EngineError) in
      guard let network = networks[lease.network] else {
        throw EngineError(.store, "container \(name.id): network \(lease.network) is not recorded")
      }
      return ContainerSources.Place(lease, network)
    }
  }

  /// The links of a container, in the order in which they are joined. One of those to networks with a way out carries the
  /// default route of its family. The names inside are the record's: they stay while networks come and go.
  func veths(
    _ record: ContainerRecord, of name: ContainerName, plan: ServicePlan, only keys: [String]? = nil
  ) throws(EngineError) -> [VethPlan] {
    let isInternal = { (name: String) in networks[name]?.record.isInternal }
    let (exit, exit6) = (record.exit(.ipv4, isInternal), record.exit(.ipv6, isInternal))
    var veths: [VethPlan] = []
    for lease in record.orderedLeases where keys?.contains(lease.key) ?? true {
      guard let network = networks[lease.network], let mac = MACAddress(lease.mac),
        lease.address.isEmpty || (IPv4Address(lease.address) != nil && network.subnet != nil)
      else { throw EngineError(.store, "container \(name.id): its place on network \(lease.network) cannot be read") }
      var veth = VethPlan(
        hostName: lease.link, bridge: network.parent, alias: settings.alias(stack: name.stack, name.id),
        group: linkGroup, containerName: lease.interface, macAddress: mac, address: IPv4Address(lease.address),
        prefixLength: network.subnet?.length ?? 0,
        gateway: lease.key == exit ? network.gateway : nil, mtu: network.record.mtu)
      veth.subordinate = network.subordinate
      veth.isIsolated = network.isIsolated
      if network.hasBridge { veth.limits = LinkLimits(plan.rates(on: lease.key)) }
      veth.linkLocal = lease.linkLocal.compactMap { IPAddress($0) }
      if let address = IPv6Address(lease.address6), let prefix = network.subnet6 {
        veth.ipv6 = IPv6InterfaceAddress(address, prefixLength: prefix.length)
        veth.gateway6 = lease.key == exit6 ? network.gateway6 : nil
      }
      veths.append(veth)
    }
    return veths
  }
}

extension ContainerSources.Place {
  /// A lease on a network. Only a bridge has a name server.
  init(_ lease: LeaseRecord, _ network: NetworkTraits) {
    let record = network.record
    self.init(
      address: lease.address, gateway: network.hasBridge ? record.gateway : "", leadsOut: !record.isInternal)
    address6 = lease.address6
    gateway6 = network.hasBridge ? record.gateway6 : ""
    interface = lease.interface
    fitsIPv6 = record.mtu.map { $0 >= 1280 } ?? true
  }
}
