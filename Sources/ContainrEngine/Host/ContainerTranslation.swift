// ServicePlan → ContainerConfig: the one place where Compose's words become the runtime's. Pure: what only the host
// knows (unpacked layers, leases, device numbers) comes in as ContainerSources. Limits and rights are in the files beside.
package import ContainrOCI
package import ContainrReconcile
package import ContainrRuntime
internal import ContainrSecurity
package import ContainrSpec
internal import ContainrSystem
package import ContainrTelemetry
internal import SystemPackage

/// The translation.
package enum ContainerTranslation {
  private static let searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  /// The runtime's config of a service's container.
  package static func config(
    _ plan: ServicePlan, name: ContainerName, sources: ContainerSources, settings: HostSettings
  ) throws(EngineError) -> ContainerConfig {
    let hostname = hostname(plan, name, sources)
    var process = try process(plan, arguments: plan.entrypoint + plan.command, hostname: hostname, sources)
    process.oomScoreAdj = plan.oomScoreAdjust
    if plan.hasTerminal == true { giveTerminal(to: &process) }
    if let awaited = settings.awaited, awaited.id == name.id, awaited.rows > 0 {
      process.consoleSize = OCIConsoleSize(height: awaited.rows, width: awaited.columns)
    }
    var root = OCIRoot(path: settings.mountPoint.string)
    root.readonly = plan.readOnly
    var spec = RuntimeSpec(process: process, root: root)
    spec.hostname = hostname
    spec.domainname = plan.domainName
    spec.mounts = try systemMounts(plan, sources)
    spec.mounts += try plan.mounts.map { (mount) throws(EngineError) in try self.mount(mount, plan, sources) }
    spec.mounts += sources.hardware.mounts
    // After the others: one of these may lie in a tmpfs or a volume.
    spec.mounts += try plan.files.map { (file) throws(EngineError) in
      guard let source = sources.files[file.target] else {
        throw EngineError(.store, "service \(plan.name): \(file.kind.rawValue) \(file.source) has no file")
      }
      return OCIMount(
        destination: file.target, type: "bind", source: source.string,
        options: ["bind", "rprivate", "ro", "nosuid", "nodev"] + (file.isExecutable ? [] : ["noexec"]))
    }
    for annotation in plan.annotations { spec.annotations[annotation.name] = annotation.value }
    spec.annotations["containr.stack"] = name.stack
    spec.annotations["containr.service"] = name.service
    spec.linux = try linux(plan, name: name, sources: sources, settings: settings)
    var config = ContainerConfig(
      id: name.id, spec: spec,
      overlay: OverlayConfig(lowers: sources.layers, upper: settings.upper(name.id), work: settings.work(name.id)),
      logFile: settings.logFile(name.id),
      hosts: NameFiles.hosts(hostname: hostname, sources.places, plan.extraHosts + sources.sharedHosts),
      resolvConf: NameFiles.resolvConf(sources.places, sources.sharedResolver ?? plan.resolver),
      hostname: hostname + "\n")
    if plan.namespace(.network) == .host {
      config.hosts = NameFiles.hosts(extending: sources.host.hosts, plan.extraHosts)
      config.resolvConf = NameFiles.resolvConf(extending: sources.host.resolvConf, plan.resolver)
    } else if sources.isInHostNetwork {
      // Its name is its own, and not in the host's file.
      let end = sources.host.hosts.hasSuffix("\n") ? "" : "\n"
      config.hosts = sources.host.hosts + end + "127.0.1.1\t\(hostname)\n"
      config.resolvConf = sources.host.resolvConf
    }
    config.overlay?.isServed = !sources.overlayMaker.isKernel
    config.usesInit = plan.usesInit ?? false
    // Of what prepares another one the hook is told.
    if !name.isPreparation { config.journal = (settings.journal.path, name.eventSubject.text) }
    config.keepsInput = plan.keepsInput ?? false
    config.awaitsClient = settings.awaited?.id == name.id
    config.ownsCgroupParents = plan.cgroupParent == nil
    config.logLimits = logLimits(plan, name: name, settings: settings)
    return config
  }

  /// How much of its output is kept.
  package static func logLimits(_ plan: ServicePlan, name: ContainerName, settings: HostSettings) -> LogLimits {
    guard let logging = plan.logging else { return LogLimits() }
    if logging.driver == LoggingPlan.Driver.none { return .dropped }
    var limits = LogLimits()
    if let size = logging.maxSize { limits.fileSize = size < 0 ? .max : UInt64(size) }
    if let files = logging.maxFiles { limits.files = files }
    if logging.driver == .journald { limits.journald = journald(plan, name, settings) }
    return limits
  }

  /// The journal with Docker's fields. An id of ours is a name.
  private static func journald(
    _ plan: ServicePlan, _ name: ContainerName, _ settings: HostSettings
  ) -> JournaldTarget {
    let image = plan.image?.reference
    var tag = plan.logging?.tag ?? name.display
    for (word, value) in [("Name", name.display), ("ID", name.id), ("FullID", name.id), ("ImageName", image ?? "")] {
      tag = tag.replacing("{{.\(word)}}", with: value)
    }
    var fields = [
      "CONTAINER_ID=\(name.id)", "CONTAINER_ID_FULL=\(name.id)", "CONTAINER_NAME=\(name.display)",
      "CONTAINER_TAG=\(tag)", "SYSLOG_IDENTIFIER=\(tag)", "CONTAINR_STACK=\(name.stack)",
      "CONTAINR_SERVICE=\(name.service)",
    ]
    if let image { fields.append("IMAGE_NAME=\(image)") }
    return JournaldTarget(socket: settings.journaldSocket.string, fields: fields)
  }

  /// Files keep the owners that they have on the host, and are seen with the container's ids.
  private static func idmap(_ plan: ServicePlan) -> [String] {
    plan.namespace(.user) == .automatic ? ["idmap"] : []
  }

  /// For `idmap: host-user` under root: the files of bind mounts are seen with the container's user and the host's exchanged.
  private static func exchangeUsers(
    in mount: inout OCIMount, _ plan: ServicePlan, _ sources: ContainerSources
  ) {
    guard let host = plan.hostUser, let uid = host.uid, let gid = host.gid, let user = sources.user,
      sources.ownIDs == nil, user != UserIDs(uid, gid)
    else { return }
    mount.options.append("idmap")
    mount.uidMappings = HostUserMap.exchanging(uid, user.uid)
    mount.gidMappings = HostUserMap.exchanging(gid, user.gid)
  }

  private static func mount(
    _ mount: MountPlan, _ plan: ServicePlan, _ sources: ContainerSources
  ) throws(EngineError) -> OCIMount {
    let idmap = mount.kind == .tmpfs ? [] : idmap(plan)
    // Of a tree with submounts all are read-only; where it is more than a bind that has to be said.
    let isSimple = idmap.isEmpty && mount.subpath == nil
    let access = (mount.readOnly ? ["ro"] + (isSimple ? [] : ["rro"]) : []) + idmap
    switch mount.kind {
    case .bind:
      let tree = [mount.isAlone == true ? "bind" : "rbind", mount.followsHost == true ? "rslave" : "rprivate"]
      var bind = OCIMount(destination: mount.target, type: "bind", source: mount.source, options: tree + access)
      exchangeUsers(in: &bind, plan, sources)
      if !bind.uidMappings.isEmpty, mount.readOnly { bind.options.append("rro") }
      return bind
    case .volume:
      guard let path = sources.volumes[mount.volumeKey] else {
        throw EngineError(.store, "service \(plan.name): volume \(mount.volumeKey) has no directory")
      }
      var bind = OCIMount(
        destination: mount.target, type: "bind", source: path.string, options: ["rbind", "rprivate"] + access)
      bind.subpath = mount.subpath
      return bind
    case .image:
      guard let layers = sources.images[mount.target], !layers.isEmpty else {
        throw EngineError(.store, "service \(plan.name): the image \(mount.source) at \(mount.target) has no layers")
      }
      var image = OCIMount(destination: mount.target, type: "image", source: mount.source, options: idmap)
      image.layers = layers.map(\.string)
      image.subpath = mount.subpath
      return image
    case .tmpfs:
      var options = ["nosuid", "nodev", "noexec", "mode=\(String(mount.mode ?? 0o1777, radix: 8))"] + access
      options += mount.options
      if let size = mount.size { options.append("size=\(size)") }
      return OCIMount(destination: mount.target, type: "tmpfs", source: "tmpfs", options: options)
    }
  }

  /// The name that the container has for itself: with the host's network or name it is the host's.
  package static func hostname(_ plan: ServicePlan, _ name: ContainerName, _ sources: ContainerSources) -> String {
    if let hostname = plan.hostname { return hostname }
    let isHosts = plan.namespace(.uts) == .host || plan.namespace(.network) == .host
    return isHosts && !sources.host.hostname.isEmpty ? sources.host.hostname : name.display
  }

  /// A terminal of its own, of the type that everybody knows (Docker's) unless the environment names one.
  package static func giveTerminal(to process: inout OCIProcess) {
    process.terminal = true
    if !process.env.contains(where: { $0.hasPrefix("TERM=") }) { process.env.append("TERM=xterm") }
  }

  /// The process of a container, or one beside it: the same environment, user, limits and rights.
  package static func process(
    _ plan: ServicePlan, arguments: [String], hostname: String, _ sources: ContainerSources
  ) throws(EngineError) -> OCIProcess {
    var process = OCIProcess(args: arguments)
    process.env = environment(plan, hostname: hostname, adding: sources.hardware.environment)
    process.cwd = plan.workingDirectory
    process.user.username = plan.user
    process.user.additionalGids = sources.hardware.groups
    process.user.additionalGroups = plan.groups
    process.rlimits = try limits(of: plan, hardNOFILE: sources.hardNOFILE)
    let rights = try ServiceRights.rights(plan, available: sources.availableCapabilities)
    process.capabilities = rights.capabilities
    process.noNewPrivileges = rights.noNewPrivileges
    return process
  }

  /// The plan's variables win; sorted, so that the same plan is the same text.
  package static func environment(
    _ plan: ServicePlan, hostname: String, adding others: [String] = []
  ) -> [String] {
    var values = ["PATH": searchPath, "HOSTNAME": hostname]
    for pair in others {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      values[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
    }
    if plan.user == nil || plan.user == "root" || plan.user == "0" { values["HOME"] = "/root" }
    for variable in plan.environment { values[variable.name] = variable.value }
    return values.keys.sorted().map { "\($0)=\(values[$0] ?? "")" }
  }
}
