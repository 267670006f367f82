// From config.json's values to what is launched. The host is only looked at: nothing is made here.
internal import ContainrCgroups
internal import ContainrInit
internal import ContainrNamespaces
internal import ContainrOCI
internal import ContainrRootfs
internal import ContainrSeccomp
internal import ContainrSecurity
internal import ContainrSystem
internal import SystemPackage

/// One container's launch.
struct LaunchPlan {
  var launch: Launch
  /// Paths of the namespaces to be joined, in the order of `joinKinds`.
  var joinPaths: [FilePath] = []
  var joinKinds: [NamespaceSet] = []
  /// What is applied; its device rules with the defaults.
  var resources: OCIResources
  /// What could not be given and need not be (capabilities that this host lacks, unknown system calls).
  var warnings: [String] = []

  init(_ spec: RuntimeSpec, bundle: FilePath, layout: CgroupMounts.Layout, noPivot: Bool) throws(RuntimeFailure) {
    var own: NamespaceSet = []
    for namespace in spec.linux.namespaces {
      let kind = NamespaceSet(namespace.type)
      if let path = namespace.path {
        joinKinds.append(kind)
        joinPaths.append(FilePath(path))
      } else {
        own.insert(kind)
      }
    }
    let joined = joinKinds.reduce(NamespaceSet()) { $0.union($1) }
    if !own.union(joined).contains(.mount) {
      throw RuntimeFailure(
        "linux.namespaces needs a mount namespace: without one the container would mount on the host")
    }
    let process = try ProcessTranslation(spec.process, spec.linux)
    warnings = process.warnings
    if let minor = spec.ociVersion.split(separator: ".").dropFirst().first.flatMap({ Int($0) }), minor > 3 {
      warnings.append(
        "ociVersion is \(spec.ociVersion): what came after \(RuntimeProgram.specVersion) is not known here")
    }
    var initial = InitPlan(process: process.plan)
    initial.inUserNamespace = own.contains(.user) || joined.contains(.user)
    initial.mountsItself = initial.inUserNamespace && Kernel.effectiveUserID() != 0
    initial.cgroupNamespace = own.contains(.cgroup)
    initial.hostname = spec.hostname
    initial.domainname = spec.domainname
    if own.contains(.time) {
      initial.timeOffsets = spec.linux.timeOffsets.sorted { $0.key < $1.key }
        .map { "\($0.key) \($0.value.seconds) \($0.value.nanoseconds)\n" }.joined()
    }
    initial.rootPropagation = spec.linux.rootfsPropagation.flatMap { MountRequest.propagation($0) }
    initial.rootSwitch = noPivot ? .chroot : .pivotRoot
    if let name = spec.domainname, let value = spec.linux.sysctl["kernel.domainname"], name != value {
      throw RuntimeFailure("domainname and linux.sysctl kernel.domainname say two things: leave one out")
    }
    initial.sysctls = try Self.sysctls(spec.linux.sysctl, spec.linux.namespaces)
    var part = BundlePart()
    let mounts = try MountTranslation(spec, bundle: bundle, layout: layout, own: own, joined: joined)
    initial.mounts = mounts.steps
    part.cgroupTarget = mounts.cgroupTarget
    part.cgroupsAreReadOnly = mounts.cgroupsAreReadOnly
    part.hooks = spec.hooks
    part.waitsBeforeRoot = !spec.hooks.prestart.isEmpty || !spec.hooks.createRuntime.isEmpty
    part.raisesLoopback = own.contains(.network)
    part.memoryPolicy = spec.linux.memoryPolicy
    part.terminal = spec.process.terminal
    part.consoleSize = spec.process.consoleSize
    // Without a rule that notifies the path is passed over, but for an agent that listens nevertheless (as in crun).
    part.handsOutListener =
      process.notifies || (spec.linux.seccomp?.listenerPath != nil && !process.plan.seccomp.isEmpty)
    launch = Launch(plan: initial, namespaces: own.subtracting([.cgroup, .time]), bundle: part)
    if own.contains(.user) {
      launch.idMap = IDMap(uids: spec.linux.uidMappings, gids: spec.linux.gidMappings)
      // Without mappings: everybody is who they are outside, as far as this process may say so.
      if launch.idMap.isEmpty {
        let isRoot = Kernel.effectiveUserID() == 0
        launch.idMap = IDMap(
          uids: [OCIIDMapping(containerID: 0, hostID: isRoot ? 0 : Kernel.effectiveUserID(), size: isRoot ? .max : 1)],
          gids: [OCIIDMapping(containerID: 0, hostID: isRoot ? 0 : Kernel.effectiveGroupID(), size: isRoot ? .max : 1)])
      }
    }
    resources = spec.linux.resources
    warnings += Self.kernelMemory(resources)
    resources.devices = [OCIDeviceRule(allow: false)] + resources.devices + Self.defaultDevices
  }

  /// What is said of a limit of the kernel's own memory, which no kernel keeps any more.
  static func kernelMemory(_ resources: OCIResources) -> [String] {
    // -1 is no limit, as without it.
    (resources.memory.kernel ?? -1) == -1
      ? [] : ["memory.kernel is passed over: kernels count their own memory against memory.limit"]
  }

  /// What every container may use beside its own rules: any node may be made, these may be opened (as in runc).
  private static let defaultDevices: [OCIDeviceRule] =
    [
      OCIDeviceRule(allow: true, type: "c", access: "m"), OCIDeviceRule(allow: true, type: "b", access: "m"),
    ] + OCIDeviceRule.containerDefaults.filter(\.allow)

  private static func sysctls(
    _ wanted: [String: String], _ namespaces: [OCINamespace]
  ) throws(RuntimeFailure) -> [SysctlWrite] {
    func has(_ kind: OCINamespace.Kind) throws(RuntimeFailure) -> Bool {
      guard let namespace = namespaces.first(where: { $0.type == kind }) else { return false }
      guard let path = namespace.path else { return true }
      return try attempt("look at the namespace") { () throws(SyscallError) in
        let (theirs, name) = (try Kernel.status(of: FilePath(path)), kind == .network ? "net" : kind.rawValue)
        return theirs.inode != (try Kernel.status(of: FilePath("/proc/self/ns/\(name)"))).inode
      }
    }
    if wanted.isEmpty { return [] }
    let (network, ipc, uts) = (try has(.network), try has(.ipc), try has(.uts))
    var writes: [SysctlWrite] = []
    for (name, value) in wanted.sorted(by: { $0.key < $1.key }) {
      do throws(SecurityError) {
        let path = try Sysctl.path(of: name, value: value, ownNetwork: network, ownIPC: ipc, ownUTS: uts)
        writes.append(SysctlWrite(path: path, value: value))
      } catch {
        throw RuntimeFailure("linux.sysctl: \(error)")
      }
    }
    return writes
  }
}
