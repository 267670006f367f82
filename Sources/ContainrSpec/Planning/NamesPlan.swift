// Names that a service finds and is found by, beside its own: links, further hosts, resolvers.

/// Another name of somebody, for one service alone.
public struct LinkPlan: Sendable, Hashable, Codable {
  /// The name that is looked up.
  public var name: String
  /// A service of this stack, or a container of any stack.
  public var target: String

  /// A name and whose it is.
  public init(name: String, target: String) {
    self.name = name
    self.target = target
  }
}

/// One further entry of /etc/hosts.
public struct HostEntryPlan: Sendable, Hashable, Codable {
  /// The word for the host's own address.
  public static let gateway = "host-gateway"

  /// The name.
  public var name: String
  /// Of either family, or `host-gateway`.
  public var address: String

  /// A name and its address.
  public init(name: String, address: String) {
    self.name = name
    self.address = address
  }
}

/// How a service's resolver is set up.
public struct ResolverPlan: Sendable, Hashable, Codable {
  /// Who is asked for names that are none of the stack's, in this order; none: the host's name servers.
  public var servers: [String] = []
  /// Domains that are tried behind a short name; `.` alone: none.
  public var search: [String] = []
  /// Options as in resolv.conf(5).
  public var options: [String] = []

  /// As the host has it.
  public init() {}
}
