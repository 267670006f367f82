// Networks by name, for people: what there is, who is on it, making and removing. Whoever is on one keeps it.
internal import ContainrAddresses
public import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
public import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

/// A container's place on a network.
public struct NetworkMember: Sendable, Hashable {
  /// The name by which people know the container.
  public var container: String
  /// Its id, which is another one in the second of its two lives.
  public var id: String
  /// The interface's name inside.
  public var interface: String
  /// Six bytes.
  public var mac: String
  /// With the length of the subnet; empty: it has no IPv4.
  public var address: String
  /// The same of IPv6.
  public var address6: String

  /// Whether a word of the command line means it.
  public func answers(to word: String) -> Bool { word == container || word == id }
}

/// One network of this host.
public struct NetworkStatus: Sendable, Hashable {
  /// Its name on the host.
  public var name: String
  /// The stack that made it; nil: it was made by hand.
  public var stack: String?
  /// Its key in the stack's file.
  public var key: String?
  /// `bridge`, `macvlan` or `ipvlan`.
  public var driver: String
  /// The interface of the host that it stands on.
  public var interface: String
  /// It has no way out.
  public var isInternal: Bool
  /// Containers of other stacks may be connected.
  public var isAttachable: Bool
  /// Subnet and gateway of each family that it has, IPv4 first.
  public var subnets: [(subnet: String, gateway: String)] { zip(prefixes, gateways).map { ($0, $1) } }
  var prefixes: [String]
  var gateways: [String]
  /// It has IPv6.
  public var hasIPv6: Bool
  /// Bytes: that of its bridge, or what is asked for; nil: that of the interface that it stands on.
  public var mtu: Int?
  /// Seconds since 1970; nil: nobody wrote it down.
  public var createdAt: Int?
  /// Options of the driver, sorted by name.
  public var options: [EnvironmentPlan]
  /// Sorted by name.
  public var labels: [EnvironmentPlan]
  /// Sorted by container.
  public var members: [NetworkMember]
}

/// A network is not removed.
public enum NetworkRefusal: Sendable, Hashable {
  /// These containers are on it.
  case inUse([String])
  /// The stack of this name makes and removes it.
  case ofStack(String)
  case missing
}

extension StackEngine {
  /// All networks, sorted by name.
  public func networks() throws(EngineError) -> [NetworkStatus] {
    let contents = try contents()
    let links = try linksByName()
    return contents.networks.map { record in
      let traits = NetworkTraits(record)
      var status = Self.status(traits, contents)
      if let link = links[traits.parent], status.mtu == nil || traits.hasBridge { status.mtu = link.mtu }
      return status
    }
  }

  private static func status(_ network: NetworkTraits, _ contents: StoreContents) -> NetworkStatus {
    let record = network.record
    func address(_ address: String, in subnet: String) -> String {
      address.isEmpty ? "" : address + (subnet.firstIndex(of: "/").map { String(subnet[$0...]) } ?? "")
    }
    let members = contents.containers.flatMap { container in
      container.leases.filter { $0.network == record.name }.map { lease in
        NetworkMember(
          container: container.name.display, id: container.id, interface: lease.interface, mac: lease.mac,
          address: address(lease.address, in: record.subnet), address6: address(lease.address6, in: record.subnet6))
      }
    }
    var labels = network.labels
    if !record.stack.isEmpty {
      labels.append(EnvironmentPlan(name: "com.docker.compose.network", value: record.key))
      labels.append(EnvironmentPlan(name: "com.docker.compose.project", value: record.stack))
    }
    let families = [(record.subnet, record.gateway), (record.subnet6, record.gateway6)].filter { !$0.0.isEmpty }
    return NetworkStatus(
      name: record.name, stack: record.stack.isEmpty ? nil : record.stack,
      key: record.stack.isEmpty ? nil : record.key, driver: network.driver.rawValue, interface: network.parent,
      isInternal: record.isInternal, isAttachable: network.isAttachable, prefixes: families.map(\.0),
      gateways: families.map(\.1), hasIPv6: !record.subnet6.isEmpty, mtu: record.mtu,
      createdAt: record.createdAt == 0 ? nil : record.createdAt, options: network.options,
      labels: labels.sorted { $0.name < $1.name }, members: members.sorted { $0.container < $1.container })
  }

