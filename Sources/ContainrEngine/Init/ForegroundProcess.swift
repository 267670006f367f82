// A container's first process as the child of a command that waits for it: no shim, no log, no record. What a shim
// would be for, the command does itself as long as it lives, and with it the container ends (PDEATHSIG).
internal import CContainrLinux
public import ContainrNamespaces
internal import ContainrRootfs
internal import ContainrSecurity
public import ContainrSystem
internal import SystemPackage

/// The process, as its parent sees it.
public final class ForegroundProcess {
  /// Readable when the process has ended.
  public let pidfd: SharedFD
  private var output: (stdout: SharedFD, stderr: SharedFD)?
  private let socket: SeqPacketSocket
  /// What still ties the mount of our own program's file to us. Closing it waits for the kernel: done while the process
  /// is at work, not before it is begun.
  private var seal: SharedFD?
  /// Of its mounts.
  private(set) var servers: [ServedRoot] = []
  private let parent: SharedFD
  private var isExecuting = false
  private var failed: InitFailure?

  private init(
    _ child: consuming ClonedProcess, stdout: SharedFD, stderr: SharedFD, socket: consuming SeqPacketSocket,
    seal: SharedFD?, parent: SharedFD
  ) {
    self.seal = seal
    self.parent = parent
    pidfd = SharedFD(child.takePidFD())
    output = (stdout, stderr)
    self.socket = socket
  }

  /// What it has of its own, beside its cgroup.
  public static let namespaces: NamespaceSet = [.mount, .pid, .uts, .ipc, .network]

  /// Starts it; the caller has one thread, and its program file cannot be written to from inside.
  /// While the caller finds out what the container is to be, the process makes what every container has: namespaces, the
  /// loopback, the standard mounts. `cgroup` is a v2 cgroup's directory.
  public static func begin(cgroup: CInt?) throws(SyscallError) -> ForegroundProcess {
    let ends = try SeqPacketSocket.pair()
    let near = SeqPacketSocket(taking: OwnedFD(taking: ends.0))
    let far = SharedFD(OwnedFD(taking: ends.1))
    let stdout = try OutputPipe()
    let stderr = try OutputPipe()
    let parent = SharedFD(OwnedFD(taking: try check(cl_pidfd_open(cl_getpid(), 0), "pidfd_open")))
    let seal = try Kernel.sealDescriptor().map { SharedFD(OwnedFD(taking: $0)) }
    // Until execve nobody inside may trace the child or open its files in /proc; so before there is one.
    try ProcessReset.setDumpable(false)
    // The other namespaces it makes itself: in clone3 they would be made on the caller's time.
    guard let child = try ClonedProcess.clone(.pid, cgroup: cgroup) else {
      initialize(far, near.fd.raw, seal?.raw, parent, [nil, stdout.write, stderr.write])
    }
    // What it is allowed in the end is what it resets itself to.
    try child.leaveCallersCPU()
    return ForegroundProcess(child, stdout: stdout.read, stderr: stderr.read, socket: near, seal: seal, parent: parent)
  }

  /// Hands over what it writes, non-blocking; once. Who closes an end lets it find its pipe closed.
  public func takeOutput() -> (stdout: SharedFD, stderr: SharedFD)? {
    defer { output = nil }
    return output
  }

  /// Tells it what the container is; it then builds its mounts.
  public func become(_ plan: InitPlan) throws(SyscallError) {
    var writer = WireWriter()
    plan.encode(to: &writer)
    let memory = try Kernel.sealedMemory(named: "containr-plan", writer.bytes)
    var mounts: [SharedFD] = []
    for case .served(let overlay) in plan.mounts {
      let (server, mount) = try ServedRoot.start(overlay, label: plan.mountLabel, parent: parent)
      servers.append(server)
      mounts.append(mount)
    }
    try send(.request(.container), [memory.raw] + mounts.map(\.raw))
  }

  /// Descriptors that are readable when a server of its files has ended.
  public var serverEnds: [CInt] { servers.map(\.pidfd.raw) }

  /// After the process's end: waits for its servers.
  public func endServers() throws(SyscallError) { try ServedRoot.outlive(servers) }

  /// Kills its servers: a process that SIGKILL does not end may wait for an answer that none of them gives.
  public func killServers() throws(SyscallError) { for server in servers { try server.kill() } }

  /// One of `serverEnds` was readable: what is to be told of it; nil: it has ended with the process.
  public func loss(ofServer index: Int) throws(SyscallError) -> String? {
    try servers[index].loss(of: pidfd.raw)
  }

