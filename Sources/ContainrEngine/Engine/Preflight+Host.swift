// What several stacks and other programs share: capabilities and ports.
internal import ContainrAddresses
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrRootless
internal import ContainrSecurity
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import ContainrVolumes
internal import SystemPackage

extension Preflight {
  mutating func checkSecurity(of service: ServicePlan) {
    do {
      _ = try CapabilityDefaults.capabilities(
        add: service.capAdd, drop: service.capDrop, available: try CapabilitySet.bounding())
    } catch {
      add(
        "capability", "service \(service.name): \(error)",
        at: service.origins["cap_add"] ?? service.origins["cap_drop"] ?? service.location)
    }
    if SignalNumber.named(service.stopSignal) == nil {
      add(
        "unknown-signal", "service \(service.name): there is no signal \(service.stopSignal)",
        at: service.origins["stop_signal"] ?? service.location)
    }
  }

  /// Ports that are new with this changeset: held by another container of ours, or by a process of the host.
  mutating func checkPorts() throws {
    guard let desired else { return }
    var claims: [(owner: String, port: PortRecord)] = []
    let leaving = Set(
      changeset.changes.compactMap { change -> String? in
        if case .removeContainer(let name) = change.action { name.id } else { nil }
      })
    for record in contents.containers where !leaving.contains(record.id) && record.publishes {
      claims += kept(record).map { ("\(record.service) of stack \(record.stack)", $0) }
    }
    for change in changeset.changes {
      guard let name = change.action.container else { continue }
      switch change.action {
      case .createContainer, .makeContainer, .updateContainer, .startContainer: break
      default: continue
      }
      guard let plan = desired.services.first(where: { $0.name == name.service }) else { continue }
      let own = contents.serving(name)
      for port in plan.ports {
        guard let hostPort = port.hostPort else { continue }
        if own?.stage == .running, own?.ports.contains(where: { $0.key == port.key }) == true { continue }
        let origin = plan.origins["ports.\(port.key)"] ?? plan.location
        let record = PortRecord(
          key: port.key, hostAddress: port.hostAddress, hostPort: hostPort, containerPort: port.containerPort,
          transport: port.transport.rawValue)
        if plan.publish != .dockerLike, try isStrict() {
          add(
            "rp-filter",
            "service \(plan.name): with net.ipv4.conf.all.rp_filter = 1 no port can obey the host's firewall",
            at: origin,
            help: "sysctl -w net.ipv4.conf.all.rp_filter=2, or x-containr: {publish: docker-like}")
        }
        let me = "\(name.service) of stack \(name.stack)"
        if let holder = claims.first(where: {
          Self.collide($0.port, record) && !(own?.ports.contains($0.port) ?? false)
        }) {
          let again = holder.owner == me && plan.replicas > 1
          add(
            "port-taken", "port \(Self.text(record)) is taken by \(again ? "another replica of \(me)" : holder.owner)",
            at: origin, help: again ? "leave the host port out, and each replica gets a free one" : nil)
        } else {
          try checkHostPort(record, of: plan, at: origin)
        }
        claims.append((me, record))
      }
    }
  }

  /// The strict reverse path filter of the whole host: what the host's rules have let through comes in by another link, to
  /// which no route leads.
  private func isStrict() throws(SyscallError) -> Bool {
    try SysctlWriter().value(of: "/proc/sys/net/ipv4/conf/all/rp_filter") == "1"
  }

  /// The ports that a recorded container still has when this changeset is done: one may pass from one service to another,
  /// as all of them change in one transaction.
  private func kept(_ record: ContainerRecord) -> [PortRecord] {
    let isChanged = changeset.changes.contains { change in
      switch change.action {
      case .createContainer(let name), .makeContainer(let name), .updateContainer(let name), .startContainer(let name):
        name.id == record.id
      default: false
      }
    }
    guard isChanged, let plan = desired?.services.first(where: { $0.name == record.service }) else {
      return record.ports
    }
    return record.ports.filter { port in plan.ports.contains { $0.key == port.key } }
  }

