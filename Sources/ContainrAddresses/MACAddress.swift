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
    let separator: Character = description.contains("-") ? "-" : ":"
    let parts = description.split(separator: separator, omittingEmptySubsequences: false)
    guard parts.count == 6 else { return nil }
    var all: [UInt8] = []
    for part in parts {
      guard part.utf8.count == 2, part.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
        let octet = UInt8(part, radix: 16)
      else { return nil }
      all.append(octet)
    }
    octets = all
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
