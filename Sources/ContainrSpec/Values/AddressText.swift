// Addresses as texts: what may be of either family, and hardware addresses. Only checked.

enum AddressText {
  /// An address of either family.
  static func any(_ text: String) throws(ValueProblem) {
    if text.contains(":") { try ipv6(text) } else { _ = try IPv4Address(text) }
  }

  /// A subnet of either family, as ADDRESS/PREFIX.
  static func subnet(_ text: String) throws(ValueProblem) { _ = try IPSubnet(text) }

  /// An address that counts on one link alone, in its short form.
  static func linkLocal(_ text: String) throws(ValueProblem) -> String {
    let address = try IPAddress(text)
    let fits =
      switch address {
      case .four(let address): address.bits >> 16 == 0xa9fe
      case .six(let address): address.bits >> 118 == 0x3fa
      }
    guard fits else {
      throw ValueProblem(
        .address, "\(DisplayText.quote(text)) is not a link-local address",
        help: "such as 169.254.10.1 or fe80::10")
    }
    return address.text
  }

  /// An IPv6 address (RFC 4291), optionally with a zone, or in the brackets of a URL.
  static func ipv6(_ text: String) throws(ValueProblem) { _ = try address6(text) }

  /// The same without brackets and zone.
  static func address6(_ text: String) throws(ValueProblem) -> IPv6Address {
    var body = Substring(text)
    if body.first == "[", body.last == "]" { body = body.dropFirst().dropLast() }
    if let percent = body.firstIndex(of: "%"), body.index(after: percent) < body.endIndex { body = body[..<percent] }
    guard let address = IPv6Address(body) else {
      throw ValueProblem(.address, "\(DisplayText.quote(text)) is not an IPv6 address", help: "such as fd00::5")
    }
    return address
  }

  /// Six pairs of hexadecimal digits.
  static func mac(_ text: String) throws(ValueProblem) {
    let separator: Character = text.contains("-") ? "-" : ":"
    let parts = text.split(separator: separator, omittingEmptySubsequences: false)
    let isFine =
      parts.count == 6
      && parts.allSatisfy { $0.utf8.count == 2 && $0.unicodeScalars.allSatisfy(\.properties.isASCIIHexDigit) }
    guard isFine else {
      throw ValueProblem(
        .address, "\(DisplayText.quote(text)) is not a MAC address", help: "write six pairs, such as 02:42:ac:11:00:03")
    }
  }
}
