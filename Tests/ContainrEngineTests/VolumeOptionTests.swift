import ContainrHost
import ContainrOCI
import ContainrReconcile
import ContainrSpec
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

  @Test("volumes without names have the same name in each life of a container, and another one for each place and path")
  func names() {
    let one = ContainerName(stack: "s", service: "web", index: 1)
    let name = VolumeGiver.anonymousName(one, target: "/data")
    #expect(name == VolumeGiver.anonymousName(one.other, target: "/data") && name.hasPrefix("s-web-1."))
    let others = [
      VolumeGiver.anonymousName(ContainerName(stack: "s", service: "web", index: 2), target: "/data"),
      VolumeGiver.anonymousName(one, target: "/other"),
    ]
    #expect(Set(others + [name]).count == 3)
  }
}
