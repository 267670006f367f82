// IPv6 networks as values, and an address together with its network's length.

/// A network: an address whose host bits are zero, and a length of 0 to 128.
public struct IPv6Prefix: Sendable, Hashable, Comparable, LosslessStringConvertible {
  /// The network's address, its Subnet-Router anycast address.
  public let address: IPv6Address
  /// 0…128
  public let length: Int

  /// The network that holds `address`; nil unless the length is 0…128.
  public init?(containing address: IPv6Address, length: Int) {
    guard (0...128).contains(length) else { return nil }
    self.init(masking: address, length)
  }

  /// One address alone.
  public init(masking address: IPv6Address) { self.init(masking: address, 128) }

  /// For lengths that are known to be right.
  public init(masking address: IPv6Address, _ length: Int) {
    self.address = IPv6Address(address.value & Self.mask(length))
    self.length = length
  }

  /// `fd00:1::/64`; host bits that are set, or a missing length, are refused.
  public init?(_ description: String) {
    guard let whole = IPv6InterfaceAddress(description), whole.prefix.address == whole.address else { return nil }
    self = whole.prefix
  }

  /// `fe80::/64`: of every interface.
  public static let linkLocal = IPv6Prefix(masking: IPv6Address(0xfe80 << 112), 64)

  /// `fd00:1::/64`
  public var description: String { "\(address)/\(length)" }

  /// The first address.
  public var first: IPv6Address { address }
  /// The last address; there is no broadcast in IPv6.
  public var last: IPv6Address { IPv6Address(address.value | ~Self.mask(length)) }
  /// The first address a host may have: our gateway.
  public var gateway: IPv6Address { length >= 127 ? address : IPv6Address(address.value + 1) }

  /// Whether the address is inside.
  public func contains(_ address: IPv6Address) -> Bool { address.value & Self.mask(length) == self.address.value }

  /// Whether any address is in both.
  public func overlaps(_ other: IPv6Prefix) -> Bool {
    length <= other.length ? contains(other.address) : other.contains(address)
  }

  /// Whether a member may have the address: inside, and not the routers' own one.
  public func isHost(_ address: IPv6Address) -> Bool { contains(address) && (length >= 127 || address != self.address) }

  /// The part of this network with the given number and length; nil if it is too short, or has no such part.
  public func subnet(_ number: UInt128, length: Int) -> IPv6Prefix? {
    guard (self.length...128).contains(length) else { return nil }
    let bits = length - self.length
    if bits < 128, number >> UInt128(bits) != 0 { return nil }
    let offset = length == 0 ? 0 : number << UInt128(128 - length)
    return IPv6Prefix(masking: IPv6Address(address.value | offset), length)
  }

  /// By address, then by length.
  public static func < (left: IPv6Prefix, right: IPv6Prefix) -> Bool {
    (left.address, left.length) < (right.address, right.length)
  }

  static func mask(_ length: Int) -> UInt128 { length == 0 ? 0 : ~UInt128(0) << UInt128(128 - length) }
}

extension IPv6Prefix: Codable {
  /// From one string.
  public init(from decoder: any Decoder) throws {
    self = try decodeText(decoder) { IPv6Prefix($0) }
  }

  /// As one string.
  public func encode(to encoder: any Encoder) throws { try encodeText(description, encoder) }
}

/// An address of an interface, such as `fd00:1::1/64`.
public struct IPv6InterfaceAddress: Sendable, Hashable, LosslessStringConvertible {
  /// The host's address.
  public let address: IPv6Address
  /// The network it is in.
  public let prefix: IPv6Prefix

  /// nil unless the length is 0…128.
  public init?(_ address: IPv6Address, prefixLength: Int) {
    guard let prefix = IPv6Prefix(containing: address, length: prefixLength) else { return nil }
    self.address = address
    self.prefix = prefix
  }

  /// `fd00:1::1/64`
  public init?(_ description: String) {
    let parts = description.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPv6Address(String(parts[0])),
      let length = UInt8(strictDecimal: parts[1].utf8)
    else { return nil }
    self.init(address, prefixLength: Int(length))
  }

  /// `fd00:1::1/64`
  public var description: String { "\(address)/\(prefix.length)" }
}
