// IPv6 addresses and subnets as numbers.

/// One IPv6 address.
struct IPv6Address: Hashable, Comparable {
  let bits: UInt128

  init(bits: UInt128) { self.bits = bits }

  /// The forms of RFC 4291 without brackets and zone.
  init?(_ text: Substring) {
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard (1...2).contains(halves.count) else { return nil }
    var parts: [[UInt16]] = []
    for (index, half) in halves.enumerated() {
      var groups: [UInt16] = []
      let words = half.isEmpty ? [] : half.split(separator: ":", omittingEmptySubsequences: false)
      for (position, word) in words.enumerated() {
        let isLast = index == halves.count - 1 && position == words.count - 1
        if isLast, word.contains(".") {
          guard let quad = try? IPv4Address(String(word)) else { return nil }
          groups += [UInt16(quad.bits >> 16), UInt16(quad.bits & 0xffff)]
        } else {
          guard (1...4).contains(word.utf8.count), word.unicodeScalars.allSatisfy(\.properties.isASCIIHexDigit),
            let group = UInt16(word, radix: 16)
          else { return nil }
          groups.append(group)
        }
      }
      parts.append(groups)
    }
    let count = parts.reduce(0) { $0 + $1.count }
    guard parts.count == 2 ? count <= 7 : count == 8 else { return nil }
    let gap = [UInt16](repeating: 0, count: 8 - count)
    bits = (parts[0] + gap + (parts.count == 2 ? parts[1] : [])).reduce(0) { $0 << 16 | UInt128($1) }
  }

  /// As it may be written in a file.
  init(_ text: String) throws(ValueProblem) { self = try AddressText.address6(text) }

  /// As RFC 5952 wants it.
  var text: String {
    if bits >> 32 == 0xffff { return "::ffff:" + IPv4Address(bits: UInt32(truncatingIfNeeded: bits)).text }
    let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * $0)) }
    var gap = 8..<8
    var start = 0
    for index in 0...8 where index == 8 || groups[index] != 0 {
      if index - start > max(gap.count, 1) { gap = start..<index }
      start = index + 1
    }
    let head = groups[..<gap.lowerBound].map { String($0, radix: 16) }.joined(separator: ":")
    if gap.isEmpty { return head }
    return head + "::" + groups[gap.upperBound...].map { String($0, radix: 16) }.joined(separator: ":")
  }

  static func < (left: IPv6Address, right: IPv6Address) -> Bool { left.bits < right.bits }
}

/// One IPv6 subnet.
struct IPv6Subnet: Hashable {
  let network: IPv6Address
  let prefix: Int

  init(_ text: String) throws(ValueProblem) {
    let parts = text.pieces("/")
    let address = try IPv6Address(parts.first ?? "")
    guard parts.count == 2, parts[1].isDigits, let prefix = Int(parts[1]), (8...126).contains(prefix) else {
      throw ValueProblem(
        .address, "\(DisplayText.quote(text)) is not a subnet", label: "expected a prefix from /8 to /126",
        help: "write an address and the length of its prefix, such as fd00:1::/64")
    }
    let mask = UInt128.max << UInt128(128 - prefix)
    guard address.bits & ~mask == 0 else {
      let base = IPv6Address(bits: address.bits & mask).text
      throw ValueProblem(
        .address, "the subnet \(DisplayText.quote(text)) has bits set behind its prefix",
        help: "did you mean \(base)/\(prefix)?")
    }
    network = address
    self.prefix = prefix
  }

  var text: String { "\(network.text)/\(prefix)" }
  var last: IPv6Address { IPv6Address(bits: network.bits | ~(UInt128.max << UInt128(128 - prefix))) }
  /// The address that the bridge takes if the file names none.
  var firstHost: IPv6Address { IPv6Address(bits: network.bits + 1) }

  func contains(_ address: IPv6Address) -> Bool { network <= address && address <= last }
}
