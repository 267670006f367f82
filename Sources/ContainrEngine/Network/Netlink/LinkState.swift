// Observed links and routes, read from dumps.
public import ContainrAddresses

/// One network interface as it is.
public struct LinkState: Sendable, Hashable {
  /// The interface index.
  public var index: Int
  /// The interface name.
  public var name: String
  /// IFLA_IFALIAS: whose it is.
  public var alias: String?
  /// `bridge`, `veth`; nil for devices without a kind, such as `lo`.
  public var kind: String?
  /// The index of the bridge it is a port of.
  public var master: Int?
  /// IFF_UP.
  public var isUp: Bool
  /// Bytes.
  public var mtu: Int
  /// IFLA_GROUP; 0 is the default.
  public var group: UInt32
  /// nil for devices without one.
  public var macAddress: MACAddress?
  /// IFLA_LINK_NETNSID: the id of the network namespace of a veth's far end; nil if that is here.
  public var peerNamespace: Int32?
  /// Those of IPv4.
  public var addresses: [IPv4InterfaceAddress]
  /// Those of IPv6, what the kernel makes itself included.
  public var addresses6: [IPv6InterfaceAddress]

  init?(_ message: NetlinkMessage) {
    guard message.type == RTNetlink.newLink, let index = message.body.integer(Int32.self, at: 4),
      let flags = message.body.integer(UInt32.self, at: 8), let attributes = message.body.attributes(from: 16),
      let name = attributes[3]?.text
    else { return nil }
    self.index = Int(index)
    self.name = name
    alias = attributes[20]?.text
    kind = attributes[18]?.attributes()?[1]?.text  // IFLA_LINKINFO, IFLA_INFO_KIND
    master = (attributes[10]?.integer(UInt32.self, at: 0)).map { Int($0) }
    isUp = flags & RTNetlink.up != 0
    mtu = Int(attributes[4]?.integer(UInt32.self, at: 0) ?? 0)
    group = attributes[27]?.integer(at: 0) ?? 0
    peerNamespace = attributes[37]?.integer(at: 0)
    macAddress = (attributes[1]?.bytes).flatMap { MACAddress(octets: $0) }
    addresses = []
    addresses6 = []
  }
}

/// One unicast route of the host.
public struct RouteState: Sendable, Hashable {
  /// Length 0 is a default route.
  public var prefix: IPPrefix
  /// The interfaces it leads out of; several for a multipath route.
  public var interfaces: [String]
  /// The next hop, if there is one.
  public var gateway: IPAddress?
  /// 254 is `main`.
  public var table: UInt32
  /// The indexes of the interfaces, whose names the message does not hold.
  let indexes: [Int]

  /// nil for what is no unicast route, or cannot be read. The interfaces' names are left to `named`.
  init?(_ message: NetlinkMessage) {
    let body = message.body
    guard message.type == RTNetlink.newRoute, let number = body.integer(UInt8.self, at: 0),
      let family = IPFamily.allCases.first(where: { $0.number == number }),
      let length = body.integer(UInt8.self, at: 1), let shortTable = body.integer(UInt8.self, at: 4),
      body.integer(UInt8.self, at: 7) == 1, let attributes = body.attributes(from: 12)
    else { return nil }
    let destination = attributes[1].flatMap { IPAddress(octets: $0.bytes) } ?? .any(family)
    guard let prefix = IPPrefix(containing: destination, length: Int(length)) else { return nil }
    self.prefix = prefix
    gateway = attributes[5].flatMap { IPAddress(octets: $0.bytes) }
    table = attributes[15]?.integer(at: 0) ?? UInt32(shortTable)
    var indexes: [Int] = []
    if let out = attributes[4]?.integer(UInt32.self, at: 0) { indexes.append(Int(out)) }
    if var hops = attributes[9]?.bytes {  // RTA_MULTIPATH: struct rtnexthop and its attributes, one after another
      while let size = NetlinkBytes(hops).integer(UInt16.self, at: 0), size >= 8, Int(size) <= hops.count {
        if let out = NetlinkBytes(hops).integer(Int32.self, at: 4) { indexes.append(Int(out)) }
        hops = hops.dropFirst((Int(size) + 3) & ~3)
      }
    }
    self.indexes = indexes
    interfaces = []
  }

  /// With the names of its interfaces; one that is gone by now is left out.
  func named(_ names: [Int: String]) -> RouteState {
    var route = self
    route.interfaces = indexes.compactMap { names[$0] }
    return route
  }
}
