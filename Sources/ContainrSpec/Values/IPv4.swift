// IPv4 addresses and subnets as numbers.

/// One IPv4 address.
struct IPv4Address: Hashable, Comparable {
  let bits: UInt32

  init(bits: UInt32) { self.bits = bits }

  init(_ text: String) throws(ValueProblem) {
    let parts = text.pieces(".")
    let numbers = parts.map { part in
      part.isDigits && part.utf8.count <= 3 && (part.count == 1 || part.first != "0") ? UInt32(part) ?? 256 : 256
    }
    guard numbers.count == 4, numbers.allSatisfy({ $0 <= 255 }) else {
      throw ValueProblem(
        .address, "\(DisplayText.quote(text)) is not an IPv4 address",
        label: text.contains(":") ? "this looks like IPv6" : nil, help: "write four numbers, such as 10.1.0.5")
    }
    bits = numbers.reduce(0) { $0 << 8 | $1 }
  }

  var text: String { [24, 16, 8, 0].map { String(bits >> UInt32($0) & 255) }.joined(separator: ".") }

  static func < (left: IPv4Address, right: IPv4Address) -> Bool { left.bits < right.bits }
}

/// One IPv4 subnet.
struct IPv4Subnet: Hashable {
  let network: IPv4Address
  let prefix: Int

  init(_ text: String) throws(ValueProblem) {
    let parts = text.pieces("/")
    let address = try IPv4Address(parts.first ?? "")
    guard parts.count == 2, parts[1].isDigits, let prefix = Int(parts[1]), (1...30).contains(prefix) else {
      throw ValueProblem(
        .address, "\(DisplayText.quote(text)) is not a subnet", label: "expected a prefix from /1 to /30",
        help: "write an address and the length of its prefix, such as 10.1.0.0/24")
    }
    let mask = UInt32.max << UInt32(32 - prefix)
    guard address.bits & ~mask == 0 else {
      let base = IPv4Address(bits: address.bits & mask).text
      throw ValueProblem(
        .address, "the subnet \(DisplayText.quote(text)) has bits set behind its prefix",
        help: "did you mean \(base)/\(prefix)?")
    }
    network = address
    self.prefix = prefix
  }

  var text: String { "\(network.text)/\(prefix)" }
  var broadcast: IPv4Address { IPv4Address(bits: network.bits | ~(UInt32.max << UInt32(32 - prefix))) }
  /// The address that the bridge takes if the file names none.
  var firstHost: IPv4Address { IPv4Address(bits: network.bits + 1) }

  func contains(_ address: IPv4Address) -> Bool { network <= address && address <= broadcast }

  func overlaps(_ other: IPv4Subnet) -> Bool { contains(other.network) || other.contains(network) }
}
