// What a service shares with others and what it may reach: namespaces, devices, kernel parameters, system paths. Pure.
internal import ContainrCgroups
internal import ContainrOCI
internal import ContainrReconcile
internal import ContainrSecurity
package import ContainrSpec
internal import SystemPackage

extension ContainerTranslation {
  static func linux(
    _ plan: ServicePlan, name: ContainerName, sources: ContainerSources, settings: HostSettings
  ) throws(EngineError) -> OCILinux {
    var linux = OCILinux()
    linux.namespaces = try namespaces(plan, sources)
    if plan.namespace(.user) == .automatic {
      guard sources.ids != 0 else { throw EngineError(.store, "service \(plan.name): it has no ids of its own yet") }
      linux.namespaces.append(OCINamespace(.user))
      linux.uidMappings = [OCIIDMapping(containerID: 0, hostID: sources.ids, size: SubordinateIDs.size)]
      linux.gidMappings = linux.uidMappings
    }
    if let user = sources.user, let own = sources.ownIDs, user != .root {
      // Files of the host cannot be mapped by an ordinary user; the container's ids can, all of them.
      linux.namespaces.append(OCINamespace(.user))
      linux.uidMappings = HostUserMap.exchanging(0, user.uid, below: own.users)
      linux.gidMappings = HostUserMap.exchanging(0, user.gid, below: own.groups)
    }
    linux.resources = try resources(plan, sources.limits)
    linux.cgroupsPath = settings.cgroup(name, of: plan)
    linux.devices = sources.hardware.nodes
    let network = plan.namespace(.network)
    if network == nil || network == .empty { linux.sysctl = Sysctl.networkDefaults }
    if network == nil { linux.sysctl.merge(interfaceParameters(plan, sources)) { _, new in new } }
    for parameter in plan.sysctls { linux.sysctl[parameter.name] = parameter.value }
    // A network that is joined again has its parameters already.
    if network == nil, sources.joined[.network] != nil {
      linux.sysctl = linux.sysctl.filter { !$0.key.hasPrefix("net.") && !$0.key.hasPrefix("net/") }
    }
    if !plan.showsSystemPaths {
      linux.maskedPaths = MaskedPaths.defaults(possibleCPUs: sources.possibleCPUs)
      linux.readonlyPaths = ReadonlyPaths.defaults
    }
    linux.seccompProgram = sources.seccompProgram.isEmpty ? nil : sources.seccompProgram
    return linux
  }

  /// Those of its interfaces. No other member of a network may give it routes by router advertisements, and where a network
  /// has no IPv6 the interface has none.
  private static func interfaceParameters(_ plan: ServicePlan, _ sources: ContainerSources) -> [String: String] {
    var parameters: [String: String] = [:]
    if sources.hasIPv6, !sources.places.isEmpty {
      parameters["net.ipv6.conf.default.accept_ra"] = "0"
      for place in sources.places where place.address6.isEmpty && !place.address.isEmpty && place.fitsIPv6 {
        parameters["net.ipv6.conf.\(sysctlName(place.interface)).disable_ipv6"] = "1"
      }
    }
    for (attachment, place) in zip(plan.orderedNetworks, sources.places) {
      for parameter in attachment.sysctls {
        parameters[parameter.name.replacing("IFNAME", with: sysctlName(place.interface))] = parameter.value
      }
    }
    return parameters
  }

  /// A dot of an interface's name is a slash where dots stand between the parts, as for sysctl(8).
  private static func sysctlName(_ interface: String) -> String { interface.replacing(".", with: "/") }

  private static let kinds: [(OCINamespace.Kind, NamespacePlan.Kind?)] = [
    (.pid, .pid), (.network, .network), (.mount, nil), (.ipc, .ipc), (.uts, .uts), (.cgroup, .cgroup),
  ]

  /// New ones, and those of others by their files; the host's are left out.
  private static func namespaces(
    _ plan: ServicePlan, _ sources: ContainerSources
  ) throws(EngineError) -> [OCINamespace] {
    var namespaces: [OCINamespace] = []
    for (type, kind) in kinds {
      switch kind.flatMap({ plan.namespace($0) }) {
      case nil:
        // Its own one of before, which others have kept.
        let path = kind.flatMap { sources.joined[$0] }
        namespaces.append(path.map { OCINamespace(type, path: $0.string) } ?? OCINamespace(type))
      case .empty, .automatic: namespaces.append(OCINamespace(type))
      case .host: continue
      case .service, .container:
        guard let kind, let path = sources.joined[kind] else {
          throw EngineError(.kernel, "service \(plan.name): whose \(type.rawValue) namespace it shares is not known")
        }
        namespaces.append(OCINamespace(type, path: path.string))
      }
    }
    return namespaces
  }

  /// What stands in the place of the mounts that every container has.
  static func systemMounts(
    _ plan: ServicePlan, _ sources: ContainerSources
  ) throws(EngineError) -> [OCIMount] {
    var mounts: [OCIMount] = []
    let options = ["nosuid", "noexec", "nodev"]
    switch plan.namespace(.ipc) {
    case .host:
      mounts.append(
        OCIMount(destination: "/dev/shm", type: "bind", source: "/dev/shm", options: ["bind", "rprivate"] + options))
    case .empty:
      // Nothing can be put into it: as good as none, and nobody meets a missing directory.
      mounts.append(
        OCIMount(destination: "/dev/shm", type: "tmpfs", source: "shm", options: options + ["ro", "nr_inodes=1"]))
    case .service, .container:
      guard let namespace = sources.sharedMemory else {
        throw EngineError(.kernel, "service \(plan.name): whose /dev/shm it shares is not known")
      }
      // Not through a link, wherever a program of the other one may have made one.
      var shared = OCIMount(
        destination: "/dev/shm", type: "bind", source: "/dev/shm",
        options: ["bind", "rprivate", "src-nofollow"] + options)
      shared.namespace = namespace.string
      mounts.append(shared)
    case nil, .automatic:
      if let size = plan.shmSize {
        mounts.append(
          OCIMount(
            destination: "/dev/shm", type: "tmpfs", source: "shm", options: options + ["mode=1777", "size=\(size)"]))
      }
    }
    if plan.isPrivileged {
      mounts.append(OCIMount(destination: "/sys", type: "sysfs", source: "sysfs", options: options))
      // What it starts may have limits of its own. Who is root of a user namespace cannot have v1's hierarchies.
      if plan.namespace(.cgroup) == nil, [nil, .host].contains(plan.namespace(.user)) {
        mounts.append(OCIMount(destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: options))
      }
    }
    // A mount of the file's own wins.
    return mounts.filter { mount in !plan.mounts.contains { $0.target == mount.destination } }
  }

  /// `ulimits` over the defaults.
  static func limits(of plan: ServicePlan, hardNOFILE: UInt64) throws(EngineError) -> [OCIRlimit] {
    do throws(SecurityError) {
      let wanted = try plan.ulimits.map { (limit) throws(SecurityError) in
        func value(_ number: Int64) -> UInt64 { number < 0 ? .max : UInt64(number) }
        return try Rlimit.named(limit.name, soft: value(limit.soft), hard: value(limit.hard))
      }
      return Rlimit.withDefaults(wanted, hardNOFILE: hardNOFILE)
    } catch {
      throw EngineError(.settings, "service \(plan.name): \(error)")
    }
  }
}

extension ServicePlan {
  /// All capabilities and devices, nothing masked.
  package var isPrivileged: Bool { security?.privileged == true }

  /// /proc and /sys as they are.
  var showsSystemPaths: Bool { isPrivileged || security?.showsSystemPaths == true }
}
