// The steps that build the container around the process: namespaces, cgroup, mounts, root.
internal import CContainrLinux
internal import ContainrNamespaces
internal import ContainrOCI
internal import ContainrRootfs
internal import ContainrSecurity
internal import ContainrSystem
internal import SystemPackage

extension InitSteps {
  static func dieWithShim(_ context: InitContext) throws(SyscallError) { try die(with: context.parent) }

  static func dieWithShimAgain(_ context: InitContext) throws(SyscallError) {
    // What an OCI runtime has made outlives it.
    if context.bundle != nil { return try ProcessReset.parentDeathSignal() }
    try die(with: context.parent)
  }

  /// `parent` is the pidfd of this process's parent.
  static func die(with parent: SharedFD) throws(SyscallError) {
    try check(cl_prctl(1, 9, 0, 0, 0), "prctl(PR_SET_PDEATHSIG)")
    // It may have died before the signal was asked for.
    if try Kernel.waitReadable(parent.raw, milliseconds: 0) { cl__exit(125) }
  }

  static func reset(_ context: InitContext) throws(SyscallError) {
    try ProcessReset.signals()
    ProcessReset.umask(0)
  }

  static func joinNamespaces(_ context: InitContext) throws(SyscallError) {
    // The pid namespace is not this process's to join: the shim did it before the clone.
    try FirstProcess.enter(context.joins.filter { $0.1 != .pid })
  }

  static func takeFromHostSide(_ context: InitContext) throws(SyscallError) {
    guard let socket = context.hostSide else { return }
    let channel = SeqPacketSocket(taking: try socket.duplicate())
    switch try HostSide.receive(from: channel) {
    case .success(let mounts): context.given = mounts
    case .failure(let failure): InitStep.fail(context, failure.stage, failure.error)
    }
  }

  static func setTimeOffsets(_ context: InitContext) throws(SyscallError) {
    guard let lines = context.plan.timeOffsets else { return }
    try Kernel.unshare(.time)
    let proc = try PrivateProc.open()
    try Kernel.setTimeOffsets(lines, procfs: proc.raw)
  }

  static func becomeNamespaceRoot(_ context: InitContext) throws(SyscallError) {
    if !context.plan.inUserNamespace { return }
    try UserNamespace.becomeRoot()
    try ProcessReset.setDumpable(false)  // whoever is not root had to leave it on for its ids
    try die(with: context.parent)  // the kernel has cleared it with the credentials
  }

  static func setRootPropagation(_ context: InitContext) throws(SyscallError) {
    guard let flags = context.plan.rootPropagation else { return }
    try check(cl_mount(nil, "/", nil, UInt(flags), nil), "mount", "/", detail: "rootfsPropagation")
  }

  static func announce(_ context: InitContext) throws(SyscallError) {
    if !context.plan.ownNetwork { return try context.socket.send(InitMessage.namespaces.bytes) }
    // What new interfaces begin with, before the host makes the first. Through the host's procfs, which shows whoever opens
    // a file below it his own namespace. In a user namespace without ids it may be refused: then it is written later.
    for parameter in context.plan.sysctls where parameter.ofComingInterfaces {
      do throws(SyscallError) {
        try Kernel.write(parameter.value, into: FilePath("/proc/sys/" + parameter.path))
      } catch {
        if ![1, 2, 13, 22].contains(error.errno) { throw error }
      }
    }
    let route = try Kernel.routeSocket()
    try context.socket.send(InitMessage.namespaces.bytes, descriptors: [route.raw])
  }

  static func openOwnProgram(_ context: InitContext) throws(SyscallError) {
    if context.plan.usesInit { context.ownProgram = SharedFD(try Kernel.open("/proc/self/exe", [.path])) }
  }

  static func enterCgroup(_ context: InitContext) throws(SyscallError) {
    if !context.plan.cgroupComes { try joinCgroup(context) }
  }

  static func enterComingCgroup(_ context: InitContext) throws(SyscallError) {
    if !context.plan.cgroupComes { return }
    try joinCgroup(context)
    if context.plan.cgroupNamespace { try Kernel.unshare(.cgroup) }
  }

  private static func joinCgroup(_ context: InitContext) throws(SyscallError) {
    do throws(SyscallError) {
      for path in context.plan.cgroupFiles { try Kernel.write("0", into: FilePath(path)) }
      for file in context.cgroupFiles { try Kernel.writeAll(file.raw, [UInt8(ascii: "0")]) }
    } catch {
      // v1's cpu controller takes no real-time process that it could not run.
      guard error.errno == 22, let policy = context.plan.process.process.scheduler?.policy, (1...2).contains(policy)
      else { throw error }
      throw SyscallError(
        errno: 22, operation: error.operation, path: error.path,
        detail: "a real-time scheduler needs resources.cpu.realtimeRuntime here")
    }
  }

  static func makeCgroupNamespace(_ context: InitContext) throws(SyscallError) {
    if context.plan.cgroupNamespace, !context.plan.cgroupComes { try Kernel.unshare(.cgroup) }
  }

  static func makeKeyring(_ context: InitContext) throws(SyscallError) {
    if let label = context.plan.process.process.selinuxLabel {
      let proc = try PrivateProc.open()
      try ExecLabels.setSELinuxOfKeys(label, procfs: proc.raw)
    }
    if context.bundle?.keepsKeyring != true { try ProcessReset.sessionKeyring() }
  }

