// NetworkPlan and AttachmentPlan: the networks of a stack, and the places of its services on them. Values.

/// One network of the stack.
public struct NetworkPlan: Sendable, Hashable, Codable {
  /// What a network is made of; the raw value is the Compose word.
  public enum Driver: String, Sendable, Codable, CaseIterable { case bridge, macvlan, ipvlan }
  /// The key in the file.
  public var key: String
  /// The name on the host: `<stack>_<key>` unless `name:` says otherwise.
  public var name: String
  /// nil: a bridge.
  public var driver: Driver?
  /// No way out of the host (`internal`).
  public var isInternal: Bool
  /// Must exist already, belongs to no stack, and is never removed; nil: no.
  public var isExternal: Bool?
  /// Containers that no stack has may be connected by hand; nil: no.
  public var isAttachable: Bool?
  /// false: no IPv4; nil: it has.
  public var hasIPv4: Bool?
  /// Whether it has IPv6; nil: if the host has.
  public var hasIPv6: Bool?
  /// IPv4 CIDR, or nil for an allocated one.
  public var subnet: String?
  /// IPv4 address inside the subnet, or nil for the first one.
  public var gateway: String?
  /// The part of the subnet that addresses are leased from; nil: all of it.
  public var range: String?
  /// IPv6 CIDR, or nil for an allocated one.
  public var subnet6: String?
  /// IPv6 address inside its subnet, or nil for the first one.
  public var gateway6: String?
  /// The part of the IPv6 subnet that addresses are leased from; nil: all of it.
  public var range6: String?
  /// Addresses that others have (`aux_addresses`), by name, sorted.
  @EmptyIfAbsent public var reserved: [EnvironmentPlan]
  /// nil: as the kernel says.
  public var mtu: Int?
  /// Other options of the driver in their long names, sorted.
  @EmptyIfAbsent public var options: [EnvironmentPlan]
  /// Words for others, sorted by name.
  @EmptyIfAbsent public var labels: [EnvironmentPlan]
  /// Where each field of `fields` comes from, by its path; a path that is missing here is a default.
  public var origins: [String: SourceLocation]
  /// Where its key stands; nil: the implicit `default`.
  public var location: SourceLocation?

  /// Makes a network of its parts.
  public init(
    key: String, name: String, isInternal: Bool = false, subnet: String? = nil, gateway: String? = nil,
    mtu: Int? = nil, origins: [String: SourceLocation] = [:], location: SourceLocation? = nil
  ) {
    self.key = key
    self.name = name
    self.isInternal = isInternal
    self.subnet = subnet
    self.gateway = gateway
    self.mtu = mtu
    self.origins = origins
    self.location = location
  }

  /// The value of an option of the driver.
  public func option(_ name: String) -> String? { options.first { $0.name == name }?.value }
}

extension NetworkPlan {
  /// The fields of this network that are set, sorted by path. An external one is what its maker made of it.
  public var fields: [PlanField] {
    var fields = [PlanField(path: "name", value: name)]
    func add(_ path: String, _ value: String?) {
      if let value { fields.append(PlanField(path: path, value: value)) }
    }
    if isExternal == true {
      add("external", "true")
      return fields.sorted { $0.path < $1.path }
    }
    add("driver", driver?.rawValue)
    add("internal", isInternal ? "true" : "false")
    add("attachable", isAttachable == true ? "true" : nil)
    add("enable_ipv4", hasIPv4 == false ? "false" : nil)
    add("enable_ipv6", hasIPv6.map { $0 ? "true" : "false" })
    add("ipam.config.gateway", gateway)
    add("ipam.config.subnet", subnet)
    add("ipam.config.ip_range", range)
    add("ipam.config.gateway6", gateway6)
    add("ipam.config.subnet6", subnet6)
    add("ipam.config.ip_range6", range6)
    for address in reserved { add("ipam.config.aux_addresses.\(address.name)", address.value) }
    add("driver_opts.mtu", mtu.map { String($0) })
    for option in options { add("driver_opts.\(option.name)", option.value) }
    for label in labels { add("labels.\(label.name)", label.value) }
    return fields.sorted { $0.path < $1.path }
  }
}

/// A service's place on one network.
public struct AttachmentPlan: Sendable, Hashable, Codable {
  /// The key under top-level `networks`.
  public var network: String
  /// Further names on this network; the service's own name is always one and is not listed.
  public var aliases: [String]
  /// A fixed IPv4 address, or nil for a leased one.
  public var ipv4Address: String?
  /// A fixed IPv6 address, or nil for a leased one.
  public var ipv6Address: String?
  /// Further addresses of 169.254.0.0/16 or fe80::/10, sorted.
  @EmptyIfAbsent public var linkLocalAddresses: [String]
  /// A fixed hardware address, six bytes with colons, or nil for one made of the address.
  public var macAddress: String?
  /// Networks of a higher one come first; nil: 0.
  public var priority: Int?
  /// The network of the highest one gives the default route; nil: 0.
  public var gatewayPriority: Int?
  /// The interface's name inside; nil: the lowest free `eth`.
  public var interfaceName: String?
  /// Kernel parameters of the interface, with `IFNAME` for its name, sorted.
  @EmptyIfAbsent public var sysctls: [EnvironmentPlan]

  /// What it may receive here; nil: as is said of the service.
  public var ingress: RatePlan?
  /// What it may send here; nil: as is said of the service.
  public var egress: RatePlan?

  /// The name on the host of a network that belongs to no stack or to another one; nil: it is one of this stack.
  public var external: String?

  /// Makes an attachment of its parts.
  public init(network: String, aliases: [String] = [], ipv4Address: String? = nil) {
    self.network = network
    self.aliases = aliases
    self.ipv4Address = ipv4Address
  }

  /// What of it counts, in one line: words with a blank between.
  var text: String {
    var parts: [String] = []
    if let ipv4Address { parts.append(ipv4Address) }
    if let ipv6Address { parts.append(ipv6Address) }
    if let external { parts.append("external=\(external)") }
    if let macAddress { parts.append("mac=\(macAddress)") }
    if !linkLocalAddresses.isEmpty { parts.append("link-local=" + linkLocalAddresses.joined(separator: ",")) }
    if let interfaceName { parts.append("interface=\(interfaceName)") }
    if let gatewayPriority { parts.append("gw-priority=\(gatewayPriority)") }
    if let priority { parts.append("priority=\(priority)") }
    if !sysctls.isEmpty { parts.append("sysctls=" + sysctls.map { "\($0.name)=\($0.value)" }.joined(separator: ",")) }
    if let ingress { parts.append("ingress=\(ingress.text)") }
    if let egress { parts.append("egress=\(egress.text)") }
    if !aliases.isEmpty { parts.append("aliases=" + aliases.sorted().joined(separator: ",")) }
    return parts.joined(separator: " ")
  }
}

extension ServicePlan {
  /// The networks in the order in which they are joined: by priority, then by key.
  public var orderedNetworks: [AttachmentPlan] {
    networks.sorted { (-($0.priority ?? 0), $0.network) < (-($1.priority ?? 0), $1.network) }
  }

  /// Its hardware address on a network; nil: one made of the address. `mac_address` is that on the first network.
  public func macAddress(on attachment: AttachmentPlan) -> String? {
    attachment.macAddress ?? (orderedNetworks.first?.network == attachment.network ? macAddress : nil)
  }
}
