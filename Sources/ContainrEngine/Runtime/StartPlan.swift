// From a container's config to the plans that the shim executes. Pure but for the host's facts that it is given.
internal import ContainrCgroups
internal import ContainrInit
internal import ContainrNamespaces
internal import ContainrOCI
internal import ContainrRootfs
internal import ContainrSecurity
internal import SystemPackage

/// Both plans of one start, and the namespaces to be opened for it.
struct StartPlan {
  var shim: ShimPlan
  var initial: InitPlan
  /// Files of existing namespaces, in the order of `shim.joins`.
  var joinedPaths: [FilePath] = []

  /// The wire form that travels in the memory file.
  var bytes: [UInt8] {
    var writer = WireWriter()
    shim.encode(to: &writer)
    initial.encode(to: &writer)
    return writer.bytes
  }

  init(
    _ config: ContainerConfig, files: [ProvidedFile], initLayer: FilePath?, bootID: String, rootSwitch: RootSwitch,
    cgroups mounts: CgroupMounts, ownGroups: [OCIIDMapping] = []
  ) throws(RuntimeError) {
    let spec = config.spec
    func refuse(_ message: String) -> RuntimeError {
      RuntimeError(container: config.id, stage: "plan the container", message: message)
    }
    if spec.process.args.isEmpty { throw refuse("there is no command: give the service a command or an entrypoint") }
    var own: NamespaceSet = []
    var joins: [NamespaceSet] = []
    for namespace in spec.linux.namespaces {
      let kind = NamespaceSet(namespace.type)
      if let path = namespace.path {
        if kind == .mount || kind == .cgroup { throw refuse("a \(namespace.type.rawValue) namespace cannot be shared") }
        joins.append(kind)
        joinedPaths.append(FilePath(path))
      } else {
        own.insert(kind)
      }
    }
    if !own.contains(.mount) { throw refuse("a container needs a mount namespace of its own") }
    guard let logName = config.logFile.lastComponent?.string else { throw refuse("no log file") }

    shim = ShimPlan(bootID: bootID, namespaces: own.subtracting([.cgroup, .time]), logName: logName)
    shim.joins = joins
    shim.logLimits = config.logLimits
    if let journal = config.journal { (shim.journal, shim.subject) = (journal.path.string, journal.subject) }
    shim.hasTerminal = spec.process.terminal
    shim.keepsInput = config.keepsInput
    shim.hasListener = config.isAttachable
    shim.awaitsClient = config.isAttachable && config.awaitsClient
    initial = InitPlan(
      process: ProcessPlan(process: spec.process, seccomp: spec.linux.seccompProgram ?? []))
    initial.process.personality = spec.linux.personality
    initial.inUserNamespace = own.contains(.user) || joins.contains(.user)
    if own.contains(.user) {
      let map = IDMap(uids: spec.linux.uidMappings, gids: spec.linux.gidMappings)
      if let fault = IDMap.fault(in: map.uids) ?? IDMap.fault(in: map.gids) {
        throw refuse("the ids of the user namespace: its mapping \(fault)")
      }
      shim.idMap = map
    }
    if own.contains(.time) {
      initial.timeOffsets = spec.linux.timeOffsets.sorted { $0.key < $1.key }
        .map { "\($0.key) \($0.value.seconds) \($0.value.nanoseconds)\n" }.joined()
    } else if !spec.linux.timeOffsets.isEmpty {
      throw refuse("timeOffsets need a time namespace of the container's own")
    }
    initial.domainname = own.contains(.uts) ? spec.domainname : nil
    initial.cgroupNamespace = own.contains(.cgroup)
    initial.ownNetwork = own.contains(.network)
    initial.usesInit = config.usesInit
    initial.hostname = own.contains(.uts) ? spec.hostname : nil
    initial.rootSwitch = rootSwitch
    do throws(MountPlanError) {
      var layers = config.overlay.map { RootLayers($0) }
      layers?.haveOwnIDs = config.overlay?.haveOwnIDs == true
      layers?.isServed = config.overlay?.isServed == true
      if initLayer == nil {
        layers?.passing = PassingLayer(
          files: config.contents.map { ProvidedText(path: "etc/\($0.name)", text: $0.text) })
      }
      initial.mounts =
        try MountPlan(
          spec: spec, layers: layers, initLayer: initLayer?.string,
          files: files, cgroups: mounts.layout == .v2 ? .unified : .separate(mounts.hierarchies)
        ).steps
    } catch {
      throw refuse(error.description)
    }
    shim.hasHostSide =
      own.contains(.user) || initial.mounts.contains { $0.isHostsWork(inUserNamespace: initial.inUserNamespace) }
    do throws(SecurityError) {
      for (name, value) in spec.linux.sysctl.sorted(by: { $0.key < $1.key }) {
        let path = try Sysctl.path(
          of: name, value: value, ownNetwork: own.contains(.network), ownIPC: own.contains(.ipc))
        let groups = own.contains(.user) ? spec.linux.gidMappings : ownGroups
        let isPing = path == "net/ipv4/ping_group_range"
        initial.sysctls.append(SysctlWrite(path: path, value: isPing ? Self.within(groups, value) : value))
      }
    } catch {
      throw refuse(error.description)
    }
  }

  /// The range of groups that may ping, as far as the container has them: the kernel takes no other ids.
  private static func within(_ gids: [OCIIDMapping], _ value: String) -> String {
    let ends = value.split(separator: " ").compactMap { UInt32($0) }
    guard ends.count == 2,
      let last = gids.map({ $0.containerID + ($0.size - 1) }).max(), last < ends[1]
    else { return value }
    return "\(ends[0]) \(last)"
  }
}

extension RootLayers {
  init(_ overlay: OverlayConfig) {
    self.init(lowers: overlay.lowers.map(\.string), upper: overlay.upper?.string, work: overlay.work?.string)
  }
}

extension RunDirectory {
  /// Where the three files of /etc come from, as far as the config has them.
  func providedFiles(_ config: ContainerConfig) -> [ProvidedFile] {
    config.contents.map { ProvidedFile(source: file($0.name).string, target: "/etc/\($0.name)") }
  }
}

extension ContainerConfig {
  /// The files of /etc that are not the image's, and what is in them.
  var contents: [(name: FilePath, text: String)] {
    let all: [(FilePath, String?)] = [("hosts", hosts), ("hostname", hostname), ("resolv.conf", resolvConf)]
    return all.compactMap { name, text in text.map { (name, $0) } }
  }
}
