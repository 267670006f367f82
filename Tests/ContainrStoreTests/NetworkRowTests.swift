// Leases of both families, networks of no stack, and the way there from a store that knew neither.
import ContainrSystem
import SystemPackage
import Testing

@testable import ContainrStore

/// A directory of its own, gone at the end.
private final class Place {
  let path: FilePath

  init() throws {
    path = FilePath("/tmp/containr-store6-\(UInt64.random(in: 0...UInt64.max))")
    try Kernel.makeDirectory(path, mode: 0o700)
  }

  deinit {
    do { try Kernel.removeTree(path) } catch { Issue.record("\(error)") }
  }
}

@Suite("Networks in the store")
struct NetworkRowTests {
  private func container(_ id: String, _ leases: [LeaseRecord]) -> ContainerRecord {
    ContainerRecord(
      id: id, stack: "a", service: "web", index: 1, stage: .running, fields: "", plan: "{}", bootID: "boot",
      createdAt: 9, leases: leases)
  }

  private func lease(_ address: String, _ address6: String) -> LeaseRecord {
    var lease = LeaseRecord(
      network: "n", key: "n", address: address, mac: "02:00:00:00:00:01", link: "v\(address)\(address6)",
      interface: "eth0")
    lease.address6 = address6
    lease.linkLocal = ["169.254.1.1", "fe80::1"]
    lease.priority = 5
    lease.gatewayPriority = -3
    return lease
  }

  private let stack = StackRecord(
    name: "a", file: "/srv/a.yaml", ownerUID: 0, bootID: "boot", createdAt: 5, linkGroup: 7)

  @Test("a lease has both families, one, or none; no address of a network is given twice")
  func leases() throws {
    let place = try Place()
    let store = try Store(directory: place.path)
    let rows = [
      container("a-1", [lease("10.0.0.2", "fd00::2")]), container("a-2", [lease("", "fd00::3")]),
      container("a-3", [lease("", "")]), container("a-4", [lease("", "")]),
    ]
    try store.write([.putStack(stack)] + rows.map { .putContainer($0) })
    #expect(try store.contents().containers.map(\.leases) == rows.map(\.leases))
    for taken in [lease("10.0.0.2", "fd00::9"), lease("10.0.0.9", "fd00::3")] {
      #expect(throws: StoreError.self) { try store.write([.putContainer(container("a-5", [taken]))]) }
    }
  }

  @Test("a network of no stack stays when all stacks have gone")
  func ofNobody() throws {
    let place = try Place()
    let store = try Store(directory: place.path)
    var network = NetworkRecord(
      name: "lan", key: "lan", stack: "", stage: .ready, bridge: "b0", subnet: "", gateway: "", isInternal: false,
      mtu: nil, fields: "")
    (network.subnet6, network.gateway6, network.createdAt) = ("fd00::/64", "fd00::1", 77)
    try store.write([.putStack(stack), .putNetwork(network)])
    try store.write([.removeStack("a")])
    #expect(try store.contents().networks == [network])
  }

  @Test("rows of before there was IPv6 are read as they are, and taken along when the store is written")
  func before() throws {
    let place = try Place()
    let path = place.path.appending(Store.fileName)
    do {
      let connection = try SQLiteConnection(path, mode: .readWrite)
      for step in StoreSchema.steps.prefix(7) { try connection.execute(step) }
      try connection.execute("PRAGMA user_version = 7")
      try connection.execute("INSERT INTO stacks VALUES('a', '/srv/a.yaml', 0, 'boot', 5, 7)")
      try connection.execute(
        "INSERT INTO containers(id, stack, service, number, stage, fields, plan, boot, created, layers) "
          + "VALUES('a-1', 'a', 'web', 1, 'running', '', '{}', 'boot', 9, '')")
      try connection.execute("INSERT INTO leases VALUES('a-1', 'n', 'k', '10.0.0.2', 'mac', 'v', 'eth0')")
      try connection.execute(
        "INSERT INTO networks VALUES('n', 'k', 'a', 'ready', 'b0', '10.0.0.0/24', '10.0.0.1', 0, NULL, '')")
    }
    let old = try Store.contents(directory: place.path)
    #expect(old.containers.first?.leases.first?.address == "10.0.0.2")
    #expect(old.containers.first?.leases.first?.address6.isEmpty == true)
    #expect(old.networks.first?.stack == "a" && old.networks.first?.subnet6.isEmpty == true)
    let store = try Store(directory: place.path)
    #expect(try store.contents() == old)
    try store.write([.removeStack("a")])
    #expect(try store.contents().networks.isEmpty, "the rows still belong to their stack")
  }
}