  /// Makes a network that belongs to no stack. One whose making was interrupted is finished, if it is the same.
  public func createNetwork(_ plan: NetworkPlan) throws(EngineError) {
    try changing { (store, contents) throws(EngineError) in
      let begun = contents.networks.first { $0.name == plan.name }
      if let there = begun {
        guard there.stage != .ready, there.stack.isEmpty, there.fields == PlanCoding.text(plan.fields) else {
          let owner = there.stack.isEmpty ? "" : ", of stack \(there.stack)"
          throw EngineError(.settings, "there is a network \(plan.name) already\(owner)")
        }
      }
      let links = try linkDriver()
      let routes: HostPrefixes
      // What was begun may have its bridge already, and by that its routes.
      do { routes = try HostPrefixes.read(links, makesNetworks: true).removing(begun.map { [$0] } ?? []) } catch {
        throw EngineError(.kernel, "look at the routes: \(error)")
      }
      try checkNew(plan, routes, contents, links)
      var record: NetworkRecord
      if let begun {
        // Others would stand on the bridge beside those that it has.
        record = begun
        record.stage = .creating
      } else {
        record = try NetworkIntent(
          settings: settings, contents: contents, planned: [], asked: [], routes: routes,
          now: Int(Kernel.realTime() / 1_000_000_000)
        ).record(of: plan, stack: "", members: 0)
      }
      // The intent is on the disk before the bridge is there: what is left of a crash, `rm` takes away.
      try write([.putNetwork(record)], to: store, durable: true)
      let host = HostNetworks(engine: self, store: store, links: links) { _ in }
      do throws(EngineError) {
        try host.make(record)
        settings.failpoint?("network \(record.name):made")
        try write([.setNetworkStage(name: record.name, .ready)], to: store, durable: true)
        try host.writeFirewall { _ in [record.bridge] }
      } catch {
        try host.unmake(record)
        try write([.removeNetwork(record.name)], to: store, durable: true)
        try host.writeFirewall { _ in [] }
        throw error
      }
    }
  }

  /// A subnet that is asked for must be nobody's, and a bridge's name free.
  private func checkNew(
    _ plan: NetworkPlan, _ routes: HostPrefixes, _ contents: StoreContents, _ links: LinkDriver
  ) throws(EngineError) {
    let busy: [IPPrefix] =
      routes.ipv4.map { .v4($0) } + routes.ipv6.map { .v6($0) }
      + contents.networks.filter { $0.name != plan.name }.flatMap { [$0.subnet, $0.subnet6] }.compactMap {
        IPPrefix($0)
      }
    for text in [plan.subnet, plan.subnet6].compactMap({ $0 }) where plan.driver == nil {
      guard let subnet = IPPrefix(text),
        let other = busy.first(where: { $0.length > 0 && $0.overlaps(subnet) })
      else { continue }
      throw EngineError(.settings, "subnet \(text) overlaps \(other), which this host has already")
    }
    guard let name = plan.option("com.docker.network.bridge.name") else { return }
    let link: LinkState?
    do throws(NetworkError) { link = try links.link(named: name) } catch {
      throw EngineError(.kernel, error.description)
    }
    if let link, link.alias != settings.alias(stack: "", plan.name) {
      throw EngineError(.settings, "the interface \(name) is there already, and not ours")
    }
  }

  /// Removes a network that no container is on; nil if it is gone.
  public func removeNetwork(_ name: String) throws(EngineError) -> NetworkRefusal? {
    var refusal: NetworkRefusal?
    try changing { (store, contents) throws(EngineError) in
      guard let record = contents.networks.first(where: { $0.name == name }) else {
        refusal = .missing
        return
      }
      let users = contents.containers.filter { $0.leases.contains { $0.network == name } }.map(\.name.display)
      if !users.isEmpty {
        refusal = .inUse(users.sorted())
        return
      }
      if !record.stack.isEmpty {
        refusal = .ofStack(record.stack)
        return
      }
      try write([.setNetworkStage(name: name, .removing)], to: store, durable: true)
      let host = HostNetworks(engine: self, store: store, links: try linkDriver()) { _ in }
      try host.writeFirewall { _ in [] }
      try host.unmake(record)
      try write([.removeNetwork(name)], to: store, durable: true)
    }
    return refusal
  }

  func linkDriver() throws(EngineError) -> LinkDriver {
    do throws(NetworkError) { return try LinkDriver() } catch { throw EngineError(.kernel, error.description) }
  }

  func write(_ writes: [StoreWrite], to store: Store, durable: Bool = false) throws(EngineError) {
    settings.failpoint?("store:network:before")
    do throws(StoreError) { try store.write(writes, durable: durable) } catch { throw EngineError(error) }
    settings.failpoint?("store:network:after")
  }
}
