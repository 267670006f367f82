// What addresses and prefixes of both families have in common, as far as leases need it.

/// An address as a number.
public protocol IPHostAddress: Sendable, Hashable, Comparable, CustomStringConvertible {
  associatedtype Number: FixedWidthInteger & UnsignedInteger & Sendable
  /// In host order.
  var value: Number { get }
  /// From host order.
  init(_ value: Number)
}

/// A network that addresses are leased from.
public protocol IPNetwork: Sendable, Hashable, CustomStringConvertible {
  associatedtype Address: IPHostAddress
  /// The first address.
  var first: Address { get }
  /// The last address.
  var last: Address { get }
  /// The first address a host may have.
  var gateway: Address { get }
  /// Whether the address is inside.
  func contains(_ address: Address) -> Bool
  /// Whether a member may have the address.
  func isHost(_ address: Address) -> Bool
}

extension IPv4Address: IPHostAddress {}
extension IPv6Address: IPHostAddress {}
extension IPv6Prefix: IPNetwork {}

extension IPv4Prefix: IPNetwork {
  /// Whether a member may have the address: inside, and neither the network's nor the broadcast address.
  public func isHost(_ address: IPv4Address) -> Bool {
    contains(address) && (length >= 31 || (address != first && address != last))
  }
}
