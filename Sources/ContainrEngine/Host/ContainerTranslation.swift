// ServicePlan → ContainerConfig: the one place where Compose's words become the runtime's. Pure: what only the host
// knows (unpacked layers, leases, device numbers) comes in as ContainerSources.
internal import ContainrCgroups
package import ContainrOCI
package import ContainrReconcile
package import ContainrRuntime
package import ContainrSecurity
package import ContainrSpec
package import ContainrTelemetry
package import SystemPackage

/// What a container is made from beside its plan.
package struct ContainerSources: Sendable, Hashable {
  /// A place on one network.
  package struct Place: Sendable, Hashable {
    /// IPv4, without a prefix.
    package var address: String
    /// Also the name server.
    package var gateway: String
    /// The network has a way out of the host.
    package var leadsOut: Bool

    /// An address and its network's gateway.
    package init(address: String, gateway: String, leadsOut: Bool) {
      self.address = address
      self.gateway = gateway
      self.leadsOut = leadsOut
    }
  }
  /// Directories for overlayfs, lowest first.
  package var layers: [FilePath] = []
  /// By the key under `volumes`.
  package var volumes: [String: FilePath] = [:]
  /// By path.
  package var devices: [String: BlockDevice] = [:]
  /// struct sock_filter, native; empty for none.
  package var seccompProgram: [UInt8] = []
  /// Files of the host for configs and secrets, by their paths inside.
  package var files: [String: FilePath] = [:]
  /// In the order of the interfaces.
  package var places: [Place] = []
  /// Processors that the host could ever have.
  package var possibleCPUs = 0
  /// What the starter has to give.
  package var availableCapabilities = CapabilitySet.all
  /// RLIMIT_NOFILE of the host.
  package var hardNOFILE: UInt64 = 1_048_576

  /// Nothing yet.
  package init() {}
}

/// A block device's number.
package struct BlockDevice: Sendable, Hashable {
  /// As in /proc/devices.
  package var major: UInt32
  /// Which of the driver's.
  package var minor: UInt32

  /// Both.
  package init(major: UInt32, minor: UInt32) {
    self.major = major
    self.minor = minor
  }
}

