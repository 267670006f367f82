// Leases addresses within one subnet: pure, deterministic. Who holds what is told by the caller.
public import ContainrAddresses

/// One member that wants an address.
public struct AddressRequest<Address: IPHostAddress>: Sendable, Hashable {
  /// Who: unique within the network.
  public var key: String
  /// The address it must have, if any.
  public var fixed: Address?

  /// A request.
  public init(key: String, fixed: Address? = nil) {
    self.key = key
    self.fixed = fixed
  }
}

/// The addresses of one subnet.
public struct AddressAllocator<Network: IPNetwork>: Sendable, Hashable {
  /// What is leased.
  public typealias Address = Network.Address
  /// All addresses are inside.
  public let subnet: Network
  /// Never leased.
  public let gateway: Address
  /// Dynamic leases come from here; fixed ones from the whole subnet.
  public let range: Network
  private var taken: Set<Address>
  private let reserved: [Network]

  /// `used` is leased already; `reserved` is never leased without being asked for.
  public init(
    subnet: Network, gateway: Address? = nil, range: Network? = nil, used: [Address] = [],
    reserved: [Network] = []
  ) {
    self.subnet = subnet
    self.gateway = gateway ?? subnet.gateway
    self.range = range ?? subnet
    self.reserved = reserved
    taken = Set(used)
  }

  /// Leases all, fixed ones first, the others in the order of their keys, each the lowest free address.
  public mutating func lease(_ requests: [AddressRequest<Address>]) throws(NetworkError) -> [String: Address] {
    var leases: [String: Address] = [:]
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
  public mutating func lease(for key: String) throws(NetworkError) -> Address {
    var value = range.first.value
    while value <= range.last.value {
      let address = Address(value)
      if isHost(address), !taken.contains(address), !reserved.contains(where: { $0.contains(address) }) {
        taken.insert(address)
        return address
      }
      // The last address of all has no next one.
      if value == .max { break }
      value += 1
    }
    throw .exhausted("no free address is left in \(range) for \(key)")
  }

  /// Gives an address back.
  public mutating func release(_ address: Address) { taken.remove(address) }

  private mutating func take(_ address: Address, for key: String) throws(NetworkError) {
    guard subnet.contains(address) else { throw .invalid("\(key) wants \(address), which is outside \(subnet)") }
    guard isHost(address) else {
      throw .invalid("\(key) wants \(address), which is the gateway, network or broadcast address of \(subnet)")
    }
    guard taken.insert(address).inserted else { throw .invalid("\(key) wants \(address), which is in use") }
  }

  private func isHost(_ address: Address) -> Bool { address != gateway && subnet.isHost(address) }
}