  /// Lets it go on to its program, in the cgroup of these open `tasks` files. Whether the program was reached is known
  /// when it has ended, from `failure`.
  public func proceed(cgroupFiles: [SharedFD]) throws(SyscallError) {
    seal = nil
    try send(.proceed, cgroupFiles.map(\.raw))
  }

  private func send(_ message: InitMessage, _ descriptors: [CInt]) throws(SyscallError) {
    do throws(SyscallError) {
      try socket.send(message.bytes, descriptors: descriptors)
    } catch {
      if error.errno != 32 && error.errno != 104 { throw error }  // it has failed: why is in its message
    }
  }

  /// Kills it and waits for its end, if that was not waited for.
  public func end() throws(SyscallError) {
    try send(signal: 9)
    _ = try Kernel.waitForExit(pidfd: pidfd.raw)
  }

  /// After the end: the step at which it failed; nil if its program ran.
  public func failure() throws(SyscallError) -> InitFailure? {
    while failed == nil, try progress() != .over {}
    if let failed { return failed }
    if isExecuting { return nil }
    return InitFailure(
      stage: "start the container",
      error: SyscallError(
        errno: 3, operation: "execve", detail: "its first process died before the program was started"))
  }

  /// Sends a signal; one that comes after its end is no error.
  public func send(signal: Int32) throws(SyscallError) {
    let result = cl_pidfd_send_signal(pidfd.raw, signal)
    if result != -3 { try check(result, "pidfd_send_signal") }
  }

  /// How far it has come.
  public enum Progress: Sendable {
    case building
    /// All is made; the next thing is its program.
    case executing
    /// Nothing more will be told.
    case over
  }

  /// Readable when it has told something or ended.
  public var news: CInt { socket.fd.raw }

  /// What it tells next; waits for it.
  public func progress() throws(SyscallError) -> Progress {
    guard let bytes = try socket.receive(limit: 8192)?.bytes else { return .over }
    do throws(WireError) {
      switch try InitMessage(bytes: bytes) {
      case .failed(let failure):
        failed = failure
        return .over
      case .executing:
        isExecuting = true
        return .executing
      case .request, .spawned, .namespaces, .proceed, .exited, .mounted, .created, .terminal, .listener:
        return .building
      }
    } catch {
      throw SyscallError(errno: 71, operation: "recvmsg", detail: error.description)
    }
  }

  /// The child's side. `near` is the parent's end of the socket, whose copy would hide the parent's death.
  private static func initialize(
    _ socket: SharedFD, _ near: CInt, _ seal: CInt?, _ parent: SharedFD, _ standard: [SharedFD?]
  ) -> Never {
    let channel = SeqPacketSocket(taking: OwnedFD(taking: socket.raw))
    var stage = "leave the caller's session"
    do throws(SyscallError) {
      // First: from here on the parent's death is ours, so that nothing is left if it is killed.
      try InitSteps.die(with: parent)
      try check(cl_close(near), "close")
      if let seal { try check(cl_close(seal), "close") }
      // What a shim does before it clones: the caller's terminal and priorities stay the caller's.
      try check(cl_setsid(), "setsid")
      try ProcessReset.scheduling()
      try ProcessReset.signals()
      ProcessReset.umask(0)  // for the modes of /dev
      stage = "make the namespaces"
      try Kernel.unshare(namespaces.subtracting(.pid))
      stage = "bring up the loopback"
      try Kernel.bringLoopbackUp()
      stage = "make the standard mounts"
      var applier = try prepared()
      stage = "read the plan"
      guard let request = try channel.receive(limit: 64) else { cl__exit(125) }  // the parent has given up
      guard let memory = request.descriptors.first else {
        throw SyscallError(errno: 71, operation: "recvmsg", detail: "no plan")
      }
      var reader = WireReader(try Kernel.memory(memory.raw))
      let plan = try Shim.decode(InitPlan.self, &reader)
      for (step, mount) in zip(plan.mounts.filter(\.isServed), request.descriptors.dropFirst()) {
        applier.adopt(step, mount)
      }
      InitStep.become(
        InitContext(plan, socket: channel, parent: parent, standard: standard, applier: applier))
    } catch {
      _ = Shim.report(stage, error, to: channel)
      cl__exit(125)
    }
  }

  private static func prepared() throws(SyscallError) -> MountApplier {
    var applier = try MountApplier()
    let steps: [MountStep]
    do throws(MountPlanError) { steps = try MountPlan.systemSteps() } catch {
      throw SyscallError(errno: 22, operation: "plan", detail: error.description)
    }
    try applier.prepare(steps)
    try applier.prepareMasks(MaskedPaths.defaults)
    return applier
  }
}
