// Leases addresses within one subnet: pure, deterministic. Who holds what is told by the caller.

/// One member that wants an address.
public struct AddressRequest: Sendable, Hashable {
  /// Who: unique within the network.
  public var key: String
  /// The address it must have, if any.
  public var fixed: IPv4Address?

  /// A request.
  public init(key: String, fixed: IPv4Address? = nil) {
    self.key = key
    self.fixed = fixed
  }
}

/// The addresses of one subnet.
public struct AddressAllocator: Sendable, Hashable {
  /// All addresses are inside.
  public let subnet: IPv4Prefix
  /// Never leased.
  public let gateway: IPv4Address
  /// Dynamic leases come from here; fixed ones from the whole subnet.
  public let range: IPv4Prefix
  private var taken: Set<IPv4Address>
  private let reserved: [IPv4Prefix]

  /// `used` is leased already; `reserved` is never leased without being asked for.
  public init(
    subnet: IPv4Prefix, gateway: IPv4Address? = nil, range: IPv4Prefix? = nil, used: some Sequence<IPv4Address> = [],
    reserved: [IPv4Prefix] = []
  ) {
    self.subnet = subnet
    self.gateway = gateway ?? subnet.gateway
    self.range = range ?? subnet
    self.reserved = reserved
    taken = Set(used)
  }

  /// Leases all, fixed ones first, the others in the order of their keys, each the lowest free address.
  public mutating func lease(_ requests: [AddressRequest]) throws(NetworkError) -> [String: IPv4Address] {
    var leases: [String: IPv4Address] = [:]
    let sorted = requests.sorted { $0.key < $1.key }
    for request in sorted {
      guard let fixed = request.fixed else { continue }
      try take(fixed, for: request.key)
      leases[request.key] = fixed
    }
    for request in sorted where request.fixed == nil { leases[request.key] = try lease(for: request.key) }
    return leases
  }

  /// Leases the lowest free address.
  public mutating func lease(for key: String) throws(NetworkError) -> IPv4Address {
    for value in range.first.value...range.last.value {
      let address = IPv4Address(value)
      if isHost(address), !taken.contains(address), !reserved.contains(where: { $0.contains(address) }) {
        taken.insert(address)
        return address
      }
    }
    throw .exhausted("no free address is left in \(range) for \(key)")
  }

  /// Gives an address back.
  public mutating func release(_ address: IPv4Address) { taken.remove(address) }

  private mutating func take(_ address: IPv4Address, for key: String) throws(NetworkError) {
    guard subnet.contains(address) else { throw .invalid("\(key) wants \(address), which is outside \(subnet)") }
    guard isHost(address) else {
      throw .invalid("\(key) wants \(address), which is the gateway, network or broadcast address of \(subnet)")
    }
    guard taken.insert(address).inserted else { throw .invalid("\(key) wants \(address), which is in use") }
  }

  private func isHost(_ address: IPv4Address) -> Bool {
    guard subnet.contains(address), address != gateway else { return false }
    return subnet.length >= 31 || (address != subnet.first && address != subnet.last)
  }
}
