// Which mounts a container gets, in which order: as text.
import ContainrOCI
import Testing

@testable import ContainrRootfs

@Suite("The mount steps")
struct MountPlanTests {
  private var spec: RuntimeSpec {
    var spec = RuntimeSpec(process: OCIProcess(args: ["true"]), root: OCIRoot(path: "/state/root"))
    spec.linux.namespaces = OCINamespace.Kind.allCases.map { OCINamespace($0) }
    return spec
  }

  private func plan(_ spec: RuntimeSpec, cgroups: CgroupView = .hidden) throws -> [String] {
    try MountPlan(
      spec: spec, layers: RootLayers(lowers: ["/base", "/site"], upper: "/up", work: "/work"), initLayer: "/init",
      files: [ProvidedFile(source: "/run/x/hosts", target: "/etc/hosts")], cgroups: cgroups
    ).steps.map(\.description)
  }

  @Test("with a label, everything that is made is made after it is said")
  func label() throws {
    var spec = RuntimeSpec(process: OCIProcess(args: ["sh"]), root: OCIRoot(path: "/r"))
    spec.linux.mountLabel = "u:object_r:t:s0:c1,c2"
    let steps = try MountPlan(spec: spec, layers: nil, initLayer: nil, files: [], cgroups: .hidden).steps
    #expect(steps.first?.description == "label u:object_r:t:s0:c1,c2")
    #expect(steps.count(where: { $0.description.hasPrefix("label") }) == 1)
  }

