// Room and limits: disk, descriptors, processes, keys, watches.
internal import ContainrHost
internal import ContainrRootfs
internal import ContainrSecurity
internal import ContainrSystem
internal import SystemPackage

extension HostCheckup {
  func storage() throws(SyscallError) -> [HostFinding] {
    if root != "/" { return [] }
    var all: [HostFinding] = []
    for (what, directory) in [("state", settings.stateDirectory), ("run", settings.runDirectory)] {
      let space = try FileSystemSpace(ofFuture: directory)
      let name = "\(what) directory"
      if space.isReadOnly {
        all.append(
          HostFinding(
            name, .missing, "\(directory) is on a file system that is mounted read-only",
            remedy: "give another one: CONTAINR_\(what.uppercased())_DIR=…"))
        continue
      }
      let mebibytes = space.freeBytes >> 20
      let few = what == "state" ? mebibytes < 1024 : mebibytes < 16
      let inodes = space.freeInodes.map { $0 < 10_000 } ?? false
      all.append(
        HostFinding(
          name, few || inodes ? .warning : .good,
          "\(directory): \(mebibytes) MiB free\(inodes ? ", and \(space.freeInodes ?? 0) inodes" : "")",
          remedy: few || inodes ? "containr image prune; containr volume prune" : nil))
    }
    all.append(try overlayServer())
    return all
  }

  /// What makes overlays where the kernel cannot: whether it is there, and whether anything here needs it.
  private func overlayServer() throws(SyscallError) -> HostFinding {
    let obstacle = try OverlayServer.obstacle()
    let maker = try settings.overlayMaker()
    if !maker.isKernel {
      let here = try settings.overlayObstacle(maker)
      return HostFinding(
        OverlayServer.name, here == nil ? .warning : .missing, here?.message ?? settings.overlayNotice(maker) ?? "",
        remedy: here?.help ?? "give a state directory on ext4, xfs, btrfs or tmpfs: CONTAINR_STATE_DIR=…")
    }
    return HostFinding(
      OverlayServer.name, obstacle == nil ? .good : .note,
      obstacle.map { "\($0.reason): a state directory on another overlay, NFS or FUSE could not be used" }
        ?? "there for state directories on another overlay, NFS or FUSE",
      remedy: obstacle?.help)
  }

  func limits() throws(SyscallError) -> [HostFinding] {
    var all: [HostFinding] = []
    let files = try Rlimit.hard("RLIMIT_NOFILE")
    all.append(
      HostFinding(
        "open files", files < 4096 ? .warning : .good,
        files == .max ? "no limit" : "at most \(files)\(files < 4096 ? ": enough for small stacks alone" : "")",
        remedy: files < 4096 ? "ulimit -Hn 524288, or LimitNOFILE= of the service that starts it" : nil))
    // What a few hundred containers take, and what distributions have kept small.
    let needs: [(subject: String, path: FilePath, least: UInt64, effect: String)] = [
      ("processes", "/proc/sys/kernel/pid_max", 16384, "containers run out of pids"),
      uid == 0
        ? ("keyrings", "/proc/sys/kernel/keys/root_maxkeys", 1000, "each container has a keyring of its own")
        : ("keyrings", "/proc/sys/kernel/keys/maxkeys", 100, "each container has a keyring of its own"),
      ("inotify", "/proc/sys/fs/inotify/max_user_instances", 64, "each supervisor and `logs -f` takes one"),
      (
        "connections", "/proc/sys/net/netfilter/nf_conntrack_max", 16384,
        "connections are dropped when they are used up"
      ),
    ]
    for need in needs {
      guard let value = try number(need.path), value < need.least else { continue }
      let name = need.path.string.dropFirst("/proc/sys/".count).replacing("/", with: ".")
      all.append(
        HostFinding(
          need.subject, .warning, "\(name) is \(value): \(need.effect)", remedy: "sysctl -w \(name)=\(need.least * 4)"))
    }
    return all
  }
}
