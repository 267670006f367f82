import ContainrSystem
import SystemPackage
import Testing

@testable import ContainrStore

/// A directory of its own, gone at the end.
private final class Place {
  let path: FilePath

  init() throws {
    path = FilePath("/tmp/containr-store-\(UInt64.random(in: 0...UInt64.max))")
    try Kernel.makeDirectory(path, mode: 0o700)
  }

  deinit {
    do { try Kernel.removeTree(path) } catch { Issue.record("\(error)") }
  }
}

private func stack(_ name: String, group: UInt32 = 7) -> StackRecord {
  StackRecord(name: name, file: "/srv/\(name).yaml", ownerUID: 0, bootID: "boot", createdAt: 5, linkGroup: group)
}

private func container(_ stack: String, _ service: String, address: String = "10.0.0.2") -> ContainerRecord {
  ContainerRecord(
    id: "\(stack)-\(service)-1", stack: stack, service: service, index: 1, stage: .creating, fields: "command\tx\n",
    plan: "{}", bootID: "boot", createdAt: 9,
    leases: [
      LeaseRecord(
        network: "n", key: "default", address: address, mac: "02:00:00:00:00:01", link: "v", interface: "eth0")
    ],
    ports: [PortRecord(key: "k", hostAddress: nil, hostPort: 80, containerPort: 8080, transport: "tcp")])
}

private func network(_ stack: String) -> NetworkRecord {
  NetworkRecord(
    name: "n", key: "default", stack: stack, stage: .creating, bridge: "b0", subnet: "10.0.0.0/24",
    gateway: "10.0.0.1", isInternal: true, mtu: nil, fields: "internal\ttrue\n")
}

@Suite("The store")
struct StoreTests {
  @Test("keeps slot and role, and which of two serves changes in one transaction")
  func roles() throws {
    let place = try Place()
    let store = try Store(directory: place.path)
    var new = container("a", "web", address: "10.0.0.3")
    new.id = "a-web-1.b"
    new.slot = 1
    new.role = .incoming
    try store.write([.putStack(stack("a")), .putContainer(container("a", "web")), .putContainer(new)])
    #expect(try store.contents().containers.map(\.role) == [.serving, .incoming])
    #expect(try store.contents().containers.map(\.slot) == [0, 1])
    try store.write([.setRole(container: "a-web-1", .outgoing), .setRole(container: "a-web-1.b", .serving)])
    #expect(try store.contents().containers.map(\.role) == [.outgoing, .serving])
  }

  @Test("room that was cut while it was kept is kept anew; what is whole stays as it is")
  func reserve() throws {
    let place = try Place()
    let path = place.path.appending("containr.db-reserve")
    Store.makeReserve(directory: place.path)
    let whole = try Kernel.status(of: path)
    #expect(whole.size == 1 << 20)
    Store.makeReserve(directory: place.path)
    #expect(try Kernel.status(of: path).changed == whole.changed)
    let file = try Kernel.open(path, .writeOnly)
    try Kernel.truncate(file.raw, to: 4096)
    Store.makeReserve(directory: place.path)
    #expect(try Kernel.status(of: path).size == 1 << 20)
    #expect(Store.releaseReserve(directory: place.path) && !Store.releaseReserve(directory: place.path))
  }

  @Test("reads rows of before there were slots without touching them")
  func beforeSlots() throws {
    let place = try Place()
    do {
      let connection = try SQLiteConnection(place.path.appending(Store.fileName), mode: .readWrite)
      try connection.execute(StoreSchema.steps[0])
      try connection.execute("PRAGMA user_version = 1")
      try connection.execute("INSERT INTO stacks VALUES('a', '/srv/a.yaml', 0, 'boot', 5, 7)")
      try connection.execute(
        "INSERT INTO containers VALUES('a-web-1', 'a', 'web', 1, 'running', '', '{}', 'boot', 9, '')")
    }
    let row = try #require(try Store.contents(directory: place.path).containers.first)
    #expect(row.slot == 0 && row.role == .serving)
    // The next writer brings the schema up to date and loses nothing.
    let store = try Store(directory: place.path)
    #expect(try store.contents().containers == [row])
  }