  @Test("Where the kernel cannot make it, the root and the layers of images are a server's; never with ids of its own")
  func served() throws {
    var spec = RuntimeSpec(process: OCIProcess(args: ["sh"]), root: OCIRoot(path: "/r"))
    var image = OCIMount(destination: "/image", type: "layers", source: "", options: [])
    image.layers = ["/a", "/b"]
    image.subpath = "etc"
    spec.mounts = [image]
    var layers = RootLayers(lowers: ["/base", "/site"], upper: "/up", work: "/work")
    layers.isServed = true
    func steps() throws -> [MountStep] {
      try MountPlan(spec: spec, layers: layers, initLayer: "/init", files: [], cgroups: .hidden).steps
    }
    let served = try steps().filter { $0.isHostsWork(inUserNamespace: false) }
    #expect(
      served.map(\.description) == [
        "served /init:/site:/base upper=/up work=/work at /r", "served /b:/a upper=- work=- // etc /image",
      ])
    spec.linux.namespaces = OCINamespace.Kind.allCases.map { OCINamespace($0) }
    #expect(throws: MountPlanError.self) { try steps() }
  }

  @Test("A server is told its layers as its options are read, and a path that it would misread is refused")
  func serverWords() throws {
    func words(_ lowers: [String], _ upper: String?, keepsACLs: Bool = true) throws -> [String] {
      try ServedOverlay(
        lowers: lowers, upper: upper, work: upper.map { $0 + "w" }, place: .target("/x", subpath: nil)
      ).arguments(device: 3, program: "s", stays: upper != nil, keepsACLs: keepsACLs)
    }
    #expect(try words(["/b", "/a"], nil) == ["s", "-o", "lowerdir=/b:/a", "/dev/fd/3"])
    #expect(
      try words(["/a,b"], "/u\\v") == [
        "s", "-f", "-o", "lowerdir=/a\\,b,upperdir=/u\\\\v,workdir=/u\\\\vw", "/dev/fd/3",
      ])
    #expect(try words(["/a"], nil, keepsACLs: false) == ["s", "-o", "lowerdir=/a,noacl", "/dev/fd/3"])
    #expect(throws: ServedOverlayError.self) { try words(["/a:b"], nil) }
  }

  @Test("A container has the init layer on top, /dev first, then the system's mounts, files, volumes, masks")
  func whole() throws {
    var spec = spec
    spec.root.readonly = true
    spec.mounts = [
      OCIMount(destination: "/data//x/", type: "bind", source: "/host/data", options: ["rbind", "ro"]),
      OCIMount(destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["size=64m", "mode=1777", "noexec"]),
    ]
    spec.linux.maskedPaths = ["/proc/kcore"]
    spec.linux.readonlyPaths = ["/proc/sys"]
    #expect(
      try plan(spec, cgroups: .unified) == [
        "overlay /init:/site:/base upper=/up work=/work at /state/root idmapped",
        "devices /dev",
        "mount proc /proc nosuid,nodev,noexec",
        "mount sysfs /sys ro,nosuid,nodev,noexec",
        "mount devpts /dev/pts nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5",
        "mount tmpfs /dev/shm nosuid,nodev,noexec,mode=1777,size=67108864",
        "mount mqueue /dev/mqueue nosuid,nodev,noexec",
        "mount cgroup2 /sys/fs/cgroup ro,nosuid,nodev,noexec",
        "bind /run/x/hosts /etc/hosts nosuid,nodev privately",
        "rbind /host/data /data/x ro privately",
        "mount tmpfs /tmp noexec,size=64m,mode=1777",
        "mask /proc/kcore",
        "read-only /proc/sys",
        "read-only /",
      ])
  }

  @Test("A volume at a system mount's place takes that place")
  func replaced() throws {
    var spec = spec
    spec.mounts = [
      OCIMount(destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["size=1m"]),
      OCIMount(destination: "/etc/hosts", type: "bind", source: "/mine", options: []),
    ]
    let steps = try plan(spec)
    #expect(steps.filter { $0.contains("/dev/shm") } == ["mount tmpfs /dev/shm size=1m"])
    #expect(steps.filter { $0.contains("/etc/hosts") } == ["bind /mine /etc/hosts - privately"])
  }

  @Test("Layers that are no root are mounted at a path, the highest first, with the container's ids if it has its own")
  func layers() throws {
    var spec = spec
    var image = OCIMount(destination: "/i/", type: "image", source: "demo:1")
    image.layers = ["/l/low", "/l/high"]
    var part = image
    part.destination = "/p"
    part.subpath = "etc"
    part.options = ["idmap"]
    spec.mounts = [image, part]
    let steps = try MountPlan(
      spec: spec, layers: RootLayers(lowers: ["/base"], upper: "/up", work: "/work"), initLayer: nil, files: [],
      cgroups: .hidden
    ).steps.suffix(2)
    #expect(steps.map(\.description) == ["layers /l/high:/l/low /i", "layers /l/high:/l/low // etc /p idmapped"])
    #expect(steps.map { $0.isHostsWork(inUserNamespace: false) } == [false, true])
    #expect(steps.allSatisfy { $0.isHostsWork(inUserNamespace: true) })
  }

  @Test(
    "What would break out or mean something else is refused",
    arguments: [
      (OCIMount(destination: "/proc/sys", type: "bind", source: "/x"), "nothing but proc"),
      (OCIMount(destination: "/proc", type: "bind", source: "/x"), "nothing but proc"),
      (OCIMount(destination: "/proc", type: "tmpfs", source: "x"), "nothing but proc"),
      (OCIMount(destination: "/", type: "bind", source: "/x"), "would hide the root"),
      (OCIMount(destination: "/a/../proc", type: "bind", source: "/x"), "'..'"),
      // A combining mark makes one Character of itself and the slash before it.
      (OCIMount(destination: "/a/\u{301}/../../proc", type: "bind", source: "/x"), "'..'"),
      (OCIMount(destination: "/\u{301}/../proc", type: "bind", source: "/x"), "'..'"),
      (OCIMount(destination: "a", type: "bind", source: "/x"), "not an absolute path"),
      (OCIMount(destination: "/a", type: "bind", source: "x"), "not an absolute path"),
      (OCIMount(destination: "/dev", type: "bind", source: "/dev"), "/dev is the runtime's"),
      (OCIMount(destination: "/a", type: "bind", source: "/x", options: ["rshared"]), "'rslave'"),
      (OCIMount(destination: "/a", type: "tmpfs", source: "x", options: ["sizee=1"]), "unknown mount option 'sizee=1'"),
      (OCIMount(destination: "/a", type: "ext4", source: "/dev/sda"), "unknown type 'ext4'"),
    ])
  func refused(mount: OCIMount, reason: String) {
    var spec = spec
    spec.mounts = [mount]
    let error = #expect(throws: MountPlanError.self) { try plan(spec) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test("who asks for cgroups has the v2 tree, or each of v1's hierarchies, writable, in the place of what all have")
  func cgroups() throws {
    var spec = RuntimeSpec(process: OCIProcess(args: ["true"]), root: OCIRoot(path: "/r"))
    spec.linux.namespaces = [OCINamespace(.cgroup)]
    spec.mounts = [
      OCIMount(destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev"])
    ]
    func steps(_ view: CgroupView) throws -> [String] {
      try MountPlan(spec: spec, layers: nil, initLayer: nil, files: [], cgroups: view).steps.map(\.description)
        .filter { $0.contains("/sys/fs/cgroup") }
    }
    #expect(try steps(.unified) == ["mount cgroup2 /sys/fs/cgroup nosuid,nodev,noexec"])
    #expect(
      try steps(.separate([["cpu", "cpuacct"], ["memory"]])) == [
        "mount tmpfs /sys/fs/cgroup nosuid,nodev,noexec,mode=755",
        "mount cgroup /sys/fs/cgroup/cpu,cpuacct nosuid,nodev,noexec,cpu,cpuacct",
        "mount cgroup /sys/fs/cgroup/memory nosuid,nodev,noexec,memory",
      ])
    #expect(try steps(.hidden).isEmpty)
    spec.mounts = []
    #expect(try steps(.separate([["memory"]])).isEmpty)
  }
}
