// Two ids that are exchanged.
import ContainrOCI
import Testing

@testable import ContainrHost

@Suite("A user of a container and one of the host as each other") struct HostUserMapTests {
  @Test(
    "every id has one, two have each other's, and the kernel takes the ranges",
    arguments: [(0, 1000), (1000, 0), (1000, 1001), (5, 5), (0, 1), (70, 65536)] as [(UInt32, UInt32)])
  func exchange(a: UInt32, b: UInt32) {
    let ranges = HostUserMap.exchanging(a, b, below: 65537)
    #expect(IDMap.fault(in: ranges) == nil && ranges.count <= 6)
    for id in [0, 1, 4, 5, 69, 70, 71, 999, 1000, 1001, 1002, 65535, 65536] as [UInt32] {
      #expect(IDMap.host(id, in: ranges) == HostUserMap.exchanged(id, a, b), "\(id)")
    }
    #expect(IDMap.host(65537, in: ranges) == nil)
    #expect(IDMap.fault(in: HostUserMap.exchanging(a, b)) == nil)
    // 4294967295 is no id.
    #expect(IDMap.host(UInt32.max - 2, in: HostUserMap.exchanging(a, b)) == UInt32.max - 2)
  }
}
