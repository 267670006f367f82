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
    for (file, kind) in context.joins where kind != .pid { try Kernel.join(file.raw, kind) }
  }

  static func announce(_ context: InitContext) throws(SyscallError) {
    if !context.plan.ownNetwork { return try context.socket.send(InitMessage.namespaces.bytes) }
    let route = try Kernel.routeSocket()
    try context.socket.send(InitMessage.namespaces.bytes, descriptors: [route.raw])
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
    for path in context.plan.cgroupFiles { try Kernel.write("0", into: FilePath(path)) }
    for file in context.cgroupFiles { try Kernel.writeAll(file.raw, [UInt8(ascii: "0")]) }
  }

  static func makeCgroupNamespace(_ context: InitContext) throws(SyscallError) {
    if context.plan.cgroupNamespace, !context.plan.cgroupComes { try Kernel.unshare(.cgroup) }
  }

  static func makeKeyring(_ context: InitContext) throws(SyscallError) {
    if let label = context.plan.process.process.selinuxLabel {
      let proc = try PrivateProc.open()
      try ExecLabels.setSELinuxOfKeys(label, procfs: proc.raw)
    }
    try ProcessReset.sessionKeyring()
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
    var applier: MountApplier
    if let prepared = context.applier { applier = prepared } else { applier = try MountApplier() }
    for step in context.plan.mounts {
      context.mounting = step
      try applier.apply(step) { (proc: CInt) throws(SyscallError) in
        for parameter in context.plan.sysctls where !parameter.ofInterface { try parameter.write(proc) }
        try ProcessReset.oomScoreAdjust(context.plan.process.process.oomScoreAdj, procfs: proc)
        context.scoreIsSet = true
      }
    }
    context.root = try applier.mountedRoot()
  }

  static func setOOMScore(_ context: InitContext) throws(SyscallError) {
    if context.scoreIsSet { return }
    let proc = try PrivateProc.open()
    try ProcessReset.oomScoreAdjust(context.plan.process.process.oomScoreAdj, procfs: proc.raw)
  }

  static func setHostname(_ context: InitContext) throws(SyscallError) {
    if let name = context.plan.hostname { try Kernel.setHostname(name) }
  }

  static func switchRoot(_ context: InitContext) throws(SyscallError) {
    try context.rootDirectory().enter(context.plan.rootSwitch)
  }

  static func awaitHost(_ context: InitContext) throws(SyscallError) {
    guard let received = try context.socket.receive(limit: 64) else { cl__exit(125) }  // the host has died
    do throws(WireError) {
      if try InitMessage(bytes: received.bytes) == .proceed {
        if context.plan.cgroupComes { context.cgroupFiles = received.descriptors }
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
    let proc = try PrivateProc.open()
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
