// What several stacks and other programs share: capabilities and ports.
internal import ContainrAddresses
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
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
    for record in contents.containers where !leaving.contains(record.id) && record.stage != .removing {
      claims += kept(record).map { ("\(record.service) of stack \(record.stack)", $0) }
    }
    for change in changeset.changes {
      guard let name = change.action.container else { continue }
      switch change.action {
      case .createContainer, .updateContainer, .startContainer: break
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
      case .createContainer(let name), .updateContainer(let name), .startContainer(let name): name.id == record.id
      default: false
      }
    }
    guard isChanged, let plan = desired?.services.first(where: { $0.name == record.service }) else {
      return record.ports
    }
    return record.ports.filter { port in plan.ports.contains { $0.key == port.key } }
  }

  private mutating func checkHostPort(_ port: PortRecord, of plan: ServicePlan, at origin: SourceLocation) throws {
    let address = port.hostAddress.flatMap { IPv4Address($0) }
    let transport = Transport(rawValue: port.transport) ?? .tcp
    let number = UInt16(clamping: port.hostPort)
    do throws(SyscallError) {
      if try PortProbe.isFree(address: address, port: number, transport: transport) { return }
      let holder = try PortProbe.holder(address: address, port: number, transport: transport)
      add(
        "port-taken",
        "service \(plan.name): port \(Self.text(port)) is taken by \(holder?.description ?? "another program")",
        at: origin)
    } catch {
      guard error.errno == 99 else { throw error }
      add("unknown-address", "service \(plan.name): \(port.hostAddress ?? "") is no address of this host", at: origin)
    }
  }

  private static func collide(_ a: PortRecord, _ b: PortRecord) -> Bool {
    func anywhere(_ port: PortRecord) -> Bool { port.hostAddress == nil || port.hostAddress == "0.0.0.0" }
    guard a.hostPort == b.hostPort, a.transport == b.transport else { return false }
    return anywhere(a) || anywhere(b) || a.hostAddress == b.hostAddress
  }

  private static func text(_ port: PortRecord) -> String {
    "\(port.hostAddress ?? "0.0.0.0"):\(port.hostPort)/\(port.transport)"
  }
}
