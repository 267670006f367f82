// What the packet filter shall do, for all stacks of this host together. Values only.
public import ContainrAddresses

/// The transport of a published port.
public enum Transport: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
  case tcp, udp, sctp

  /// IPPROTO_*. Numbers, because names need /etc/protocols.
  public var number: Int {
    switch self {
    case .tcp: 6
    case .udp: 17
    case .sctp: 132
    }
  }

  /// TCP first.
  public static func < (left: Transport, right: Transport) -> Bool { left.number < right.number }
}

/// One of our bridges.
public struct BridgeRule: Sendable, Hashable {
  /// The interface.
  public var name: String
  /// Its members; nil: they have no IPv4.
  public var prefix: IPv4Prefix?
  /// Its own address: its members' gateway and name server.
  public var gateway: IPv4Address?
  /// The same of IPv6.
  public var prefix6: IPv6Prefix?
  /// Its own address of IPv6.
  public var gateway6: IPv6Address?
  /// No way out, and no way in but from this host.
  public var isInternal: Bool
  /// What leaves the host does so under the host's address.
  public var masquerades = true

  /// Of both families.
  var prefixes: [IPPrefix] { [prefix.map { .v4($0) }, prefix6.map { .v6($0) }].compactMap(\.self) }

  /// A bridge; its gateway is the first address of the network unless told otherwise.
  public init(
    name: String, prefix: IPv4Prefix?, gateway: IPv4Address? = nil, prefix6: IPv6Prefix? = nil,
    gateway6: IPv6Address? = nil, isInternal: Bool = false
  ) {
    self.name = name
    self.prefix = prefix
    self.gateway = gateway ?? prefix?.gateway
    self.prefix6 = prefix6
    self.gateway6 = gateway6 ?? prefix6?.gateway
    self.isInternal = isInternal
  }
}

/// What may come in by one port of our bridges.
public struct MemberRule: Sendable, Hashable {
  /// The host's end of the link.
  public var link: String
  /// The only hardware address behind it.
  public var macAddress: MACAddress
  /// The only address behind it but those of the link; nil: none of IPv4.
  public var address: IPv4Address?
  /// The only address of IPv6 behind it that is not of the link alone; nil: none.
  public var address6: IPv6Address?
  /// Further ones, which count on the link alone; that which the kernel makes of the hardware address is beside them.
  public var linkLocal: [IPAddress] = []
  /// Whose it is; becomes the element's comment.
  public var id: String

  /// All of IPv4.
  public var addresses: [IPv4Address] { (address.map { [$0] } ?? []) + linkLocal.compactMap(\.v4) }
  /// All of IPv6.
  public var addresses6: [IPv6Address] {
    (address6.map { [$0, IPv6Address(in: .linkLocal, of: macAddress)] } ?? []) + linkLocal.compactMap(\.v6)
  }

  /// One place of one container.
  public init(
    link: String, macAddress: MACAddress, address: IPv4Address?, address6: IPv6Address? = nil, id: String
  ) {
    self.link = link
    self.macAddress = macAddress
    self.address = address
    self.address6 = address6
    self.id = id
  }
}

/// A pair of links of this host by which a packet that the host's own input rules have let through comes in once more
/// (docs/decisions/0026-what-the-hosts-firewall-says.md).
public struct HandoverLink: Sendable, Hashable {
  /// Where it goes out.
  public var out: String
  /// Where it comes in.
  public var into: String

  /// Both ends.
  public init(out: String, into: String) {
    self.out = out
    self.into = into
  }

  /// The address of the inner end: RFC 7600's dummy, which no packet carries.
  public static let address = IPv4Address(192, 0, 0, 8)
  /// The most that a veth carries (ETH_MAX_MTU).
  static let mtu = 65_535
  /// Whom the copies are addressed to; nobody is asked where that is.
  static let target = IPv4Address(192, 0, 0, 10)
  /// The same of IPv6, and where what is for `::1` goes: out of the outer end. Of RFC 9780's dummy prefix, which no
  /// packet of a network carries.
  static let outside6 = IPv6Address(0x0100_0000_0000_0001 << 64 | 1)
  /// Who it comes from, so that the answer comes back by the inner end.
  static let inside6 = IPv6Address(0x0100_0000_0000_0001 << 64 | 2)
}

/// One port of the host that leads to a container, of one family.
public struct PublishedPort: Sendable, Hashable {
  /// nil (or `0.0.0.0`, `::`): every local address of the family, loopback included.
  public var hostAddress: IPAddress?
  /// The port outside.
  public var hostPort: UInt16
  /// Where it leads; its family is the port's.
  public var containerAddress: IPAddress
  /// The port inside.
  public var containerPort: UInt16
  /// What it speaks.
  public var transport: Transport
  /// Whose port it is; becomes the element's comment.
  public var id: String
  /// From outside only what the host's own rules for its input let through; else whoever reaches the host.
  public var obeysHost = false
  /// The container's answers to addresses outside come by its network's gateway: the network is not internal.
  public var hasWayOut = true

