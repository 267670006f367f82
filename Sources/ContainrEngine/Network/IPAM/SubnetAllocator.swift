// Picks a subnet for a network: pure, deterministic, from a pool. What is in use is told by the caller.
public import ContainrAddresses

/// Chooses small subnets from a pool.
public struct SubnetAllocator: Sendable, Hashable {
  /// 10.89.0.0/16
  public static let standardPool = IPv4Prefix(masking: IPv4Address(10, 89, 0, 0), 16)
  /// Where subnets come from.
  public var pool: IPv4Prefix
  /// The length for networks of up to 60 members.
  public var smallLength: Int
  /// The length for networks of up to 250 members; more members get what they need.
  public var largeLength: Int

  /// A pool with its usual lengths.
  public init(
    pool: IPv4Prefix = SubnetAllocator.standardPool, smallLength: Int = 26, largeLength: Int = 24
  ) {
    self.pool = pool
    self.smallLength = smallLength
    self.largeLength = largeLength
  }

  /// The length that holds `members` beside network, gateway and broadcast.
  public func length(forMembers members: Int) -> Int {
    for length in [smallLength, largeLength] where members <= (1 << (32 - length)) - 4 { return length }
    var length = largeLength
    while length > 0, (1 << (32 - length)) - 3 < members { length -= 1 }
    return length
  }

  /// The first free subnet, starting at a place that the name decides, so that the same network gets the same
  /// subnet on every host that has it free. `avoiding` are routes, other stacks, whatever must not be shadowed.
  public func subnet(
    for name: String, members: Int = 0, avoiding: [IPv4Prefix]
  ) throws(NetworkError) -> IPv4Prefix {
    let length = length(forMembers: members)
    guard length >= pool.length, length <= 30 else {
      throw .exhausted("network \(name) with \(members) members needs a /\(length), the pool is only \(pool)")
    }
    let slots = 1 << (length - pool.length)
    let size = UInt32(1) << UInt32(32 - length)
    // A default route covers everything and says nothing about what is in use.
    let busy = avoiding.filter { $0.length > 0 && $0.overlaps(pool) }
    let start = Int(fnv1a(name) % UInt64(slots))
    for offset in 0..<slots {
      let slot = UInt32((start + offset) % slots)
      let candidate = IPv4Prefix(masking: IPv4Address(pool.address.value + slot * size), length)
      if !busy.contains(where: { $0.overlaps(candidate) }) { return candidate }
    }
    throw .exhausted("no free /\(length) is left in \(pool) for network \(name): \(busy.count) prefixes are in use")
  }
}

/// FNV-1a, 64 bits: the same in every process, which Swift's Hasher is not.
func fnv1a(_ text: String) -> UInt64 {
  text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}
