// Ethernet addresses as values.

/// A MAC address of six octets.
public struct MACAddress: Sendable, Hashable, LosslessStringConvertible {
  /// Six octets.
  public let octets: [UInt8]

  /// nil unless there are six octets.
  public init?(octets: some Sequence<UInt8>) {
    let all = Array(octets)
    guard all.count == 6 else { return nil }
    self.octets = all
  }

  /// Locally administered and derived: 02:43 and the address, so that equal addresses have equal MACs and
  /// neighbours' ARP caches stay right when an address is used again.
  public init(for address: IPv4Address) { octets = [0x02, 0x43] + address.octets }

  /// The same for a place without IPv4: of the low half of the interface identifier.
  public init(for address: IPv6Address) { octets = [0x02, 0x46] + address.octets.suffix(4) }

  /// Six pairs of hexadecimal digits with `:` or `-` between them.
  public init?(_ description: String) {
    var text = description
    guard let all = text.withUTF8({ Self.octets($0) }) else { return nil }
    octets = all
  }

  private static func octets(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard bytes.count == 17, [UInt8(ascii: ":"), UInt8(ascii: "-")].contains(bytes[2]) else { return nil }
    var all: [UInt8] = []
    all.reserveCapacity(6)
    for place in 0..<6 {
      guard let high = digit(bytes[3 * place]), let low = digit(bytes[3 * place + 1]),
        place == 5 || bytes[3 * place + 2] == bytes[2]
      else { return nil }
      all.append(high << 4 | low)
    }
    return all
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }

  /// A host may have it: not multicast, not all zero.
  public var isUnicast: Bool { octets[0] & 1 == 0 && octets.contains { $0 != 0 } }

  /// Six lower-case pairs with colons.
  public var description: String {
    octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
  }
}

extension MACAddress: Codable {
  /// From one string.
  public init(from decoder: any Decoder) throws {
    self = try decodeText(decoder) { MACAddress($0) }
  }

  /// As one string.
  public func encode(to encoder: any Encoder) throws { try encodeText(description, encoder) }
}
