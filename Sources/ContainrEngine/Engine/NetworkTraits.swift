// What a network's row says beyond its columns: driver, options, ranges. Read from the applied plan's fields. Pure.
internal import ContainrAddresses
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrStore

/// A network as those need it who make links and leases.
struct NetworkTraits: Hashable {
  let record: NetworkRecord
  private var values: [String: String] = [:]

  init(_ record: NetworkRecord) {
    self.record = record
    for field in PlanCoding.fields(record.fields) { values[field.path] = field.value }
  }

  func option(_ name: String) -> String? { values["driver_opts.\(name)"] }

  var driver: NetworkPlan.Driver { values["driver"].flatMap { NetworkPlan.Driver(rawValue: $0) } ?? .bridge }
  /// The host has an interface of its own on it, and answers for names there.
  var hasBridge: Bool { driver == .bridge }
  var masquerades: Bool { option("com.docker.network.bridge.enable_ip_masquerade") != "false" }
  var isIsolated: Bool { option("com.docker.network.bridge.enable_icc") == "false" }
  /// What names of interfaces inside begin with.
  var interfacePrefix: String { option("com.docker.network.container_iface_prefix") ?? "eth" }
  var isAttachable: Bool { values["attachable"] == "true" }
  /// What the links of its members stand on.
  var parent: String { hasBridge ? record.bridge : option("parent") ?? "" }

  /// nil: a pair to its bridge.
  var subordinate: SubordinateLink? {
    switch driver {
    case .bridge: nil
    case .macvlan: .macvlan(option("macvlan_mode").flatMap { .init(rawValue: $0) } ?? .bridge)
    case .ipvlan:
      .ipvlan(
        option("ipvlan_mode").flatMap { .init(rawValue: $0) } ?? .l2,
        option("ipvlan_flag").flatMap { .init(rawValue: $0) } ?? .bridge)
    }
  }

  var subnet: IPv4Prefix? { IPv4Prefix(record.subnet) }
  var gateway: IPv4Address? { IPv4Address(record.gateway) }
  var subnet6: IPv6Prefix? { IPv6Prefix(record.subnet6) }
  var gateway6: IPv6Address? { IPv6Address(record.gateway6) }
  var range: IPv4Prefix? { values["ipam.config.ip_range"].flatMap { IPv4Prefix($0) } }
  var range6: IPv6Prefix? { values["ipam.config.ip_range6"].flatMap { IPv6Prefix($0) } }

  /// Addresses that others have.
  var reserved: [IPAddress] {
    values.filter { $0.key.hasPrefix("ipam.config.aux_addresses.") }.compactMap { IPAddress($0.value) }.sorted()
  }

  /// The bridge's own address of IPv6.
  var bridgeAddress6: IPv6InterfaceAddress? {
    guard let gateway6, let subnet6 else { return nil }
    return IPv6InterfaceAddress(gateway6, prefixLength: subnet6.length)
  }

  /// Bytes: what the file says, or else the MTU of the host's way out; nil: there is no bridge, and the kernel decides.
  func mtu(below uplink: ObservedUplink?) -> Int? {
    hasBridge ? record.mtu ?? ObservedUplink.mtu(below: uplink) : record.mtu
  }

  /// `1400, that of eth0`.
  func words(mtu: Int, _ uplink: ObservedUplink?) -> String {
    guard record.mtu == nil, let uplink, uplink.mtu == mtu else { return "\(mtu)" }
    return "\(mtu), that of \(uplink.name)"
  }

  /// The labels, sorted by name.
  var labels: [EnvironmentPlan] { pairs("labels.") }
  /// The options of the driver, sorted by name.
  var options: [EnvironmentPlan] { pairs("driver_opts.") }

  private func pairs(_ prefix: String) -> [EnvironmentPlan] {
    values.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }.map {
      EnvironmentPlan(name: String($0.key.dropFirst(prefix.count)), value: $0.value)
    }
  }
}

extension ContainerRecord {
  /// Its places in the order in which they are joined.
  var orderedLeases: [LeaseRecord] { leases.sorted { (-$0.priority, $0.key) < (-$1.priority, $1.key) } }

  /// The key of the place that carries the default route of a family: of those that lead out with an address of it that of
  /// the highest `gw_priority`, then of the lowest key. `isInternal`: whether a network, by its name, has no way out; nil:
  /// nothing is known of it.
  func exit(_ family: IPFamily, _ isInternal: (String) -> Bool?) -> String? {
    leases.filter { isInternal($0.network) == false && !(family == .ipv4 ? $0.address : $0.address6).isEmpty }
      .min { ($1.gatewayPriority, $0.key) < ($0.gatewayPriority, $1.key) }?.key
  }
}