  @Test("its file is its owner's alone, also one that was not, and what SQLite puts beside it")
  func modes() throws {
    let place = try Place()
    let file = place.path.appending(Store.fileName)
    try Kernel.replace(file, with: [], mode: 0o644)
    let store = try Store(directory: place.path)
    try store.write([.putStack(stack("a"))])
    for suffix in ["", "-wal", "-shm"] {
      #expect(try Kernel.status(of: FilePath(file.string + suffix)).mode & 0o777 == 0o600, "\(suffix)")
    }
    store.close()
  }

  @Test("a checkpoint empties the log while another connection has the file open, and leaves nothing out")
  func checkpoint() throws {
    let place = try Place()
    let log = FilePath(place.path.appending(Store.fileName).string + "-wal")
    let store = try Store(directory: place.path)
    let other = try Store(directory: place.path)
    try store.write([.putStack(stack("a"))])
    #expect(try Kernel.status(of: log).size > 0)
    try store.checkpoint()
    #expect(try Kernel.status(of: log).size == 0)
    #expect(try other.contents().stacks.map(\.name) == ["a"])
    store.close()
    try store.checkpoint()  // closed: nothing
    #expect(try Store.contents(directory: place.path).stacks.count == 1)
    other.close()
  }

  @Test("gives back what was written, leases and ports included")
  func roundTrip() throws {
    let place = try Place()
    let store = try Store(directory: place.path)
    let volume = VolumeRecord(
      name: "a_data", key: "data", stack: "a", createdAt: 3, fields: "driver_opts.type\ttmpfs\n", place: "a-web-1")
    let uses = [VolumeUse(key: "data", name: "a_data"), VolumeUse(key: "", name: "a-web-1.v")]
    let given = ContentRecord(target: "/run/secrets/t", kind: "secret", digest: "ab", stamp: "1 2 3 4.5")
    let sysctl = SysctlRecord(path: "/proc/sys/x", oldValue: "0", writtenValue: "1")
    try store.write(
      [
        .putStack(stack("a")), .putNetwork(network("a")), .putContainer(container("a", "web")), .putVolume(volume),
        .putSysctl(sysctl), .setLayers(container: "a-web-1", ["sha256:1", "sha256:2"]),
        .setContents(container: "a-web-1", [ContentRecord(target: "/old", kind: "mount", digest: "x", stamp: "")]),
        .setContents(container: "a-web-1", [given]), .setVolumes(container: "a-web-1", uses),
        .setImage(container: "a-web-1", digest: "sha256:3", merged: "{}"),
      ], durable: true)
    var web = container("a", "web")
    (web.volumes, web.image, web.merged) = (uses, "sha256:3", "{}")
    web.contents = [given]
    web.layers = ["sha256:1", "sha256:2"]
    let contents = try store.contents()
    #expect(contents.stacks == [stack("a")])
    #expect(contents.containers == [web])
    #expect(contents.networks == [network("a")])
    #expect(contents.volumes == [volume])
    #expect(contents.sysctls == [sysctl])
    #expect(try Store.contents(directory: place.path) == contents)
    // A row that is written again keeps its files, as its leases.
    try store.write([.putContainer(web)])
    #expect(try store.contents().containers == [web])
    try store.write([.removeContainer("a-web-1"), .putContainer(container("a", "web"))])
    #expect(try store.contents().containers[0].contents.isEmpty)
  }

  @Test("is empty where no store is, and reading makes none")
  func absent() throws {
    let place = try Place()
    #expect(try Store.contents(directory: place.path).isEmpty)
    #expect(try Store.contents(directory: place.path.appending("nowhere")).isEmpty)
    #expect(try Kernel.names(inDirectory: place.path).isEmpty)
  }

  @Test("leaves one plain file when closed, which can be read without writing beside it")
  func plainFile() throws {
    let place = try Place()
    let store = try Store(directory: place.path)
    try store.write([.putStack(stack("a"))])
    store.close()
    #expect(try Kernel.names(inDirectory: place.path) == [Store.fileName])
    #expect(try Store.contents(directory: place.path).stacks.count == 1)
    #expect(try Kernel.names(inDirectory: place.path) == [Store.fileName])
    #expect(throws: StoreError.self) { try store.contents() }
  }

