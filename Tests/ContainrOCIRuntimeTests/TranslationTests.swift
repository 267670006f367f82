// config.json's mounts as steps. Pure but for a root directory that has to exist.
import ContainrCgroups
import ContainrNamespaces
import ContainrOCI
@testable import ContainrOCIRuntime
import ContainrRootfs
import SystemPackage
import Testing

@Suite("A bundle's mounts")
struct BundleMountTests {
  private func steps(
    _ mounts: [OCIMount], userNamespace: Bool = false, _ change: (inout RuntimeSpec) -> Void = { _ in }
  ) throws -> [String] {
    var spec = RuntimeSpec(process: OCIProcess(args: ["a"]), root: OCIRoot(path: "/"))
    spec.mounts = mounts
    change(&spec)
    return try MountTranslation(
      spec, bundle: "/bundle", layout: .hybrid, own: userNamespace ? [.mount, .user] : [.mount], joined: []
    ).steps.map(\.description)
  }

  @Test("Mounts come in their order, then devices and links, masks, read-only paths, the read-only root")
  func order() throws {
    let all = try steps([
      OCIMount(destination: "/proc", type: "proc", source: "proc"),
      OCIMount(destination: "/data", type: "bind", source: "data", options: ["rbind", "ro"]),
    ]) { spec in
      spec.linux.maskedPaths = ["/proc/kcore"]
      spec.linux.readonlyPaths = ["/proc/sys"]
      spec.root.readonly = true
      spec.linux.devices = [OCIDevice(path: "/dev/fuse", type: "c", major: 10, minor: 229)]
    }
    #expect(all[0...2] == ["directory /", "mount proc proc /proc -", "rbind /bundle/data /data ro"])
    #expect(all[3].hasPrefix("nodes /dev/null c 1:3"))
    #expect(
      all[4...] == ["links /dev", "nodes /dev/fuse c 10:229", "mask /proc/kcore", "read-only /proc/sys", "read-only /"])
  }

  @Test("A /dev of the host gets no nodes of ours")
  func hostsDev() throws {
    let all = try steps([OCIMount(destination: "/dev", type: "bind", source: "/dev", options: ["rbind"])])
    #expect(all == ["directory /", "rbind /dev /dev -"])
  }

  @Test("In a user namespace what only the owner of a namespace can mount is the host's")
  func bound() throws {
    let all = try steps(
      [OCIMount(destination: "/sys", type: "sysfs", source: "sysfs", options: ["ro"])], userNamespace: true)
    #expect(all[1] == "rbind /sys /sys ro,r:ro")
  }

  @Test(
    "Nothing may stand in for procfs, and a destination cannot climb",
    arguments: [
      (OCIMount(destination: "/proc/sys", type: "tmpfs", source: "tmpfs"), "inside /proc"),
      (OCIMount(destination: "/x/../proc", type: "tmpfs", source: "tmpfs"), "inside /proc"),
      (OCIMount(destination: "/proc", type: "bind", source: "/tmp"), "inside /proc"),
      (OCIMount(destination: "/", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]), "hide the root"),
      (OCIMount(destination: "/a", type: "", source: ""), "needs a type"),
      (OCIMount(destination: "/a", type: "bind", source: ""), "needs a source"),
      (OCIMount(destination: "/a", type: "bind", source: "/tmp", options: ["idmap"]), "or a user namespace"),
    ])
  func refused(mount: OCIMount, reason: String) throws {
    let error = #expect(throws: RuntimeFailure.self) { try steps([mount]) }
    #expect(error?.description.contains(reason) == true)
  }

  @Test("lxcfs may put its files over those of /proc")
  func lxcfs() throws {
    let all = try steps([OCIMount(destination: "/proc/meminfo", type: "bind", source: "/tmp/x", options: ["bind"])])
    #expect(all[1] == "bind /tmp/x /proc/meminfo -")
  }
}
