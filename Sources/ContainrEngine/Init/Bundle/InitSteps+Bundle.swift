// The steps that only an OCI runtime's processes take. Without a bundle's part each of them does nothing.
internal import CContainrLinux
internal import ContainrNamespaces
internal import ContainrOCI
internal import ContainrRootfs
internal import ContainrSecurity
internal import ContainrSystem
internal import SystemPackage

extension InitSteps {
  static func runCreateHooks(_ context: InitContext) throws(SyscallError) {
    guard let bundle = context.bundle else { return }
    if !bundle.waitsBeforeRoot, bundle.hooks.createContainer.isEmpty { return }
    try context.socket.send(InitMessage.mounted.bytes)
    try awaitHost(context)
    try runHooks(bundle.hooks.createContainer, "createContainer", "creating", context)
  }

  static func runStartHooks(_ context: InitContext) throws(SyscallError) {
    guard let bundle = context.bundle else { return }
    // They are programs in the container, and confined as its own (as in runc).
    if !bundle.hooks.startContainer.isEmpty, context.plan.process.process.noNewPrivileges { try installFilter(context) }
    let hooks = bundle.hooks.startContainer.map { hook in
      var hook = hook
      // Nothing of the caller's: what the container's own program has (as in runc).
      hook.env = hook.env ?? context.environment
      return hook
    }
    try runHooks(hooks, "startContainer", "created", context)
  }

  private static func runHooks(
    _ hooks: [OCIHook], _ kind: String, _ status: String, _ context: InitContext
  ) throws(SyscallError) {
    guard let bundle = context.bundle, !hooks.isEmpty else { return }
    do throws(HookError) {
      try HookRunner.run(hooks, kind, state: bundle.state(status, cl_getpid()))
    } catch {
      throw SyscallError(errno: error.errno, operation: "hook", detail: error.description)
    }
  }

  static func mountCgroups(_ context: InitContext) throws(SyscallError) {
    guard let bundle = context.bundle, let target = bundle.cgroupTarget else { return }
    let root = ContainerRoot(taking: try Kernel.open("/", [.path, .directory]))
    let directory = try root.open(FilePath(target), [.path, .directory])
    for (name, mount) in zip(bundle.cgroupMountNames, context.cgroupMounts) {
      try Kernel.makeDirectory(FilePath(name), at: directory.raw)
      let place = try Kernel.open(FilePath(name), at: directory.raw, [.path, .directory, .noFollow])
      let own = DetachedMount(taking: try mount.duplicate())
      try own.attach(onto: place)
      // Each by itself: the limits are in these, not in the directory that holds them.
      if bundle.cgroupsAreReadOnly { try MountApplier.makeReadOnly(own.fd.raw) }
    }
    context.cgroupMounts = []
    for link in bundle.cgroupLinks { try Kernel.makeSymlink(FilePath(link.name), to: link.target, at: directory.raw) }
    if bundle.cgroupsAreReadOnly { try MountApplier.makeReadOnly(directory.raw) }
  }

  /// The caller's own streams, or a terminal.
  static func openCallers(_ bundle: BundlePart, _ context: InitContext) throws(SyscallError) {
    if bundle.terminal { return try makeTerminal(bundle.consoleSize, context) }
    for number in CInt(0)...2 {
      let status = try Kernel.status(at: number)
      // Pipes are the caller's gift: without their owner /dev/stdout would not open. Files and devices are not.
      guard status.mode & 0o170000 == 0o010000, status.uid != context.uid else { continue }
      do throws(SyscallError) {
        try Kernel.changeOwner(at: number, uid: context.uid, gid: context.gid)
      } catch {
        // EINVAL: the id is none of this user namespace; EPERM, EROFS: not ours to give.
        if ![1, 22, 30].contains(error.errno) { throw error }
      }
    }
  }

