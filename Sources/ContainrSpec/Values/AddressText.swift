// Addresses and subnets as they may be written in a file, and what is said of those that are not.
internal import ContainrAddresses

enum AddressText {
  /// An address of either family.
  static func any(_ text: String) throws(ValueProblem) -> IPAddress {
    text.contains(":") ? .v6(try ipv6(text)) : .v4(try ipv4(text))
  }

  /// A dotted quad.
  static func ipv4(_ text: String) throws(ValueProblem) -> IPv4Address {
    guard let address = IPv4Address(text) else {
      throw ValueProblem(
        .address, "\(DisplayText.quote(text)) is not an IPv4 address",
        label: text.contains(":") ? "this looks like IPv6" : nil, help: "write four numbers, such as 10.1.0.5")
    }
    return address
  }

  /// An IPv6 address (RFC 4291), optionally with a zone, or in the brackets of a URL; without both.
  static func ipv6(_ text: String) throws(ValueProblem) -> IPv6Address {
    var body = Substring(text)
    if body.first == "[", body.last == "]" { body = body.dropFirst().dropLast() }
    if let percent = body.firstIndex(of: "%"), body.index(after: percent) < body.endIndex { body = body[..<percent] }
    guard let address = IPv6Address(String(body)) else {
      throw ValueProblem(.address, "\(DisplayText.quote(text)) is not an IPv6 address", help: "such as fd00::5")
    }
    return address
  }

  /// A subnet of either family with room for a gateway and a member, as ADDRESS/PREFIX.
  static func subnet(_ text: String) throws(ValueProblem) -> IPPrefix {
    let isSix = text.contains(":")
    let parts = text.pieces("/")
    let address = try any(parts.first ?? "")
    let lengths = isSix ? 8...126 : 1...30
    guard parts.count == 2, parts[1].isDigits, let length = Int(parts[1]), lengths.contains(length),
      let subnet = IPPrefix(containing: address, length: length)
    else {
      throw ValueProblem(
        .address, "\(DisplayText.quote(text)) is not a subnet",
        label: "expected a prefix from /\(lengths.lowerBound) to /\(lengths.upperBound)",
        help: "write an address and the length of its prefix, such as \(isSix ? "fd00:1::/64" : "10.1.0.0/24")")
    }
    guard subnet.address == address else {
      throw ValueProblem(
        .address, "the subnet \(DisplayText.quote(text)) has bits set behind its prefix",
        help: "did you mean \(subnet)?")
    }
    return subnet
  }

  /// An address that counts on one link alone, in its short form.
  static func linkLocal(_ text: String) throws(ValueProblem) -> String {
    let address = try any(text)
    guard address.isLinkLocal else {
      throw ValueProblem(
        .address, "\(DisplayText.quote(text)) is not a link-local address",
        help: "such as 169.254.10.1 or fe80::10")
    }
    return address.description
  }

  /// Six pairs of hexadecimal digits.
  static func mac(_ text: String) throws(ValueProblem) {
    if MACAddress(text) == nil {
      throw ValueProblem(
        .address, "\(DisplayText.quote(text)) is not a MAC address", help: "write six pairs, such as 02:42:ac:11:00:03")
    }
  }
}