/// The translation.
package enum ContainerTranslation {
  private static let searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// The runtime's config of a service's container.
  package static func config(
    _ plan: ServicePlan, name: ContainerName, sources: ContainerSources, settings: HostSettings
  ) throws(EngineError) -> ContainerConfig {
    let hostname = plan.hostname ?? name.display
    var process = OCIProcess(args: plan.entrypoint + plan.command)
    process.env = environment(plan, hostname: hostname)
    process.cwd = plan.workingDirectory
    process.user.username = plan.user
    process.rlimits = Rlimit.withDefaults([], hardNOFILE: sources.hardNOFILE)
    process.capabilities = try ServiceRights.capabilities(plan, available: sources.availableCapabilities)
    var root = OCIRoot(path: settings.mountPoint.string)
    root.readonly = plan.readOnly
    var spec = RuntimeSpec(process: process, root: root)
    spec.hostname = hostname
    spec.mounts = try plan.mounts.map { (mount) throws(EngineError) in try self.mount(mount, plan, sources) }
    // After the others: one of these may lie in a tmpfs or a volume.
    spec.mounts += try plan.files.map { (file) throws(EngineError) in
      guard let source = sources.files[file.target] else {
        throw EngineError(.store, "service \(plan.name): \(file.kind.rawValue) \(file.source) has no file")
      }
      return OCIMount(
        destination: file.target, type: "bind", source: source.string,
        options: ["bind", "rprivate", "ro", "nosuid", "nodev"] + (file.isExecutable ? [] : ["noexec"]))
    }
    spec.annotations = ["containr.stack": name.stack, "containr.service": name.service]
    spec.linux = try linux(plan, name: name, sources: sources, settings: settings)
    var config = ContainerConfig(
      id: name.id, spec: spec,
      overlay: OverlayConfig(lowers: sources.layers, upper: settings.upper(name.id), work: settings.work(name.id)),
      logFile: settings.logFile(name.id), hosts: hosts(hostname: hostname, sources.places),
      resolvConf: resolvConf(sources.places), hostname: hostname + "\n")
    config.logLimits = logLimits(plan)
    return config
  }

  /// How much of its output is kept.
  package static func logLimits(_ plan: ServicePlan) -> LogLimits {
    guard let logging = plan.logging else { return LogLimits() }
    if logging.driver == LoggingPlan.Driver.none { return .dropped }
    var limits = LogLimits()
    if let size = logging.maxSize { limits.fileSize = size < 0 ? .max : UInt64(size) }
    if let files = logging.maxFiles { limits.files = files }
    return limits
  }

  /// The limits of a plan; those that it does not set are absent.
  package static func resources(_ plan: ServicePlan, devices: [String: BlockDevice]) throws(EngineError) -> OCIResources
  {
    let limits = plan.resources
    var resources = OCIResources()
    resources.memory.limit = limits.memoryLimit
    resources.memory.reservation = limits.memoryReservation
    resources.memory.swap = limits.memorySwapLimit
    resources.pids = limits.pidsLimit.map { $0 == 0 ? -1 : $0 }  // Docker: 0 is unlimited
    resources.cpu.shares = limits.cpuShares.map { UInt64(clamping: $0) }
    resources.cpu.cpus = limits.cpuset
    if let thousandths = limits.milliCPUs {
      // The kernel's smallest quota is 1 ms of 100 ms.
      resources.cpu.quota = max(1000, thousandths * 100)
      resources.cpu.period = 100_000
    }
    resources.blockIO.weight = limits.blockIOWeight.map { UInt16(clamping: $0) }
    for limit in limits.blockIODevices {
      guard let device = devices[limit.path] else {
        throw EngineError(.kernel, "service \(plan.name): \(limit.path) is not a block device of this host")
      }
      let throttle = OCIThrottle(major: device.major, minor: device.minor, rate: UInt64(clamping: limit.rate))
      switch limit.kind {
      case .weight: resources.blockIO.weightDevice.append(throttle)
      case .readBytes: resources.blockIO.throttleReadBpsDevice.append(throttle)
      case .writeBytes: resources.blockIO.throttleWriteBpsDevice.append(throttle)
      case .readOperations: resources.blockIO.throttleReadIOPSDevice.append(throttle)
      case .writeOperations: resources.blockIO.throttleWriteIOPSDevice.append(throttle)
      }
    }
    resources.devices = OCIDeviceRule.containerDefaults
    return resources
  }

  private static func linux(
    _ plan: ServicePlan, name: ContainerName, sources: ContainerSources, settings: HostSettings
  ) throws(EngineError) -> OCILinux {
    var linux = OCILinux()
    linux.namespaces = [.pid, .network, .mount, .ipc, .uts, .cgroup].map { OCINamespace($0) }
    linux.resources = try resources(plan, devices: sources.devices)
    linux.cgroupsPath = settings.cgroup(name)
    linux.sysctl = Sysctl.networkDefaults
    linux.maskedPaths = MaskedPaths.defaults(possibleCPUs: sources.possibleCPUs)
    linux.readonlyPaths = ReadonlyPaths.defaults
    linux.seccompProgram = sources.seccompProgram.isEmpty ? nil : sources.seccompProgram
    return linux
  }

  private static func mount(
    _ mount: MountPlan, _ plan: ServicePlan, _ sources: ContainerSources
  ) throws(EngineError) -> OCIMount {
    let access = mount.readOnly ? ["ro"] : []
    switch mount.kind {
    case .bind:
      return OCIMount(
        destination: mount.target, type: "bind", source: mount.source, options: ["rbind", "rprivate"] + access)
    case .volume:
      guard let path = sources.volumes[mount.source] else {
        throw EngineError(.store, "service \(plan.name): volume \(mount.source) has no directory")
      }
      return OCIMount(
        destination: mount.target, type: "bind", source: path.string, options: ["rbind", "rprivate"] + access)
    case .tmpfs:
      var options = ["nosuid", "nodev", "noexec", "mode=\(String(mount.mode ?? 0o1777, radix: 8))"] + access
      if let size = mount.size { options.append("size=\(size)") }
      return OCIMount(destination: mount.target, type: "tmpfs", source: "tmpfs", options: options)
    }
  }

  /// The plan's variables win; sorted, so that the same plan is the same text.
  package static func environment(_ plan: ServicePlan, hostname: String) -> [String] {
    var values = ["PATH": searchPath, "HOSTNAME": hostname]
    if plan.user == nil || plan.user == "root" || plan.user == "0" { values["HOME"] = "/root" }
    for variable in plan.environment { values[variable.name] = variable.value }
    return values.keys.sorted().map { "\($0)=\(values[$0] ?? "")" }
  }

  /// The text of /etc/hosts.
  package static func hosts(hostname: String, _ places: [ContainerSources.Place]) -> String {
    var text = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
    if places.isEmpty { text += "127.0.1.1\t\(hostname)\n" }
    for place in places { text += "\(place.address)\t\(hostname)\n" }
    return text
  }

  /// The text of /etc/resolv.conf.
  package static func resolvConf(_ places: [ContainerSources.Place]) -> String {
    // One name server answers for all networks of the container that asks; that of a network with a way out knows the
    // world as well.
    guard let place = places.first(where: \.leadsOut) ?? places.first else { return "# no network, no name server\n" }
    return "nameserver \(place.gateway)\noptions ndots:0\n"
  }
}
