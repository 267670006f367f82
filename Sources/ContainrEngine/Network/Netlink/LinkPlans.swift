// Desired links: what the Engine asks for. Values only.

/// A bridge on the host.
public struct BridgePlan: Sendable, Hashable {
  /// At most 15 bytes.
  public var name: String
  /// Marks the bridge as ours (IFLA_IFALIAS).
  public var alias: String
  /// The bridge's own address: its members' gateway and name server.
  public var address: IPv4Address
  /// The network behind it.
  public var prefix: IPv4Prefix
  /// nil: the kernel's.
  public var mtu: Int?
  /// IFLA_GROUP, not 0: what is deleted together.
  public var group: UInt32

  /// A bridge.
  public init(
    name: String, alias: String, address: IPv4Address, prefix: IPv4Prefix, mtu: Int? = nil, group: UInt32
  ) {
    self.name = name
    self.alias = alias
    self.address = address
    self.prefix = prefix
    self.mtu = mtu
    self.group = group
  }
}

/// One attachment of a container to a bridge.
public struct VethPlan: Sendable, Hashable {
  /// At most 15 bytes.
  public var hostName: String
  /// The bridge's name.
  public var bridge: String
  /// Marks the host's end as ours (IFLA_IFALIAS).
  public var alias: String
  /// IFLA_GROUP of the host's end, not 0.
  public var group: UInt32
  /// The name inside, such as `eth0`.
  public var containerName: String
  /// Of the end inside.
  public var macAddress: MACAddress
  /// Of the end inside.
  public var address: IPv4Address
  /// 0…32
  public var prefixLength: Int
  /// The default route; nil if this attachment carries none.
  public var gateway: IPv4Address?
  /// nil: the kernel's.
  public var mtu: Int?

  /// A pair.
  public init(
    hostName: String, bridge: String, alias: String, group: UInt32, containerName: String = "eth0",
    macAddress: MACAddress, address: IPv4Address, prefixLength: Int, gateway: IPv4Address?, mtu: Int? = nil
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
