// `root`, `mounts`, devices, masked and read-only paths of config.json as mount steps, in the order of running.
internal import ContainrCgroups
internal import ContainrNamespaces
internal import ContainrOCI
internal import ContainrRootfs
internal import ContainrSystem
internal import SystemPackage

struct MountTranslation {
  var steps: [MountStep] = []
  var cgroupTarget: String?
  var cgroupsAreReadOnly = false
  /// Those that become read-only when everything below them has its place, as in other runtimes.
  private var closing: [MountStep] = []

  init(
    _ spec: RuntimeSpec, bundle: FilePath, layout: CgroupMounts.Layout, own: NamespaceSet, joined: NamespaceSet
  ) throws(RuntimeFailure) {
    let root = Self.absolute(spec.root.path, bundle)
    let isDirectory = try attempt("root.path") { () throws(SyscallError) in
      try Kernel.status(of: FilePath(root)).isDirectory
    }
    if !isDirectory { throw RuntimeFailure("root.path \(root) is no directory") }
    if let label = spec.linux.mountLabel { steps.append(.label(label)) }
    steps.append(.directory(root))
    let inUserNamespace = own.contains(.user) || joined.contains(.user)
    var devIsHosts = false
    for (index, mount) in spec.mounts.enumerated() {
      do throws(MountPlanError) {
        var mount = mount
        mount.destination = try Self.destination(mount)
        if mount.destination == "/dev",
          mount.type == "bind" || mount.options.contains(where: { $0 == "bind" || $0 == "rbind" })
        {
          devIsHosts = true
        }
        let isShared = spec.linux.rootfsPropagation?.hasSuffix("shared") == true
        try add(mount, bundle, layout, own, inUserNamespace, joinsPeers: isShared)
      } catch {
        throw RuntimeFailure("mounts[\(index)]: \(error)")
      }
    }
    // Privileged containers list the host's ptmx; inside it is a link to their own.
    let devices = spec.linux.devices.filter { devIsHosts || $0.path != "/dev/ptmx" }
    if !devIsHosts {
      steps.append(.nodes(Self.standardNodes.filter { node in !devices.contains { $0.path == node.path } }))
      steps.append(.deviceLinks)
    }
    if inUserNamespace, own.contains(.user), Kernel.effectiveUserID() == 0 {
      steps += devices.map { .nodes([$0]) }
    } else if !devices.isEmpty {
      steps.append(.nodes(devices))
    }
    steps += closing
    steps += spec.linux.maskedPaths.map { .mask($0) } + spec.linux.readonlyPaths.map { .readOnly($0) }
    if spec.root.readonly {
      if spec.process.cwd != "/" { steps.append(.makeDirectory(spec.process.cwd)) }
      steps.append(.readOnlyRoot)
    }
  }

  private static let standardNodes: [OCIDevice] = [
    ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
  ].map { OCIDevice(path: "/dev/\($0.0)", type: "c", major: $0.1, minor: $0.2) }

  private mutating func add(
    _ mount: OCIMount, _ bundle: FilePath, _ layout: CgroupMounts.Layout, _ own: NamespaceSet, _ inUserNamespace: Bool,
    joinsPeers: Bool
  ) throws(MountPlanError) {
    var request = try MountRequest(mount)
    // As other runtimes: only under a root that is shared itself.
    request.joinsPeers = joinsPeers && request.propagation.contains { $0 & 1 << 20 != 0 }
    if request.isBind {
      if request.source.isEmpty { throw MountPlanError("mount \(request.target): a bind needs a source") }
      request.source = Self.absolute(request.source, bundle)
      if request.idmap?.isEmpty == true, !inUserNamespace {
        throw MountPlanError("mount \(request.target): idmap needs uidMappings and gidMappings, or a user namespace")
      }
      return steps.append(.request(request))
    }
    if request.isRemount { return steps.append(.request(request)) }
    if request.type.isEmpty { throw MountPlanError("mount \(request.target): needs a type") }
    switch request.type {
    case "cgroup" where layout == .v2, "cgroup2":
      request.type = "cgroup2"
      request.parameters = []
    case "cgroup":
      // The hierarchies of v1 are put into it when the container's cgroup is there.
      cgroupTarget = request.target
      cgroupsAreReadOnly = request.set.contains(.readOnly)
      request.type = "tmpfs"
      request.source = "tmpfs"
      request.set.remove(.readOnly)
      request.parameters = [MountParameter("mode", "755"), MountParameter("size", "64k")]
    case "sysfs" where inUserNamespace && !own.contains(.network):
      // Only whoever owns the network namespace may make one: the host's, then, with all that is below.
      (request.isBind, request.isRecursive, request.source, request.parameters) = (true, true, "/sys", [])
      if request.set.contains(.readOnly) { request.recursiveSet.insert(.readOnly) }
    case "proc" where inUserNamespace && !own.contains(.pid):
      (request.isBind, request.isRecursive, request.source, request.parameters) = (true, true, "/proc", [])
    case "mqueue" where inUserNamespace && !own.contains(.ipc):
      (request.isBind, request.isRecursive, request.source, request.parameters) = (true, true, "/dev/mqueue", [])
    case "tmpfs" where request.set.contains(.readOnly):
      request.set.remove(.readOnly)
      var remount = MountRequest(type: request.type, source: request.source, target: request.target)
      (remount.isRemount, remount.set) = (true, .readOnly)
      closing.append(.request(remount))
    default: break
    }
    steps.append(.request(request))
  }

  static func absolute(_ path: String, _ bundle: FilePath) -> String {
    path.hasPrefix("/") ? path : bundle.pushing(FilePath(path)).lexicallyNormalized().string
  }

  /// What programs such as lxcfs put over single files of /proc.
  private static let filesOfProc: [String] = [
    "/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime", "/proc/loadavg",
    "/proc/slabinfo", "/proc/sys/kernel/ns_last_pid", "/proc/sys/crypto/fips_enabled",
  ]

  /// Whether a path leads to a procfs; false for what is not there.
  private static func isProcfs(_ path: String) -> Bool {
    do throws(SyscallError) {
      let file = try Kernel.open(FilePath(path), .path)
      return try Kernel.fileSystemType(file.raw) == 0x9FA0  // PROC_SUPER_MAGIC
    } catch {
      return false
    }
  }

  /// The destination without `.`, `..` and doubled slashes, as in a root of its own. Nothing may stand in for procfs
  /// (CVE-2019-16884): the runtime and the program would write into it what is meant for the kernel.
  static func destination(_ mount: OCIMount) throws(MountPlanError) -> String {
    var parts: [Substring] = []
    for part in mount.destination.utf8.split(separator: UInt8(ascii: "/")).map({ Substring($0) }) where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    var path = parts.isEmpty ? "/" : ""
    for part in parts { path += "/\(part)" }
    if parts.isEmpty {
      if mount.type == "bind" || mount.options.contains(where: { $0 == "bind" || $0 == "rbind" }) { return "/" }
      throw MountPlanError("a mount on / would hide the root file system")
    }
    guard parts[0] == "proc" else { return path }
    let isOfProc = mount.type != "proc" && isProcfs(mount.source)
    if path == "/proc", mount.type == "proc" || isOfProc { return path }
    if path != "/proc", isOfProc || filesOfProc.contains(path) { return path }
    throw MountPlanError("\(path): cannot be mounted because it is inside /proc")
  }
}
