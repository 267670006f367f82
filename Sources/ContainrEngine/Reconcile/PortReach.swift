// What becomes reachable, and from where: said before it is done.
internal import ContainrSpec

/// One port of the host that leads to a service after a changeset and did not before.
public struct PortReach: Sendable, Hashable, Codable {
  /// From where it can be reached; the raw value is that of the JSON form.
  public enum Source: String, Sendable, Codable {
    /// This host alone.
    case host
    /// Whom the host's own rules for its input let through.
    case hostFirewall = "host-firewall"
    /// Whoever reaches the host's address, past the host's rules for its input.
    case everywhere
  }
  /// `0.0.0.0:8080/tcp`, `[::]:8080/tcp`; `auto` for a port that is chosen.
  public var port: String
  /// Where it leads.
  public var service: String
  /// The port inside.
  public var target: Int
  /// From where.
  public var source: Source

  /// One port of a service; `isInternal`: none of its networks leads out.
  init(_ port: PortPlan, of service: ServicePlan, isInternal: Bool) {
    self.port = port.key
    self.service = service.name
    target = port.containerPort
    let isLoopback = port.hostAddress.map { $0.hasPrefix("127.") || $0 == "::1" } ?? false
    source = isLoopback || isInternal ? .host : service.publish == .dockerLike ? .everywhere : .hostFirewall
  }

  /// `0.0.0.0:8080/tcp → web:80, from outside as the host's firewall lets in`
  public var text: String {
    let from =
      switch source {
      case .host: "from this host"
      case .hostFirewall: "from outside as far as the host's firewall lets in"
      case .everywhere: "from everywhere, past the host's firewall"
      }
    return "\(port) → \(service):\(target), \(from)"
  }
}

extension UpReconciler {
  /// The ports of containers that are made, and of those whose ports change.
  var reach: [PortReach] {
    var all: [PortReach] = []
    for planned in plans where !planned.plan.ports.isEmpty {
      let isOpened = planned.verdicts.contains { _, verdict in
        verdict.kind == .create
          || verdict.reasons.contains { $0.path.hasPrefix("ports.") || $0.path == "x-containr.publish" }
      }
      guard isOpened, planned.plan.namespace(.network) == nil else { continue }
      for port in planned.plan.ports { all += reach(port, of: planned.plan) }
    }
    return all
  }

  /// Without an address it is published over each family that the service has.
  private func reach(_ port: PortPlan, of service: ServicePlan) -> [PortReach] {
    let networks = service.networks.compactMap { place in desired.networks.first { $0.key == place.network } }
    func reach(_ port: PortPlan, isSix: Bool) -> PortReach? {
      let ways = networks.filter { isSix ? hasIPv6($0) : $0.hasIPv4 != false }
      if ways.isEmpty, isSix { return nil }
      return PortReach(port, of: service, isInternal: ways.allSatisfy(\.isInternal))
    }
    if let address = port.hostAddress { return [reach(port, isSix: address.contains(":"))].compactMap(\.self) }
    var six = port
    six.hostAddress = "::"
    let isFourOff = !networks.isEmpty && networks.allSatisfy { $0.hasIPv4 == false }
    return [isFourOff ? nil : reach(port, isSix: false), reach(six, isSix: true)].compactMap(\.self)
  }

  private func hasIPv6(_ network: NetworkPlan) -> Bool {
    if network.driver != nil { return false }
    if network.isExternal == true { return observed.ipv6?.networks.contains(network.name) ?? false }
    return network.hasIPv6 ?? (network.subnet6 != nil || observed.ipv6?.isOn == true)
  }
}