  @Test("does all writes of a call or none")
  func atomic() throws {
    let place = try Place()
    let store = try Store(directory: place.path)
    try store.write([.putStack(stack("a"))])
    // A container of a stack that is not there breaks the second write.
    #expect(throws: StoreError.self) {
      try store.write([.putContainer(container("a", "web")), .putContainer(container("b", "web"))])
    }
    #expect(try store.contents().containers.isEmpty)
  }

  @Test("refuses an address that is leased already")
  func lease() throws {
    let place = try Place()
    let store = try Store(directory: place.path)
    try store.write([.putStack(stack("a")), .putContainer(container("a", "web"))])
    do {
      try store.write([.putContainer(container("a", "db"))])
      Issue.record("the same address was leased twice")
    } catch { #expect(error.kind == .conflict) }
  }

  @Test("takes everything of a stack along but its volumes")
  func cascade() throws {
    let place = try Place()
    let store = try Store(directory: place.path)
    try store.write([
      .putStack(stack("a")), .putNetwork(network("a")), .putContainer(container("a", "web")),
      .putVolume(VolumeRecord(name: "a_data", key: "data", stack: "a", createdAt: 3)),
    ])
    try store.write([.putStack(stack("a"))])
    #expect(try store.contents().containers.count == 1, "writing a stack again does not remove what it has")
    try store.write([.removeStack("a")])
    let contents = try store.contents()
    #expect(contents.containers.isEmpty && contents.networks.isEmpty && contents.volumes.count == 1)
    #expect(try !Store.hasStacks(directory: place.path))
  }

  @Test("keeps the first value of a kernel setting: the host's own")
  func sysctl() throws {
    let place = try Place()
    let store = try Store(directory: place.path)
    for old in ["0", "1"] {
      try store.write([.putSysctl(SysctlRecord(path: "/p", oldValue: old, writtenValue: "1"))])
    }
    #expect(try store.contents().sysctls.map(\.oldValue) == ["0"])
  }

  @Test("changes stages and plans of one row")
  func updates() throws {
    let place = try Place()
    let store = try Store(directory: place.path)
    try store.write([.putStack(stack("a")), .putContainer(container("a", "web")), .putNetwork(network("a"))])
    try store.write([
      .setStage(container: "a-web-1", .running), .setPlan(container: "a-web-1", fields: "f", plan: "p"),
      .setNetworkStage(name: "n", .ready),
    ])
    let contents = try store.contents()
    #expect(contents.containers[0].stage == .running)
    #expect(contents.containers[0].fields == "f" && contents.containers[0].plan == "p")
    #expect(contents.containers[0].leases.count == 1)
    #expect(contents.networks[0].stage == .ready)
  }

  @Test("can be read by others while it is open")
  func readers() throws {
    let place = try Place()
    let store = try Store(directory: place.path)
    try store.write([.putStack(stack("a"))])
    #expect(try Store.contents(directory: place.path).stacks.map(\.name) == ["a"])
    let second = try Store(directory: place.path)
    try second.write([.putStack(stack("b", group: 8))])
    #expect(try store.contents().stacks.map(\.name) == ["a", "b"])
  }

  @Test("names a file that is no database")
  func corrupt() throws {
    let place = try Place()
    try Kernel.replace(
      place.path.appending(Store.fileName), with: Array(String(repeating: "no database ", count: 99).utf8))
    do {
      _ = try Store.contents(directory: place.path)
      Issue.record("read")
    } catch { #expect(error.kind == .corrupt && error.path.lastComponent?.string == Store.fileName) }
  }

  @Test("opened by many at once is migrated once")
  func concurrentOpen() async throws {
    let place = try Place()
    let path = place.path
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<8 {
        group.addTask {
          let store = try Store(directory: path)
          try store.write([.putStack(stack("s\(index)", group: UInt32(index + 1)))])
        }
      }
      try await group.waitForAll()
    }
    #expect(try Store.contents(directory: path).stacks.count == 8)
    // As one that was killed while it made a database leaves it.
    try Kernel.replace(path.appending(Store.fileName + "-journal"), with: [0])
    try Store.remove(directory: path)
    #expect(try Kernel.names(inDirectory: path).isEmpty)
  }
}
