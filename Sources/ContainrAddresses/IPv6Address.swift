// IPv6 addresses as values: strict text in, RFC 5952 out, ordering, network order. Knows no sockets and no zones.

/// An IPv6 address.
public struct IPv6Address: Sendable, Hashable, Comparable, LosslessStringConvertible {
  /// Host order: `::1` is 1.
  public var value: UInt128

  /// From host order.
  public init(_ value: UInt128) { self.value = value }

  /// From its octets, first one first; nil unless there are sixteen.
  public init?(octets: some Collection<UInt8>) {
    guard octets.count == 16 else { return nil }
    value = octets.reduce(0) { $0 << 8 | UInt128($1) }
  }

  /// The address that a host makes itself of a /64 and its MAC: modified EUI-64 (RFC 4291, appendix A).
  public init(in prefix: IPv6Prefix, of mac: MACAddress) {
    let octets = mac.octets
    let low = [octets[0] ^ 2, octets[1], octets[2], 0xff, 0xfe, octets[3], octets[4], octets[5]]
    let identifier: UInt128 = low.reduce(0) { $0 << 8 | UInt128($1) }
    value = prefix.address.value | identifier
  }

  /// An IPv4 address in `::ffff:0:0/96` (RFC 4291, 2.5.5.2).
  public init(mapping address: IPv4Address) { value = 0xffff_0000_0000 | UInt128(address.value) }

  /// The forms of RFC 4291, 2.2: eight groups, one `::` in place of zeros, an IPv4 address in place of the last two. A
  /// zone (`%eth0`) means something on one host only, and is refused.
  public init?(_ description: String) {
    var text = description
    guard let value = text.withUTF8({ Self.value($0) }) else { return nil }
    self.value = value
  }

  /// Without an array: a command reads those of all members of all networks, several times.
  private static func value(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt128? {
    var all: UInt128 = 0
    var count = 0
    /// How many groups stand before it.
    var gap: Int?
    var index = 0
    if bytes.count > 1, bytes[0] == 0x3a, bytes[1] == 0x3a {
      gap = 0
      index = 2
    }
    while index < bytes.count {
      let end = bytes[index...].firstIndex(of: 0x3a) ?? bytes.count
      if end == bytes.count, bytes[index...].contains(0x2e) {
        guard let quad = IPv4Address(bytes: bytes[index...]) else { return nil }
        all = all << 32 | UInt128(quad.value)
        count += 2
        index = end
        break
      }
      guard count < 8, let group = group(bytes[index..<end]) else { return nil }
      all = all << 16 | UInt128(group)
      count += 1
      if end == bytes.count { break }
      index = end + 1
      // A colon ends no address, unless it is the second one of the gap.
      if index == bytes.count { return nil }
      if bytes[index] == 0x3a {
        guard gap == nil else { return nil }
        gap = count
        index += 1
      }
    }
    guard let gap else { return count == 8 ? all : nil }
    guard count < 8 else { return nil }
    let behind = 16 * (count - gap)
    return (all >> behind) << (16 * (8 - gap)) | all & ~(UInt128.max << behind)
  }

  /// One to four hexadecimal digits.
  private static func group(_ digits: some Collection<UInt8>) -> UInt16? {
    guard (1...4).contains(digits.count) else { return nil }
    var value: UInt16 = 0
    for digit in digits {
      switch digit {
      case 0x30...0x39: value = value << 4 | UInt16(digit - 0x30)
      case 0x41...0x46: value = value << 4 | UInt16(digit - 0x37)
      case 0x61...0x66: value = value << 4 | UInt16(digit - 0x57)
      default: return nil
      }
    }
    return value
  }

  /// `::`
  public static let any = IPv6Address(0)
  /// `::1`
  public static let loopback = IPv6Address(1)

  /// The sixteen octets, first one first: the order of the wire and of `in6_addr`.
  public var octets: [UInt8] { (0..<16).map { UInt8(truncatingIfNeeded: value >> UInt128(120 - 8 * $0)) } }
  /// The eight groups, first one first.
  public var groups: [UInt16] { (0..<8).map { UInt16(truncatingIfNeeded: value >> UInt128(112 - 16 * $0)) } }
  /// `::1`
  public var isLoopback: Bool { value == 1 }
  /// In `fe80::/10`.
  public var isLinkLocal: Bool { value >> 118 == 0x3fa }
  /// In `fc00::/7` (RFC 4193).
  public var isUniqueLocal: Bool { value >> 121 == 0x7e }
  /// In `ff00::/8`.
  public var isMulticast: Bool { value >> 120 == 0xff }
  /// The address that is mapped, of one in `::ffff:0:0/96`.
  public var mappedIPv4: IPv4Address? {
    value >> 32 == 0xffff ? IPv4Address(UInt32(truncatingIfNeeded: value)) : nil
  }

  /// As RFC 5952 wants it: lower case, the first longest run of two or more zero groups as `::`, mapped ones with dots.
  public var description: String {
    if let mapped = mappedIPv4 { return "::ffff:\(mapped)" }
    let groups = groups
    let gap = Self.longestZeros(groups)
    let head = groups[..<gap.lowerBound].map { String($0, radix: 16) }.joined(separator: ":")
    if gap.isEmpty { return head }
    return head + "::" + groups[gap.upperBound...].map { String($0, radix: 16) }.joined(separator: ":")
  }

  /// Empty, at the end, if there are no two zeros side by side.
  private static func longestZeros(_ groups: [UInt16]) -> Range<Int> {
    var longest = groups.count..<groups.count
    var start = 0
    for index in 0...groups.count where index == groups.count || groups[index] != 0 {
      if index - start > max(longest.count, 1) { longest = start..<index }
      start = index + 1
    }
    return longest
  }

  /// In numeric order.
  public static func < (left: IPv6Address, right: IPv6Address) -> Bool { left.value < right.value }
}

extension IPv6Address: Codable {
  /// From one string.
  public init(from decoder: any Decoder) throws {
    self = try decodeText(decoder) { IPv6Address($0) }
  }

  /// As one string.
  public func encode(to encoder: any Encoder) throws { try encodeText(description, encoder) }
}
