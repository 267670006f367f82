// IPv4 networks as values, and an address together with its network's length.

/// A network: an address whose host bits are zero, and a length of 0 to 32.
public struct IPv4Prefix: Sendable, Hashable, Comparable, LosslessStringConvertible {
  /// The network's address.
  public let address: IPv4Address
  /// 0…32
  public let length: Int

  /// The network that holds `address`; nil unless the length is 0…32.
  public init?(containing address: IPv4Address, length: Int) {
    guard (0...32).contains(length) else { return nil }
    self.init(masking: address, length)
  }

  /// One address alone.
  public init(masking address: IPv4Address) { self.init(masking: address, 32) }

  /// For lengths that are known to be right.
  public init(masking address: IPv4Address, _ length: Int) {
    self.address = IPv4Address(address.value & Self.mask(length))
    self.length = length
  }

  /// `10.89.0.0/26`; host bits that are set, or a missing length, are refused.
  public init?(_ description: String) {
    guard let whole = IPv4InterfaceAddress(description), whole.prefix.address == whole.address else { return nil }
    self = whole.prefix
  }

  /// `10.89.0.0/26`
  public var description: String { "\(address)/\(length)" }

  /// How many addresses it holds.
  public var count: Int { 1 << (32 - length) }
  /// The network address.
  public var first: IPv4Address { address }
  /// The broadcast address.
  public var last: IPv4Address { IPv4Address(address.value | ~Self.mask(length)) }
  /// The first address a host may have: our gateway.
  public var gateway: IPv4Address { length >= 31 ? address : IPv4Address(address.value + 1) }

  /// Whether the address is inside.
  public func contains(_ address: IPv4Address) -> Bool { address.value & Self.mask(length) == self.address.value }

  /// Whether any address is in both.
  public func overlaps(_ other: IPv4Prefix) -> Bool {
    length <= other.length ? contains(other.address) : other.contains(address)
  }

  /// By address, then by length.
  public static func < (left: IPv4Prefix, right: IPv4Prefix) -> Bool {
    (left.address, left.length) < (right.address, right.length)
  }

  static func mask(_ length: Int) -> UInt32 { length == 0 ? 0 : ~UInt32(0) << UInt32(32 - length) }
}

extension IPv4Prefix: Codable {
  /// From one string.
  public init(from decoder: any Decoder) throws {
    self = try decodeText(decoder) { IPv4Prefix($0) }
  }

  /// As one string.
  public func encode(to encoder: any Encoder) throws { try encodeText(description, encoder) }
}

/// An address of an interface, such as `10.89.0.1/26`.
public struct IPv4InterfaceAddress: Sendable, Hashable, LosslessStringConvertible {
  /// The host's address.
  public let address: IPv4Address
  /// The network it is in.
  public let prefix: IPv4Prefix

  /// nil unless the length is 0…32.
  public init?(_ address: IPv4Address, prefixLength: Int) {
    guard let prefix = IPv4Prefix(containing: address, length: prefixLength) else { return nil }
    self.address = address
    self.prefix = prefix
  }

  /// `10.89.0.1/26`
  public init?(_ description: String) {
    let parts = description.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = IPv4Address(String(parts[0])),
      let length = UInt8(strictDecimal: parts[1].utf8)
    else { return nil }
    self.init(address, prefixLength: Int(length))
  }

  /// `10.89.0.1/26`
  public var description: String { "\(address)/\(prefix.length)" }
}