  private mutating func checkHostPort(
    _ port: PortRecord, of plan: ServicePlan, at origin: SourceLocation
  ) throws {
    let families = try families(of: plan)
    let named = port.hostAddress.flatMap { IPAddress($0) }
    if let named, !families.isEmpty, !families.contains(named.family) {
      let key = named.family == .ipv4 ? "enable_ipv4" : "enable_ipv6"
      return add(
        "no-family",
        "service \(plan.name): port \(Self.text(port)) is of \(named.family), which no network of the service has",
        at: origin, help: "remove the address, or give the service a network with '\(key): true'")
    }
    let transport = Transport(rawValue: port.transport) ?? .tcp
    let number = UInt16(clamping: port.hostPort)
    let servers = number == DNSServer.port ? try supervisors() : []
    for address in named.map({ [$0] }) ?? families.sorted().map({ .any($0) }) {
      do throws(SyscallError) {
        if try isFree(address, number, transport) { continue }
        // Of a user's command neither the host's sockets nor the processes of others can be seen.
        let holder =
          settings.relaysPorts ? nil : try PortProbe.holder(address: address, port: number, transport: transport)
        // A name server has its port on its gateway alone, and members' questions are led there first.
        if named == nil, let holder, servers.contains(holder.pid) { continue }
        return add(
          "port-taken",
          "service \(plan.name): port \(address.bracketed):\(port.hostPort)/\(port.transport) is taken by "
            + (holder?.description ?? "another program\(settings.relaysPorts ? " or another user" : "")"),
          at: origin)
      } catch {
        // EACCES, of a user alone: the start says which setting allows it.
        if error.errno == 13, settings.relaysPorts { continue }
        guard error.errno == 99 else { throw error }
        if address.isAny { continue }
        add("unknown-address", "service \(plan.name): \(address) is no address of this host", at: origin)
      }
    }
  }

  /// In the host's network, which is not where a user's command is. SCTP no user has.
  private func isFree(_ address: IPAddress, _ port: UInt16, _ transport: Transport) throws(SyscallError) -> Bool {
    guard settings.relaysPorts else {
      return try PortProbe.isFree(address: address, port: port, transport: transport)
    }
    if transport == .sctp { return true }
    return try RelayedPort.isFree(
      transport == .tcp ? 6 : 17, address.octets, port, directory: settings.runDirectory)
  }

  /// The processes that answer for names on this host's networks.
  private func supervisors() throws -> Set<Int32> {
    Set(try contents.stacks.compactMap { try engine.supervisor(of: $0.name)?.pid })
  }

  /// The families of the networks by which ports lead to a service, as they will be.
  private func families(of service: ServicePlan) throws -> Set<IPFamily> {
    var all: Set<IPFamily> = []
    for place in service.networks {
      guard let network = desired?.networks.first(where: { $0.key == place.network }), network.driver == nil else {
        continue
      }
      if network.isExternal == true {
        guard let there = contents.networks.first(where: { $0.name == network.name }) else { continue }
        if !there.subnet.isEmpty { all.insert(.ipv4) }
        if !there.subnet6.isEmpty { all.insert(.ipv6) }
        continue
      }
      if network.hasIPv4 != false { all.insert(.ipv4) }
      let wanted = network.hasIPv6 ?? (network.subnet6 != nil ? true : nil)
      if try wanted ?? HostIPv6.isOn() { all.insert(.ipv6) }
    }
    return all
  }

  private static func collide(_ a: PortRecord, _ b: PortRecord) -> Bool {
    guard a.hostPort == b.hostPort, a.transport == b.transport else { return false }
    guard let one = a.hostAddress.flatMap({ IPAddress($0) }), let two = b.hostAddress.flatMap({ IPAddress($0) }) else {
      return true
    }
    return one.family == two.family && (one.isAny || two.isAny || one == two)
  }

  private static func text(_ port: PortRecord) -> String {
    let address = port.hostAddress.flatMap { IPAddress($0) } ?? .any(.ipv4)
    return "\(address.bracketed):\(port.hostPort)/\(port.transport)"
  }
}
