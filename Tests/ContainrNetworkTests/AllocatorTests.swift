// The allocators of subnets and addresses: pure.
import ContainrAddresses
import Testing

@testable import ContainrNetwork

@Suite("subnets and leases") struct AllocatorTests {
  @Test("the same name gets the same subnet, whatever was asked before")
  func deterministic() throws {
    let allocator = SubnetAllocator()
    let first = try allocator.subnet(for: "shop_default", avoiding: [])
    #expect(try allocator.subnet(for: "shop_default", avoiding: []) == first)
    #expect(first.length == 26)
    #expect(SubnetAllocator.standardPool.contains(first.address))
  }

  @Test("a subnet in use is stepped over, a default route is not in the way")
  func avoids() throws {
    let allocator = SubnetAllocator()
    let first = try allocator.subnet(for: "a", avoiding: [])
    let second = try allocator.subnet(for: "a", avoiding: [first, try #require(IPv4Prefix("0.0.0.0/0"))])
    #expect(!first.overlaps(second))
  }

  @Test("many members get a wider subnet")
  func widths() throws {
    let allocator = SubnetAllocator()
    #expect(allocator.length(forMembers: 60) == 26)
    #expect(allocator.length(forMembers: 61) == 24)
    #expect(allocator.length(forMembers: 252) == 24)
    #expect(allocator.length(forMembers: 254) == 23)
    #expect(try allocator.subnet(for: "x", members: 61, avoiding: []).length == 24)
  }

  @Test("an exhausted pool is an error that says so")
  func exhausted() throws {
    let allocator = SubnetAllocator(pool: try #require(IPv4Prefix("10.0.0.0/25")))
    let one = try allocator.subnet(for: "a", avoiding: [])
    let two = try allocator.subnet(for: "b", avoiding: [one])
    #expect(throws: NetworkError.self) { try allocator.subnet(for: "c", avoiding: [one, two]) }
    #expect(throws: NetworkError.self) { try allocator.subnet(for: "d", members: 500, avoiding: []) }
  }

  @Test("fixed addresses are leased first, then the lowest free ones by key")
  func leases() throws {
    var allocator = AddressAllocator(
      subnet: try #require(IPv4Prefix("10.89.0.0/26")), used: [IPv4Address(10, 89, 0, 3)],
      reserved: [try #require(IPv4Prefix("10.89.0.4/31"))])
    let leases = try allocator.lease([
      AddressRequest(key: "b"), AddressRequest(key: "a"), AddressRequest(key: "z", fixed: IPv4Address(10, 89, 0, 2)),
    ])
    #expect(leases["z"] == IPv4Address(10, 89, 0, 2))
    #expect(leases["a"] == IPv4Address(10, 89, 0, 6))
    #expect(leases["b"] == IPv4Address(10, 89, 0, 7))
  }

  @Test("a fixed address that is taken, outside, or the gateway is refused")
  func refusals() throws {
    let subnet = try #require(IPv4Prefix("10.89.0.0/26"))
    for bad in ["10.89.0.1", "10.89.0.0", "10.89.0.63", "10.90.0.2", "10.89.0.9"] {
      var allocator = AddressAllocator(subnet: subnet, used: [IPv4Address(10, 89, 0, 9)])
      #expect(throws: NetworkError.self) { try allocator.lease([AddressRequest(key: "x", fixed: IPv4Address(bad))]) }
    }
  }

  @Test("a full subnet is an error, and a released address comes back")
  func full() throws {
    var allocator = AddressAllocator(subnet: try #require(IPv4Prefix("10.89.0.0/30")))
    let only = try allocator.lease(for: "a")
    #expect(only == IPv4Address(10, 89, 0, 2))
    #expect(throws: NetworkError.self) { try allocator.lease(for: "b") }
    allocator.release(only)
    #expect(try allocator.lease(for: "b") == only)
  }

  @Test("addresses of IPv6 are leased as those of IPv4 are, from their range and past what others have")
  func leases6() throws {
    let subnet = try #require(IPv6Prefix("fd00:1::/64"))
    var allocator = AddressAllocator(subnet: subnet, used: [try #require(IPv6Address("fd00:1::3"))])
    let leases = try allocator.lease([
      AddressRequest(key: "a"), AddressRequest(key: "b"),
      AddressRequest(key: "c", fixed: IPv6Address("fd00:1::2")),
    ])
    #expect(leases.mapValues(\.description) == ["a": "fd00:1::4", "b": "fd00:1::5", "c": "fd00:1::2"])
    #expect(throws: NetworkError.self) {
      try allocator.lease([AddressRequest(key: "d", fixed: subnet.gateway)])
    }
    var narrow = AddressAllocator(
      subnet: subnet, range: IPv6Prefix("fd00:1::10/127"),
      reserved: [IPv6Prefix(masking: try #require(IPv6Address("fd00:1::10")))])
    #expect(try narrow.lease(for: "a").description == "fd00:1::11")
    #expect(throws: NetworkError.self) { try narrow.lease(for: "b") }
  }

  @Test("a stack has a /48 of its own, its networks a /64 each, and the same ones every time")
  func ula() throws {
    let site = ULAAllocator(site: "ctr shop")
    #expect(site.site.length == 48 && site.site.address.isUniqueLocal)
    #expect(ULAAllocator.standardPool.contains(site.site.address))
    #expect(ULAAllocator(site: "ctr shop") == site)
    #expect(ULAAllocator(site: "ctr other").site != site.site)
    let first = try site.subnet(for: "shop_default", avoiding: [])
    #expect(first.length == 64 && site.site.contains(first.address))
    #expect(try site.subnet(for: "shop_default", avoiding: []) == first)
    let second = try site.subnet(for: "shop_default", avoiding: [first])
    #expect(second != first && site.site.contains(second.address))
    // A default route covers everything, and says nothing about what is in use.
    #expect(try site.subnet(for: "shop_default", avoiding: [#require(IPv6Prefix("::/0"))]) == first)
    #expect(throws: NetworkError.self) { try site.subnet(for: "shop_default", avoiding: [site.site]) }
  }
}
