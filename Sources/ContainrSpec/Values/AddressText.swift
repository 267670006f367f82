// IPv6 addresses, and what may be of either family. Only checked: this version gives out IPv4.

enum AddressText {
  /// An address of either family.
  static func any(_ text: String) throws(ValueProblem) {
    if text.contains(":") { try ipv6(text) } else { _ = try IPv4Address(text) }
  }

  /// The problem of an address that is right, but not of the family that this version gives out.
  static func notIPv4(_ text: String) -> ValueProblem {
    ValueProblem(
      .cannotHonour, "\(DisplayText.quote(text)) is of IPv6", label: "IPv6 is not available in this version",
      help: "name an IPv4 subnet")
  }

  /// A subnet of either family, as ADDRESS/PREFIX.
  static func subnet(_ text: String) throws(ValueProblem) {
    guard text.contains(":") else {
      _ = try IPv4Subnet(text)
      return
    }
    let parts = text.pieces("/")
    guard parts.count == 2, parts[1].isDigits, let prefix = Int(parts[1]), (1...128).contains(prefix) else {
      throw ValueProblem(
        .address, "\(DisplayText.quote(text)) is not a subnet",
        help: "write an address and its prefix, such as fd00::/64")
    }
    try ipv6(parts[0])
  }

  /// An IPv6 address (RFC 4291), optionally with a zone, or in the brackets of a URL.
  static func ipv6(_ text: String) throws(ValueProblem) {
    var body = Substring(text)
    if body.first == "[", body.last == "]" { body = body.dropFirst().dropLast() }
    if let percent = body.firstIndex(of: "%"), body.index(after: percent) < body.endIndex { body = body[..<percent] }
    guard isIPv6(body) else {
      throw ValueProblem(.address, "\(DisplayText.quote(text)) is not an IPv6 address", help: "such as fd00::5")
    }
  }

  private static func isIPv6(_ text: Substring) -> Bool {
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard (1...2).contains(halves.count) else { return false }
    var groups = 0
    for (index, half) in halves.enumerated() where !half.isEmpty {
      let parts = half.split(separator: ":", omittingEmptySubsequences: false)
      for (position, part) in parts.enumerated() {
        let isLast = index == halves.count - 1 && position == parts.count - 1
        if isLast, part.contains(".") {
          guard (try? IPv4Address(String(part))) != nil else { return false }
          groups += 2
        } else {
          guard (1...4).contains(part.utf8.count), part.unicodeScalars.allSatisfy(\.properties.isASCIIHexDigit) else {
            return false
          }
          groups += 1
        }
      }
    }
    return halves.count == 2 ? groups <= 7 : groups == 8
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