  /// From the container's own devpts, which is checked to be one: an image must not stand in for the terminal.
  static func makeTerminal(_ size: OCIConsoleSize?, _ context: InitContext) throws(SyscallError) {
    let root = try context.rootDirectory()
    let master = try root.open("/dev/pts/ptmx", [.readWrite, .noControl])
    let status = try Kernel.status(at: master.raw)
    guard status.isCharacterDevice, (status.deviceMajor, status.deviceMinor) == (5, 2),
      try Kernel.fileSystemType(master.raw) == 0x1CD1  // DEVPTS_SUPER_MAGIC
    else {
      throw SyscallError(
        errno: 19, operation: "open", path: "/dev/pts/ptmx",
        detail: "no devpts is mounted on /dev/pts: a terminal needs one")
    }
    let peer = OwnedFD(taking: try check(cl_terminal_peer(master.raw), "ioctl(TIOCGPTPEER)"))
    if let size {
      try check(cl_set_winsize(peer.raw, size.height, size.width), "ioctl(TIOCSWINSZ)")
    }
    if context.bundle?.keepsNewlines == true { try Kernel.keepNewlines(peer.raw) }
    try Kernel.changeOwner(at: peer.raw, uid: context.uid, gid: try Kernel.status(at: peer.raw).gid)
    if !context.isEntering { try coverConsole(root, peer.raw) }
    try Kernel.send(
      InitMessage.terminal.bytes, descriptors: [master.raw], to: context.console?.raw ?? context.socket.fd.raw)
    try check(cl_terminal_control(peer.raw), "ioctl(TIOCSCTTY)")
    for number in CInt(0)...2 { try check(cl_dup3(peer.raw, number, 0), "dup3") }
  }

  /// /dev/console is the terminal, by a mount of its very file.
  private static func coverConsole(_ root: ContainerRoot, _ peer: CInt) throws(SyscallError) {
    let place: OwnedFD
    do throws(SyscallError) {
      place = try root.makeFile("/dev/console")
    } catch {
      // A read-only /dev without one has no place for it; the terminal is there all the same.
      if error.errno == 30 { return }
      throw error
    }
    guard try !Kernel.status(at: place.raw).isSymbolicLink else {
      throw SyscallError(errno: 40, operation: "open", path: "/dev/console", detail: "is a symlink")
    }
    try MountApplier.cover(place, with: peer)
  }

  /// All that asks the kernel for something before the filter, which may allow little: an engine's profile is made for the
  /// program, not for us. With the user's ids for a moment. A stack's own profile is ours, and its steps come later.
  static func probeProgram(_ context: InitContext) throws(SyscallError) {
    guard let bundle = context.bundle else { return }
    if context.plan.process.process.args.first != nil {
      try Credentials.asUser(uid: context.uid, gid: context.gid, groups: context.groups) { () throws(SyscallError) in
        try lookForWorkingDirectory(context)
        try lookForProgram(context)
      }
    }
    if !bundle.awaitsStart { try closeAll(from: 3, but: [context.socket.fd.raw] + bundle.preservedDescriptors) }
  }

  static func awaitStart(_ context: InitContext) throws(SyscallError) {
    guard let bundle = context.bundle, bundle.awaitsStart else { return }
    // While it waits nothing of the host is open in it, its maker's lock among that.
    let gate = bundle.gate.map { [$0.raw] } ?? []
    try closeAll(from: 3, but: [context.socket.fd.raw] + gate + bundle.preservedDescriptors)
    // The maker may end; what it has made stays.
    try ProcessReset.parentDeathSignal()
    try context.socket.send(InitMessage.created.bytes)
    if let gate = bundle.gate {
      var visitor = try UnixSocket.accept(gate.raw)
      while visitor == nil {
        _ = try Kernel.waitReadable(gate.raw, milliseconds: -1)
        visitor = try UnixSocket.accept(gate.raw)
      }
      if let visitor = visitor.take() { context.socket = SeqPacketSocket(taking: visitor) }
    }
    guard let received = try context.socket.receive(limit: 64) else { cl__exit(125) }
    do throws(WireError) {
      if try InitMessage(bytes: received.bytes) == .proceed { return }
    } catch {
      throw SyscallError(errno: 71, operation: "recvmsg", detail: error.description)
    }
    throw SyscallError(errno: 71, operation: "recvmsg", detail: "not the message to start")
  }

  /// Closes every descriptor from a number on, but some.
  static func closeAll(from first: UInt32, but kept: [CInt]) throws(SyscallError) {
    var next = first
    for number in kept.map({ UInt32($0) }).sorted() where number >= next {
      if number > next { try check(cl_close_range(next, number - 1, 0), "close_range") }
      next = number + 1
    }
    try check(cl_close_range(next, UInt32.max, 0), "close_range")
  }

  static func setProcessors(_ set: [UInt8]?) throws(SyscallError) {
    guard let set else { return }
    try check(cl_sched_setaffinity(set, set.count), "sched_setaffinity", detail: "execCPUAffinity")
  }
}
