// Picks an IPv6 subnet for a network: pure, deterministic. What is in use is told by the caller.
public import ContainrAddresses

/// Chooses /64 networks out of unique local addresses (RFC 4193).
public struct ULAAllocator: Sendable, Hashable {
  /// fd00::/8: what a site may give itself.
  public static let standardPool = IPv6Prefix(masking: IPv6Address(0xfd << 120), 8)
  /// The stack's own /48: its global id comes of a hash of its name instead of at random, so that the same stack has the
  /// same addresses everywhere. What leaves the host does so under the host's address.
  public let site: IPv6Prefix

  /// Of a stack, or of whatever has a name.
  public init(site name: String) {
    let id = UInt128(fnv1a(name) >> 24)
    site = IPv6Prefix(masking: IPv6Address(Self.standardPool.address.value | id << 80), 48)
  }

  /// The first free /64 of the site, starting at a place that the name decides.
  public func subnet(for name: String, avoiding busy: [IPv6Prefix]) throws(NetworkError) -> IPv6Prefix {
    let near = busy.filter { $0.length > 0 && $0.overlaps(site) }
    let start = UInt128(fnv1a(name) & 0xffff)
    for offset in 0..<UInt128(0x10000) {
      guard let candidate = site.subnet((start + offset) & 0xffff, length: 64) else { continue }
      if !near.contains(where: { $0.overlaps(candidate) }) { return candidate }
    }
    throw .exhausted("no free /64 is left in \(site) for network \(name)")
  }
}