  static func setLabels(_ context: InitContext) throws(SyscallError) {
    let process = context.plan.process.process
    if process.apparmorProfile == nil, process.selinuxLabel == nil { return }
    let proc = try PrivateProc.open()
    if let profile = process.apparmorProfile {
      try ExecLabels.setAppArmor(profile, noNewPrivileges: process.noNewPrivileges, procfs: proc.raw)
    }
    if let label = process.selinuxLabel { try ExecLabels.setSELinux(label, procfs: proc.raw) }
  }

  static func mount(_ context: InitContext) throws(SyscallError) {
    for (index, step) in context.plan.mounts.enumerated()
    where step.staysShared && !context.given.contains(where: { $0.0 == index }) {
      context.mounting = step
      context.given.append((index, SharedFD(try MountApplier.hostTree(step, userNamespace: nil).release())))
    }
    context.mounting = nil
    var applier: MountApplier
    if let prepared = context.applier {
      applier = prepared
    } else {
      applier = try MountApplier(
        inUserNamespace: context.plan.inUserNamespace, propagation: context.plan.treePropagation)
    }
    applier.followsDangling = context.bundle != nil
    for (index, mount) in context.given where context.plan.mounts.indices.contains(index) {
      applier.adopt(context.plan.mounts[index], mount)
    }
    context.given = []
    for step in context.plan.mounts {
      context.mounting = step
      try applier.apply(step) { (proc: CInt) throws(SyscallError) in
        // Written on the way, since procfs is at hand; it is not the mount that fails.
        for parameter in context.plan.sysctls where !parameter.ofInterface {
          named("set the kernel parameter", context) { () throws(SyscallError) in try parameter.write(proc) }
        }
        // Without a wish a stack's container is lifted to 0; the runtime-spec leaves the score as it is.
        if context.bundle != nil, context.plan.process.process.oomScoreAdj == nil { return }
        named("set oom_score_adj", context) { () throws(SyscallError) in
          try ProcessReset.oomScoreAdjust(context.plan.process.process.oomScoreAdj, procfs: proc)
        }
        context.scoreIsSet = true
      }
    }
    context.root = try applier.mountedRoot()
  }

  /// What fails is told by this name instead of the mount's.
  private static func named(
    _ stage: String, _ context: InitContext, _ body: () throws(SyscallError) -> Void
  ) {
    do throws(SyscallError) { try body() } catch {
      context.mounting = nil
      InitStep.fail(context, stage, error)
    }
  }

  static func setOOMScore(_ context: InitContext) throws(SyscallError) {
    if context.scoreIsSet || (context.bundle != nil && context.plan.process.process.oomScoreAdj == nil) { return }
    let proc = try PrivateProc.open()
    try ProcessReset.oomScoreAdjust(context.plan.process.process.oomScoreAdj, procfs: proc.raw)
  }

  static func setHostname(_ context: InitContext) throws(SyscallError) {
    if let name = context.plan.hostname { try Kernel.setHostname(name) }
    if let name = context.plan.domainname { try Kernel.setDomainname(name) }
    if context.bundle?.raisesLoopback == true { try Kernel.bringLoopbackUp() }
  }

  static func switchRoot(_ context: InitContext) throws(SyscallError) {
    try context.rootDirectory().enter(context.plan.rootSwitch)
  }

  static func awaitHost(_ context: InitContext) throws(SyscallError) {
    if context.hostHasProceeded { return }
    context.hostHasProceeded = true
    guard let received = try context.socket.receive(limit: 64) else { cl__exit(125) }  // the host has died
    do throws(WireError) {
      if try InitMessage(bytes: received.bytes) == .proceed {
        let mounts = context.bundle?.cgroupMountNames.count ?? 0
        if context.plan.cgroupComes { context.cgroupFiles = received.descriptors.dropLast(mounts) }
        context.cgroupMounts = received.descriptors.suffix(mounts)
        return
      }
    } catch {
      throw SyscallError(errno: 71, operation: "recvmsg", detail: error.description)
    }
    throw SyscallError(errno: 71, operation: "recvmsg", detail: "not the message to go on")
  }

  static func setInterfaceParameters(_ context: InitContext) throws(SyscallError) {
    let parameters = context.plan.sysctls.filter(\.ofInterface)
    if parameters.isEmpty { return }
    let proc = try PrivateProc.open(forProcesses: false)
    for parameter in parameters { try parameter.write(proc.raw) }
  }
}

extension SysctlWrite {
  /// Whether it belongs to one network interface, which exists only after the host's work.
  var ofInterface: Bool {
    let parts = path.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
    guard parts.count > 4, parts[0] == "net", parts[2] == "conf" || parts[2] == "neigh" else { return false }
    return !["all", "default", "lo"].contains(parts[3])
  }

  /// Whether it is what interfaces to come begin with.
  var ofComingInterfaces: Bool { path.hasPrefix("net/ipv6/conf/default/") || path.hasPrefix("net/ipv4/conf/default/") }

  /// Writes it through a procfs that nobody else reaches.
  func write(_ proc: CInt) throws(SyscallError) {
    do throws(SyscallError) {
      let file = try Kernel.open(FilePath("sys/" + path), at: proc, .writeOnly, resolve: PrivateProc.scope)
      try file.writeAll(Array(value.utf8))
    } catch {
      throw SyscallError(
        errno: error.errno, operation: error.operation, path: FilePath("/proc/sys/" + path), detail: "value \(value)")
    }
  }
}
