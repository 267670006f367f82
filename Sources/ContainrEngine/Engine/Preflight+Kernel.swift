// Preflight of the kernel: the features that a plan needs, and the limits of this process. Loads no module.
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrSecurity
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

extension Preflight {
  mutating func checkKernel() throws {
    let modules = try KernelModules()
    let fileSystems = try Kernel.text(of: "/proc/filesystems").split(separator: "\n")
    // A module that is not loaded yet is loaded by the first mount.
    if !fileSystems.contains(where: { $0.hasSuffix("\toverlay") }), try modules.lacks("overlay") {
      add("no-overlay", "this kernel has no overlay file system", help: "use a kernel with CONFIG_OVERLAY_FS")
    }
    try checkStateDirectory()
    for name in ["mnt", "uts", "ipc", "pid", "net", "cgroup"]
    where try !Kernel.exists(FilePath("/proc/self/ns").appending(name)) {
      add("no-namespace", "this kernel has no \(name) namespaces", help: "use a kernel with CONFIG_NAMESPACES")
    }
    let status = try Kernel.text(of: "/proc/self/status")
    if !status.split(separator: "\n").contains(where: { $0.hasPrefix("Seccomp:") }) {
      add(
        "no-seccomp", "this kernel cannot filter system calls, and no container starts without a filter",
        help: "use a kernel with CONFIG_SECCOMP_FILTER")
    }
    guard desired?.networks.isEmpty == false else { return }
    for (name, option) in [("bridge", "CONFIG_BRIDGE"), ("veth", "CONFIG_VETH")] where try modules.lacks(name) {
      add("no-\(name)", "this kernel cannot make a \(name) device", help: "use a kernel with \(option)")
    }
    do { _ = try NftTable(name: settings.nftTable).observe() } catch {
      add("no-nftables", "nftables cannot be used: \(error)", help: "modprobe -a nf_tables nft_nat")
    }
  }

  /// The kernel's overlay cannot have its writable layer on another one, or on NFS: so it is in a container whose state directory
  /// is no volume. There a server makes it.
  private mutating func checkStateDirectory() throws {
    let maker = try settings.overlayMaker()
    if let obstacle = try settings.overlayObstacle(maker) {
      let others = try Self.placesForState()
      return add(
        "state-on-overlay", obstacle.message,
        help: obstacle.help + (others.isEmpty ? "" : " (here are \(others.joined(separator: ", ")))"))
    }
    guard let notice = settings.overlayNotice(maker) else { return }
    let help = "a state directory on ext4, xfs, btrfs or tmpfs has overlays of the kernel: CONTAINR_STATE_DIR=DIRECTORY"
    var problem = Problem(code: "state-through-fuse", message: notice, help: help)
    problem.isWarning = true
    problems.append(problem)
    for service in touched {
      guard let key = keyOfOwnIDs(service) else { continue }
      add(
        "fuse-user-namespace",
        "service \(service.name): '\(key)' gives the container ids of its own, which fuse-overlayfs shows no files with",
        at: service.origins[key] ?? service.location, help: "remove it; or \(help)")
    }
  }

  /// What of a service gives it a user namespace of its own: then its layers have to be seen with other ids.
  private func keyOfOwnIDs(_ service: ServicePlan) -> String? {
    if service.namespace(.user) == .automatic { return "userns_mode" }
    // Root maps the mounts; an ordinary user's container gets one unless its user is the user outside anyway.
    guard settings.relaysPorts, service.hostUser?.uid != nil else { return nil }
    let user = running(service)?.user ?? service.user ?? ""
    return ["", "0", "root", "0:0", "root:root"].contains(user) ? nil : "x-containr.idmap"
  }

  /// Mount points of file systems that may hold it, the first of them.
  private static func placesForState() throws -> [String] {
    try Kernel.text(of: "/proc/self/mounts").split(separator: "\n").compactMap { line -> String? in
      let fields = line.split(separator: " ")
      guard fields.count > 3, ["ext4", "xfs", "btrfs", "tmpfs"].contains(fields[2]),
        fields[3].split(separator: ",").first == "rw",
        !["/proc", "/sys", "/etc"].contains(where: { fields[1].hasPrefix($0) }), fields[1] != "/dev"
      else { return nil }
      return "\(fields[1]) (\(fields[2]))"
    }.prefix(4).map(\.self)
  }

  /// Descriptors: this command works on eight containers at once, and the supervisor holds one of each container and two
  /// of each network for as long as the stack lives.
  mutating func checkOwnLimits(_ desired: StackPlan) throws {
    let containers = desired.services.reduce(0) { $0 + $1.replicas }
    let needed = UInt64(96 + containers + 2 * desired.networks.count)
    let limit = try Rlimit.hard("RLIMIT_NOFILE")
    if limit < needed {
      add(
        "descriptor-limit", "this process may open \(limit) files, and \(desired.name) needs \(needed) of them",
        help: "raise the hard limit: ulimit -Hn \(max(1024, needed)), or LimitNOFILE= of the service that runs this")
    }
  }
}
