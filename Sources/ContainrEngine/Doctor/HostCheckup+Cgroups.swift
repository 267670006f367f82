// Cgroups: which layout, which controllers, and what limits cannot be had.
internal import ContainrCgroups
internal import ContainrSystem
internal import SystemPackage

extension HostCheckup {
  /// By v2's name and v1's, with what of a stack file needs it.
  private static let controllers: [(v2: String, v1: String, keys: String)] = [
    ("memory", "memory", "mem_limit and its like"), ("cpu", "cpu", "cpus and cpu_shares"),
    ("pids", "pids", "pids_limit"), ("io", "blkio", "blkio_config"), ("cpuset", "cpuset", "cpuset"),
  ]

  func cgroups() throws(SyscallError) -> [HostFinding] {
    let mounts = CgroupMounts.detect(mountinfo: try text("/proc/self/mountinfo") ?? "")
    guard let first = mounts.unified ?? mounts.controllers.points.first else {
      // Root of a user's container has what users have.
      if root == "/", uid == 0, try Kernel.isInUserNamespace() {
        return [
          HostFinding(
            "cgroups", .note,
            "none are here: a limit stops a start, or is left out with x-containr: {limits: best-effort}",
            remedy: "run the container around this as root, or give its user a group (docs/rootless.md)")
        ]
      }
      return [
        HostFinding(
          "cgroups", .missing, "no hierarchy is mounted", remedy: "mount -t cgroup2 cgroup2 /sys/fs/cgroup")
      ]
    }
    if uid != 0 { return try delegated(mounts) }
    var all: [HostFinding] = []
    switch mounts.layout {
    case .v2: all.append(HostFinding("cgroups", .good, "v2 at \(first)"))
    case .v1: all.append(HostFinding("cgroups", .good, "v1 at \(first.above)"))
    case .hybrid: all.append(HostFinding("cgroups", .good, "v1 for limits, with a v2 tree beside it"))
    }
    if root == "/", try FileSystemSpace(of: first).isReadOnly {
      all[0] = HostFinding(
        "cgroups", .missing, "\(first) is mounted read-only: no container can have a cgroup",
        remedy: "mount -o remount,rw \(first), or start the container around this with --privileged")
    }
    all.append(try controllers(mounts))
    if let finding = try swap(mounts) { all.append(finding) }
    if mounts.layout != .v2, mounts.controllers["freezer"] == nil {
      all.append(HostFinding("pause", .warning, "v1's freezer is not mounted: `pause` and clean ends of trees need it"))
    }
    return all
  }

  private func controllers(_ mounts: CgroupMounts) throws(SyscallError) -> HostFinding {
    var available: [String] = []
    if mounts.layout == .v2, let unified = mounts.unified {
      available = (try text(unified.appending("cgroup.controllers")) ?? "").split(separator: " ").map(String.init)
    }
    var (there, lacking): ([String], [String]) = ([], [])
    for one in Self.controllers {
      let isThere = mounts.layout == .v2 ? available.contains(one.v2) : mounts.controllers[one.v1] != nil
      let name = mounts.layout == .v2 ? one.v2 : one.v1
      if isThere { there.append(name) } else { lacking.append("\(name) (\(one.keys))") }
    }
    if lacking.isEmpty { return HostFinding("controllers", .good, there.joined(separator: ", ")) }
    return HostFinding(
      "controllers", .warning, "not here: \(lacking.joined(separator: ", ")); who asks for one of these is refused",
      remedy: "boot with cgroup_enable=memory if memory is among them; in a container, give it all controllers")
  }

  /// nil where it cannot be told: v2's root has no file for it, and there may be no group below.
  private func swap(_ mounts: CgroupMounts) throws(SyscallError) -> HostFinding? {
    let isCounted: Bool
    if let unified = mounts.layout == .v2 ? mounts.unified : nil {
      let below = try Kernel.names(
        inDirectory: root == "/" ? unified : root.pushing(FilePath(String(unified.string.dropFirst()))))
      var seen: Bool?
      for name in below where seen == nil {
        if try exists(unified.appending(name).appending("memory.max")) {
          seen = try exists(unified.appending(name).appending("memory.swap.max"))
        }
      }
      guard let seen else { return nil }
      isCounted = seen
    } else {
      guard let memory = mounts.controllers["memory"] else { return nil }
      isCounted = try exists(memory.appending("memory.memsw.limit_in_bytes"))
    }
    if isCounted { return HostFinding("swap accounting", .good, "counted by cgroup") }
    return HostFinding(
      "swap accounting", .warning, "the kernel counts no swap by cgroup: memswap_limit is refused",
      remedy: "boot with swapaccount=1")
  }
}
