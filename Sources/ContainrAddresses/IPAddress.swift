// Addresses and networks of either family, for what is the same in both.

/// The family of an address.
public enum IPFamily: String, Sendable, Hashable, Codable, CaseIterable, Comparable, CustomStringConvertible {
  case ipv4, ipv6

  /// For people: `IPv4`, `IPv6`.
  public var description: String { self == .ipv4 ? "IPv4" : "IPv6" }

  /// AF_INET, AF_INET6.
  public var number: UInt8 { self == .ipv4 ? 2 : 10 }
  /// Bits of an address.
  public var bits: Int { self == .ipv4 ? 32 : 128 }

  /// IPv4 first.
  public static func < (left: IPFamily, right: IPFamily) -> Bool { left.number < right.number }
}

/// An address of either family.
public enum IPAddress: Sendable, Hashable, Comparable, LosslessStringConvertible {
  case v4(IPv4Address)
  case v6(IPv6Address)

  /// Dotted quad, or the forms of RFC 4291.
  public init?(_ description: String) {
    if let address = IPv4Address(description) {
      self = .v4(address)
    } else if let address = IPv6Address(description) {
      self = .v6(address)
    } else {
      return nil
    }
  }

  /// From 4 or 16 octets, first one first; nil for any other number.
  public init?(octets: some Collection<UInt8>) {
    if octets.count == 4 {
      self = .v4(IPv4Address(octets.reduce(0) { $0 << 8 | UInt32($1) }))
    } else if let address = IPv6Address(octets: octets) {
      self = .v6(address)
    } else {
      return nil
    }
  }

  /// `0.0.0.0` or `::`.
  public static func any(_ family: IPFamily) -> IPAddress { family == .ipv4 ? .v4(.any) : .v6(.any) }

  /// Which family.
  public var family: IPFamily {
    switch self {
    case .v4: .ipv4
    case .v6: .ipv6
    }
  }

  /// 4 or 16, first one first.
  public var octets: [UInt8] {
    switch self {
    case .v4(let address): address.octets
    case .v6(let address): address.octets
    }
  }

  /// The IPv4 address, if it is one.
  public var v4: IPv4Address? { if case .v4(let address) = self { address } else { nil } }
  /// The IPv6 address, if it is one.
  public var v6: IPv6Address? { if case .v6(let address) = self { address } else { nil } }

  /// `0.0.0.0` or `::`.
  public var isAny: Bool {
    switch self {
    case .v4(let address): address == .any
    case .v6(let address): address == .any
    }
  }

  /// In 127.0.0.0/8, or `::1`.
  public var isLoopback: Bool {
    switch self {
    case .v4(let address): address.isLoopback
    case .v6(let address): address.isLoopback
    }
  }

  /// In 169.254.0.0/16, or in `fe80::/10`.
  public var isLinkLocal: Bool {
    switch self {
    case .v4(let address): address.isLinkLocal
    case .v6(let address): address.isLinkLocal
    }
  }

  /// Dotted quad, or as RFC 5952 wants it.
  public var description: String {
    switch self {
    case .v4(let address): address.description
    case .v6(let address): address.description
    }
  }

  /// As it stands in front of a port, and in a URL: IPv6 in brackets.
  public var bracketed: String {
    switch self {
    case .v4(let address): address.description
    case .v6(let address): "[\(address)]"
    }
  }
}

extension IPAddress: Codable {
  /// From one string.
  public init(from decoder: any Decoder) throws {
    self = try decodeText(decoder) { IPAddress($0) }
  }

  /// As one string.
  public func encode(to encoder: any Encoder) throws { try encodeText(description, encoder) }
}

/// A network of either family.
public enum IPPrefix: Sendable, Hashable, Comparable, LosslessStringConvertible {
  case v4(IPv4Prefix)
  case v6(IPv6Prefix)

  /// Address and length; host bits that are set are refused.
  public init?(_ description: String) {
    if let prefix = IPv4Prefix(description) {
      self = .v4(prefix)
    } else if let prefix = IPv6Prefix(description) {
      self = .v6(prefix)
    } else {
      return nil
    }
  }

  /// The network that holds `address`; nil unless the length fits the family.
  public init?(containing address: IPAddress, length: Int) {
    switch address {
    case .v4(let address):
      guard let prefix = IPv4Prefix(containing: address, length: length) else { return nil }
      self = .v4(prefix)
    case .v6(let address):
      guard let prefix = IPv6Prefix(containing: address, length: length) else { return nil }
      self = .v6(prefix)
    }
  }

  /// Which family.
  public var family: IPFamily {
    switch self {
    case .v4: .ipv4
    case .v6: .ipv6
    }
  }

  /// The network's address.
  public var address: IPAddress {
    switch self {
    case .v4(let prefix): .v4(prefix.address)
    case .v6(let prefix): .v6(prefix.address)
    }
  }

  /// 0…32, or 0…128.
  public var length: Int {
    switch self {
    case .v4(let prefix): prefix.length
    case .v6(let prefix): prefix.length
    }
  }

  /// The first address a host may have: our gateway.
  public var gateway: IPAddress {
    switch self {
    case .v4(let prefix): .v4(prefix.gateway)
    case .v6(let prefix): .v6(prefix.gateway)
    }
  }

  /// Whether a member may have the address; never of the other family.
  public func isHost(_ address: IPAddress) -> Bool {
    switch (self, address) {
    case (.v4(let prefix), .v4(let address)): prefix.isHost(address)
    case (.v6(let prefix), .v6(let address)): prefix.isHost(address)
    default: false
    }
  }

  /// The IPv4 network, if it is one.
  public var v4: IPv4Prefix? { if case .v4(let prefix) = self { prefix } else { nil } }
  /// The IPv6 network, if it is one.
  public var v6: IPv6Prefix? { if case .v6(let prefix) = self { prefix } else { nil } }

  /// Whether the address is inside; never of the other family.
  public func contains(_ address: IPAddress) -> Bool {
    switch (self, address) {
    case (.v4(let prefix), .v4(let address)): prefix.contains(address)
    case (.v6(let prefix), .v6(let address)): prefix.contains(address)
    default: false
    }
  }

  /// Whether any address is in both; never across families.
  public func overlaps(_ other: IPPrefix) -> Bool {
    switch (self, other) {
    case (.v4(let left), .v4(let right)): left.overlaps(right)
    case (.v6(let left), .v6(let right)): left.overlaps(right)
    default: false
    }
  }

  /// `10.89.0.0/26`, `fd00:1::/64`
  public var description: String {
    switch self {
    case .v4(let prefix): prefix.description
    case .v6(let prefix): prefix.description
    }
  }
}

extension IPPrefix: Codable {
  /// From one string.
  public init(from decoder: any Decoder) throws {
    self = try decodeText(decoder) { IPPrefix($0) }
  }

  /// As one string.
  public func encode(to encoder: any Encoder) throws { try encodeText(description, encoder) }
}
