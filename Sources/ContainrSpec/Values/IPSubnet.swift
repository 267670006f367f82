// Addresses and subnets of either family, for the checks that are the same in both.

/// The family of an address.
enum IPVersion: String { case four = "IPv4", six = "IPv6" }

/// One address of either family.
enum IPAddress: Hashable {
  case four(IPv4Address)
  case six(IPv6Address)

  init(_ text: String) throws(ValueProblem) {
    self = text.contains(":") ? .six(try IPv6Address(text)) : .four(try IPv4Address(text))
  }

  var version: IPVersion {
    switch self {
    case .four: .four
    case .six: .six
    }
  }

  var text: String {
    switch self {
    case .four(let address): address.text
    case .six(let address): address.text
    }
  }
}

/// One subnet of either family.
enum IPSubnet: Hashable {
  case four(IPv4Subnet)
  case six(IPv6Subnet)

  init(_ text: String) throws(ValueProblem) {
    self = text.contains(":") ? .six(try IPv6Subnet(text)) : .four(try IPv4Subnet(text))
  }

  var version: IPVersion {
    switch self {
    case .four: .four
    case .six: .six
    }
  }

  var text: String {
    switch self {
    case .four(let subnet): subnet.text
    case .six(let subnet): subnet.text
    }
  }

  var prefix: Int {
    switch self {
    case .four(let subnet): subnet.prefix
    case .six(let subnet): subnet.prefix
    }
  }

  /// The subnet's own address.
  var network: IPAddress {
    switch self {
    case .four(let subnet): .four(subnet.network)
    case .six(let subnet): .six(subnet.network)
    }
  }

  /// The address that the bridge takes if the file names none.
  var firstHost: IPAddress {
    switch self {
    case .four(let subnet): .four(subnet.firstHost)
    case .six(let subnet): .six(subnet.firstHost)
    }
  }

  func contains(_ address: IPAddress) -> Bool {
    switch (self, address) {
    case (.four(let subnet), .four(let address)): subnet.contains(address)
    case (.six(let subnet), .six(let address)): subnet.contains(address)
    default: false
    }
  }

  /// Whether a container or the bridge may have it.
  func isHost(_ address: IPAddress) -> Bool {
    switch (self, address) {
    case (.four(let subnet), .four(let address)):
      subnet.contains(address) && address != subnet.network && address != subnet.broadcast
    case (.six(let subnet), .six(let address)): subnet.contains(address) && address != subnet.network
    default: false
    }
  }

  func overlaps(_ other: IPSubnet) -> Bool { contains(other.network) || other.contains(network) }
}
