// What the packet filter shall do, for all stacks of this host together. Values only.

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
  /// Its members.
  public var prefix: IPv4Prefix
  /// No way out, and no way in but from this host.
  public var isInternal: Bool

  /// A bridge.
  public init(name: String, prefix: IPv4Prefix, isInternal: Bool = false) {
    self.name = name
    self.prefix = prefix
    self.isInternal = isInternal
  }
}

/// One port of the host that leads to a container.
public struct PublishedPort: Sendable, Hashable {
  /// nil (or 0.0.0.0): every local address, 127.0.0.1 included.
  public var hostAddress: IPv4Address?
  /// The port outside.
  public var hostPort: UInt16
  /// Where it leads.
  public var containerAddress: IPv4Address
  /// The port inside.
  public var containerPort: UInt16
  /// What it speaks.
  public var transport: Transport
  /// Whose port it is; becomes the element's comment.
  public var id: String

  /// A published port.
  public init(
    hostAddress: IPv4Address? = nil, hostPort: UInt16, containerAddress: IPv4Address, containerPort: UInt16,
    transport: Transport = .tcp, id: String
  ) {
    self.hostAddress = hostAddress == .any ? nil : hostAddress
    self.hostPort = hostPort
    self.containerAddress = containerAddress
    self.containerPort = containerPort
    self.transport = transport
    self.id = id
  }

  /// nil for every local address, however that was written.
  var boundAddress: IPv4Address? { hostAddress == .any ? nil : hostAddress }

  /// `0.0.0.0:8080/tcp`
  public var hostText: String { "\(hostAddress ?? .any):\(hostPort)/\(transport)" }
}

/// The whole table.
public struct FirewallPlan: Sendable, Hashable {
  /// The name of the table, of family ip.
  public var table: String
  /// All bridges of this host that are ours.
  public var bridges: [BridgeRule]
  /// All published ports of this host that are ours.
  public var ports: [PublishedPort]

  /// The whole table.
  public init(table: String = "containr", bridges: [BridgeRule] = [], ports: [PublishedPort] = []) {
    self.table = table
    self.bridges = bridges
    self.ports = ports
  }

  /// The table as nft reads and lists it.
  public var ruleset: String { NftRuleset.table(for: self, named: table) }

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
    var owners: [String: String] = [:]
    for port in ports {
      if let other = owners.updateValue(port.id, forKey: port.hostText) {
        throw .invalid("host port \(port.hostText) is published twice: by \(other) and by \(port.id)")
      }
    }
  }
}
