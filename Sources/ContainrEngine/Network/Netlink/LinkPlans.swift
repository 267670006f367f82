// Desired links: what the Engine asks for. Values only.
public import ContainrAddresses

/// A bridge on the host.
public struct BridgePlan: Sendable, Hashable {
  /// At most 15 bytes.
  public var name: String
  /// Marks the bridge as ours (IFLA_IFALIAS).
  public var alias: String
  /// The bridge's own address: its members' gateway and name server; nil: it has no IPv4.
  public var address: IPv4Address?
  /// The network behind it.
  public var prefix: IPv4Prefix?
  /// The same of IPv6; nil: it has none.
  public var ipv6: IPv6InterfaceAddress?
  /// nil: the kernel's.
  public var mtu: Int?
  /// IFLA_GROUP, not 0: what is deleted together.
  public var group: UInt32

  /// A bridge.
  public init(
    name: String, alias: String, address: IPv4Address?, prefix: IPv4Prefix?, ipv6: IPv6InterfaceAddress? = nil,
    mtu: Int? = nil, group: UInt32
  ) {
    self.name = name
    self.alias = alias
    self.address = address
    self.prefix = prefix
    self.ipv6 = ipv6
    self.mtu = mtu
    self.group = group
  }

  /// Of its own, or the bridge would take the lowest of its ports' MACs and change it as they come and go.
  var macAddress: MACAddress? { address.map { MACAddress(for: $0) } ?? ipv6.map { MACAddress(for: $0.address) } }
}

/// How an interface of a container stands on an interface of the host without a bridge.
public enum SubordinateLink: Sendable, Hashable {
  case macvlan(MacvlanMode)
  case ipvlan(IPvlanMode, IPvlanFlag)

  /// MACVLAN_MODE_* of linux/if_link.h.
  public enum MacvlanMode: String, Sendable, Hashable, CaseIterable {
    case privately = "private"
    case vepa, bridge, passthru

    var number: UInt32 {
      switch self {
      case .privately: 1
      case .vepa: 2
      case .bridge: 4
      case .passthru: 8
      }
    }
  }

  /// IPVLAN_MODE_*.
  public enum IPvlanMode: String, Sendable, Hashable, CaseIterable {
    case l2, l3, l3s

    var number: UInt16 {
      switch self {
      case .l2: 0
      case .l3: 1
      case .l3s: 2
      }
    }
  }

  /// IPVLAN_F_*.
  public enum IPvlanFlag: String, Sendable, Hashable, CaseIterable {
    case bridge
    case privately = "private"
    case vepa

    var number: UInt16 {
      switch self {
      case .bridge: 0
      case .privately: 1
      case .vepa: 2
      }
    }
  }

  /// The kernel's word.
  public var kind: String {
    switch self {
    case .macvlan: "macvlan"
    case .ipvlan: "ipvlan"
    }
  }

  /// Who it talks to is on the same link; if not, everything goes to the parent, and there is no gateway.
  public var hasNeighbours: Bool {
    if case .ipvlan(let mode, _) = self { mode == .l2 } else { true }
  }
}

/// One attachment of a container to a network.
public struct VethPlan: Sendable, Hashable {
  /// At most 15 bytes. Of a subordinate link it is nobody's name.
  public var hostName: String
  /// The bridge's name; of a subordinate link that of its parent.
  public var bridge: String
  /// nil: a pair whose near end is a port of the bridge.
  public var subordinate: SubordinateLink?
  /// Marks the host's end as ours (IFLA_IFALIAS).
  public var alias: String
  /// IFLA_GROUP of the host's end, not 0.
  public var group: UInt32
  /// The name inside, such as `eth0`.
  public var containerName: String
  /// Of the end inside.
  public var macAddress: MACAddress
  /// Of the end inside; nil: it has no IPv4.
  public var address: IPv4Address?
  /// 0…32
  public var prefixLength: Int
  /// Of the end inside; nil: it has no IPv6 but what the kernel gives it.
  public var ipv6: IPv6InterfaceAddress?
  /// Further addresses of this link alone.
  public var linkLocal: [IPAddress] = []
  /// The default route; nil if this attachment carries none.
  public var gateway: IPv4Address?
  /// The same of IPv6.
  public var gateway6: IPv6Address?
  /// nil: that of its bridge; of a subordinate link the kernel's.
  public var mtu: Int?
  /// What it may carry; nil: nothing was ever said, and nothing is there to be taken away. Not of a subordinate link.
  public var limits: LinkLimits?
  /// It reaches the bridge alone, none of its other ports of that kind.
  public var isIsolated = false

  /// A pair.
  public init(
    hostName: String, bridge: String, alias: String, group: UInt32, containerName: String = "eth0",
    macAddress: MACAddress, address: IPv4Address?, prefixLength: Int, gateway: IPv4Address?, mtu: Int? = nil
  ) {
    self.hostName = hostName
    self.bridge = bridge
    self.alias = alias
    self.group = group
    self.containerName = containerName
    self.macAddress = macAddress
    self.address = address
    self.prefixLength = prefixLength
    self.gateway = gateway
    self.mtu = mtu
  }

  /// With the MTU of its bridge, unless it has one of its own.
  func following(_ bridge: LinkState) -> VethPlan {
    guard mtu == nil, subordinate == nil else { return self }
    var veth = self
    veth.mtu = bridge.mtu
    return veth
  }

  /// It carries a default route.
  public var leadsOut: Bool { gateway != nil || gateway6 != nil }
}

/// Limits which the kernel would only report as EINVAL.
enum LinkRules {
  static func check(name: String) throws(NetworkError) {
    guard (1...15).contains(name.utf8.count), name != ".", name != "..",
      name.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") })
    else { throw .invalid("\(name) cannot be an interface's name: 1 to 15 printable characters without / and :") }
  }

  /// Group 0 is every interface of the host: it must never be what is deleted together.
  static func check(group: UInt32) throws(NetworkError) {
    if group == 0 { throw .invalid("link group 0 is the host's own interfaces") }
  }

  static func check(alias: String) throws(NetworkError) {
    if alias.utf8.count > 255 { throw .invalid("alias \(alias) is longer than 255 bytes") }
  }
}