  /// A published port.
  public init(
    hostAddress: IPAddress? = nil, hostPort: UInt16, containerAddress: IPAddress, containerPort: UInt16,
    transport: Transport = .tcp, id: String
  ) {
    self.hostAddress = hostAddress?.isAny == true ? nil : hostAddress
    self.hostPort = hostPort
    self.containerAddress = containerAddress
    self.containerPort = containerPort
    self.transport = transport
    self.id = id
  }

  /// Of what is redirected.
  public var family: IPFamily { containerAddress.family }
  /// nil for every local address, however that was written.
  var boundAddress: IPAddress? { hostAddress?.isAny == true ? nil : hostAddress }
  /// `::1` leads there as well, which takes a way of its own (`NftIPv6`).
  public var isOnLoopback6: Bool { family == .ipv6 && boundAddress?.isLoopback != false }

  /// `0.0.0.0:8080/tcp`, `[::]:8080/tcp`
  public var hostText: String {
    "\((hostAddress ?? .any(family)).bracketed):\(hostPort)/\(transport)"
  }
}

/// The whole table.
public struct FirewallPlan: Sendable, Hashable {
  /// The name of the table, of family ip.
  public var table: String
  /// All bridges of this host that are ours.
  public var bridges: [BridgeRule]
  /// All published ports of this host that are ours.
  public var ports: [PublishedPort]
  /// Who is on the bridges.
  public var members: [MemberRule]
  /// What the names of all links to members begin with, and no other link's name.
  public var memberPrefix: String
  /// By which packets come in once more after the host's rules, or from `::1`: see `needsHandover`.
  public var handover: HandoverLink?

  /// The whole table.
  public init(
    table: String = "containr", bridges: [BridgeRule] = [], ports: [PublishedPort] = [], members: [MemberRule] = [],
    memberPrefix: String = "ctrv", handover: HandoverLink? = nil
  ) {
    self.memberPrefix = memberPrefix
    self.table = table
    self.bridges = bridges
    self.ports = ports
    self.members = members
    self.handover = handover
  }

  /// The tables as nft reads and lists them.
  public var ruleset: String { NftRuleset.tables(for: self, named: table) }
  /// The same with one member at most: all rules, and how elements are written. Members are many, and each stands in several
  /// sets.
  public var outline: String {
    var plan = self
    plan.members = members.min { $0.link < $1.link }.map { [$0] } ?? []
    return plan.ruleset
  }
  /// Some bridge has IPv6.
  public var hasIPv6: Bool { bridges.contains { $0.prefix6 != nil } }
  /// Those of one family.
  func ports(_ family: IPFamily) -> [PublishedPort] { ports.filter { $0.family == family } }
  /// Whether any port of a family obeys the host's rules.
  func hasGuards(_ family: IPFamily) -> Bool { ports.contains { $0.obeysHost && $0.family == family } }
  /// Whether any port of a family is one of a single address of the host.
  func hasPlaced(_ family: IPFamily) -> Bool { ports.contains { $0.boundAddress != nil && $0.family == family } }
  /// Whether any port is reached by `::1`.
  public var hasLoopback6: Bool { ports.contains(where: \.isOnLoopback6) }
  /// Whether there have to be links to hand over by.
  public var needsHandover: Bool { hasLoopback6 || ports.contains(where: \.obeysHost) }
  /// What the tables have beside elements: while it is the same, only elements have to move.
  var shape: [Bool] {
    [hasGuards(.ipv4), hasGuards(.ipv6), hasLoopback6, hasPlaced(.ipv4), hasPlaced(.ipv6)]
  }

  /// Names that cannot be written into a ruleset, bridges or host ports that occur twice.
  public func validate() throws(NetworkError) {
    guard let first = table.utf8.first, table.utf8.count <= 31, NftText.isLetter(first),
      table.utf8.allSatisfy({ NftText.isLetter($0) || (48...57).contains($0) || $0 == 45 })
    else { throw .invalid("\(table) cannot be a table's name") }
    var names: Set<String> = []
    for bridge in bridges {
      try LinkRules.check(name: bridge.name)
      // It also names a chain.
      guard bridge.name.utf8.allSatisfy({ NftText.isLetter($0) || (45...46).contains($0) || (48...57).contains($0) })
      else { throw .invalid("bridge \(bridge.name): only letters, digits, `-`, `_` and `.` can stand in a rule") }
      if !names.insert(bridge.name).inserted { throw .invalid("bridge \(bridge.name) occurs twice") }
    }
    try LinkRules.check(name: memberPrefix)
    for member in members { try LinkRules.check(name: member.link) }
    if let stranger = members.first(where: { !$0.link.hasPrefix(memberPrefix) }) {
      throw .invalid("the link \(stranger.link) does not begin with \(memberPrefix)")
    }
    if needsHandover, handover == nil {
      throw .invalid("there is no link to hand over what the host's rules let through")
    }
    if let port = ports.first(where: { $0.hostAddress.map { $0.family } ?? $0.family != $0.family }) {
      throw .invalid("host port \(port.hostText) cannot lead to \(port.containerAddress), which is of another family")
    }
    var owners: [String: String] = [:]
    for port in ports {
      if let other = owners.updateValue(port.id, forKey: port.hostText) {
        throw .invalid("host port \(port.hostText) is published twice: by \(other) and by \(port.id)")
      }
    }
  }
}
