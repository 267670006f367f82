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

  /// An overlay cannot have its writable layer on another one: so it is in a container whose state directory is no volume.
  private mutating func checkStateDirectory() throws {
    var place = settings.stateDirectory
    while try !Kernel.exists(place), place.removeLastComponent() {}
    // OVERLAYFS_SUPER_MAGIC
    let directory = try Kernel.open(place, [.path, .directory])
    guard try Kernel.fileSystemType(directory.raw) == 0x794C_7630 else { return }
    let others = try Self.placesForState()
    add(
      "state-on-overlay",
      "the state directory \(settings.stateDirectory) is on an overlay, and no container's writable layer can be there",
      help: "mount a volume at it, or name a directory elsewhere: CONTAINR_STATE_DIR=DIRECTORY"
        + (others.isEmpty ? "" : " (here are \(others.joined(separator: ", ")))"))
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
