// The names of one network. Values only.
public import ContainrAddresses

/// A port that a name offers (RFC 2782).
public struct DNSService: Sendable, Hashable {
  /// The port of the target.
  public var port: UInt16
  /// The name of who offers it; it is in the zone itself.
  public var target: String

  /// A port and whose it is.
  public init(port: UInt16, target: String) {
    self.port = port
    self.target = target
  }
}

/// The addresses of networks that an asker is on beside the one whose name server it asks.
public struct DNSNeighbours: Sendable, Hashable {
  /// Of those networks: nobody else is asked about their addresses.
  public var prefixes: [IPPrefix]
  /// The names that their addresses answer to.
  public var names: [IPAddress: String]

  /// Networks and who is on them.
  public init(prefixes: [IPPrefix], names: [IPAddress: String]) {
    self.prefixes = prefixes
    self.names = names
  }
}

/// The names of one network.
public struct DNSZone: Sendable, Hashable {
  /// Lower-case names without final dot; addresses sorted.
  public let names: [String: [IPAddress]]
  /// The name that an address answers to.
  public let reverse: [IPAddress: String]
  /// By asker: names that it alone is told, of other networks that it is on as well, and its links.
  public let personal: [IPAddress: [String: [IPAddress]]]
  /// By asker: the addresses of its other networks.
  public let neighbours: [IPAddress: DNSNeighbours]
  /// By `_http._tcp.web`.
  public let services: [String: [DNSService]]
  /// By asker: who is asked for its other names, instead of the host's resolvers.
  public let upstreams: [IPAddress: [DNSUpstream]]

  /// `names` are services, aliases, container names and host names alike. Without `reverse`, an address answers to the
  /// first of its names in alphabetical order.
  public init(
    _ names: [String: [IPAddress]] = [:], reverse: [IPAddress: String] = [:],
    personal: [IPAddress: [String: [IPAddress]]] = [:], neighbours: [IPAddress: DNSNeighbours] = [:],
    services: [String: [DNSService]] = [:], upstreams: [IPAddress: [DNSUpstream]] = [:]
  ) {
    self.neighbours = neighbours
    self.personal = personal
    self.upstreams = upstreams
    self.services = services
    var all: [String: Set<IPAddress>] = [:]
    var back = reverse
    for (name, addresses) in names.sorted(by: { $0.key < $1.key }) {
      all[(DNSName(name)?.text) ?? name, default: []].formUnion(addresses)
      for address in addresses where back[address] == nil { back[address] = name }
    }
    self.names = all.mapValues { $0.sorted() }
    self.reverse = back
  }
}
