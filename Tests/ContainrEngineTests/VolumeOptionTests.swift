import ContainrHost
import ContainrOCI
import ContainrReconcile
import ContainrSpec
import ContainrStore
import SystemPackage
import Testing

@testable import ContainrEngine

@Suite("Options of volumes")
struct VolumeOptionTests {
  private func local(_ values: [String: String]) throws -> LocalVolume? {
    try LocalVolume(values.sorted { $0.key < $1.key }.map { EnvironmentPlan(name: $0.key, value: $0.value) })
  }

  private func words(_ values: [String: String]) throws -> String {
    let volume = try #require(try local(values))
    let mount = try VolumeGiver.request(volume, on: "/v/_data") { "192.0.2.\($0.utf8.count)" }
    return "\(mount.type) \(mount.source) \(mount.options.joined(separator: ","))"
  }

  @Test("go to the kernel as mount(8) takes them; only names of servers become addresses")
  func options() throws {
    #expect(
      try words(["type": "nfs", "o": "addr=nas,rw,nfsvers=4", "device": ":/export"])
        == "nfs :/export addr=192.0.2.3,rw,nfsvers=4")
    #expect(try words(["type": "tmpfs", "device": "tmpfs", "o": "size=1m, uid=3"]) == "tmpfs tmpfs size=1m,uid=3")
    #expect(try words(["type": "ext4", "device": "/dev/sdb1", "o": "addr=x"]) == "ext4 /dev/sdb1 addr=x")
    #expect(
      try words(["type": "cifs", "device": "//s/x", "o": "addr=ab,username=u"])
        == "cifs //s/x addr=192.0.2.2,username=u")
  }

  @Test("an address of this host is found by the host's own resolver, an unknown name is said")
  func resolver() throws {
    #expect(try HostAddress.resolve("192.0.2.7") == "192.0.2.7")
    #expect(try ["127.0.0.1", "::1"].contains(HostAddress.resolve("localhost")))
    #expect(throws: HostAddress.Unknown.self) { try HostAddress.resolve("nowhere.invalid") }
  }

  @Test("a volume without a name is there again in the next life of its container, and not for one that comes later")
  func inherited() {
    let one = ContainerName(stack: "s", service: "web", index: 1)
    let name = VolumeGiver.anonymousName(one)
    #expect(name.hasPrefix("s-web-1.") && name.count == "s-web-1.".count + 12)
    #expect(name != VolumeGiver.anonymousName(one))
    var contents = StoreContents()
    contents.volumes = [
      VolumeRecord(name: "s-web-1.old", key: "/data", stack: "s", createdAt: 1, place: "s-web-1"),
      VolumeRecord(name: "s-web-1.now", key: "/data", stack: "s", createdAt: 2, place: "s-web-1"),
    ]
    #expect(VolumeGiver.inherited(one, target: "/data", contents) == nil, "no container has one")
    var container = ContainerRecord(
      id: "s-web-1", stack: "s", service: "web", index: 1, stage: .running, fields: "", plan: "", bootID: "b",
      createdAt: 1)
    container.volumes = [VolumeUse(key: "", name: "s-web-1.now")]
    contents.containers = [container]
    #expect(VolumeGiver.inherited(one, target: "/data", contents) == "s-web-1.now")
    #expect(VolumeGiver.inherited(one.other, target: "/data", contents) == "s-web-1.now", "it takes over from it")
    #expect(VolumeGiver.inherited(one, target: "/other", contents) == nil)
    let two = ContainerName(stack: "s", service: "web", index: 2)
    #expect(VolumeGiver.inherited(two, target: "/data", contents) == nil)
  }
}

@Suite("Snapshots of volumes")
struct VolumeSnapshotTests {
  @Test("the last one is the one that was made last, also of several in one second")
  func order() {
    let times = ["20261126T131500Z", "20261126T131500Z-2", "20261126T131500Z-10", "20261126T131501Z"]
    let all = times.shuffled().map { VolumeSnapshot(volume: "v", time: $0, size: 1) }
    #expect(all.sorted(by: VolumeSnapshot.precedes).map(\.time) == times)
    let other = VolumeSnapshot(volume: "a", time: times[3], size: 1)
    #expect((all + [other]).sorted(by: VolumeSnapshot.precedes).first == other)
  }
}
