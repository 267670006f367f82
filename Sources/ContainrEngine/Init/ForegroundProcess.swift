// A container's first process as the child of a command that waits for it: no shim, no log, no record. What a shim
// would be for, the command does itself as long as it lives, and with it the container ends (PDEATHSIG).
internal import CContainrLinux
public import ContainrNamespaces
internal import ContainrSecurity
public import ContainrSystem
internal import SystemPackage

/// The process, as its parent sees it.
public final class ForegroundProcess: Sendable {
  /// Readable when the process has ended.
  public let pidfd: SharedFD
  /// What it writes; non-blocking.
  public let stdout: SharedFD
  /// See `stdout`.
  public let stderr: SharedFD
  private let socket: SeqPacketSocket

  private init(_ child: consuming ClonedProcess, stdout: SharedFD, stderr: SharedFD, socket: consuming SeqPacketSocket) {
    pidfd = SharedFD(child.takePidFD())
    self.stdout = stdout
    self.stderr = stderr
    self.socket = socket
  }

  /// Starts it; the caller has one thread, and its program file cannot be written to from inside (baseline rule 7).
  /// `cgroup` is a v2 cgroup's directory. Whether the program was reached is known when it has ended, from `failure`.
  public static func start(
    _ plan: InitPlan, _ namespaces: NamespaceSet, cgroup: CInt?
  ) throws(SyscallError) -> ForegroundProcess {
    let ends = try SeqPacketSocket.pair()
    let near = SeqPacketSocket(taking: OwnedFD(taking: ends.0))
    let far = SharedFD(OwnedFD(taking: ends.1))
    // There is nothing that the process would have to wait for: the answer lies there before it asks.
    try near.send(InitMessage.proceed.bytes)
    let stdout = try OutputPipe()
    let stderr = try OutputPipe()
    let parent = SharedFD(OwnedFD(taking: try check(cl_pidfd_open(cl_getpid(), 0), "pidfd_open")))
    // Until execve nobody inside may trace the child or open its files in /proc; so before there is one.
    try ProcessReset.setDumpable(false)
    guard let child = try ClonedProcess.clone(namespaces, cgroup: cgroup) else {
      initialize(plan, far, parent, [nil, stdout.write, stderr.write])
    }
    return ForegroundProcess(child, stdout: stdout.read, stderr: stderr.read, socket: near)
  }

  /// After the end: the step at which it failed; nil if its program ran.
  public func failure() throws(SyscallError) -> InitFailure? {
    var isExecuting = false
    do throws(WireError) {
      while let bytes = try next() {
        switch try InitMessage(bytes: bytes) {
        case .failed(let failure): return failure
        case .executing: isExecuting = true
        case .request, .spawned, .namespaces, .proceed, .exited: continue
        }
      }
    } catch {
      throw SyscallError(errno: 71, operation: "recvmsg", detail: error.description)
    }
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

  private func next() throws(WireError) -> [UInt8]? {
    do throws(SyscallError) {
      return try socket.receive(limit: 8192)?.bytes
    } catch {
      throw WireError(description: error.description)
    }
  }

  /// The child's side.
  private static func initialize(
    _ plan: InitPlan, _ socket: SharedFD, _ parent: SharedFD, _ standard: [SharedFD?]
  ) -> Never {
    let channel = SeqPacketSocket(taking: OwnedFD(taking: socket.raw))
    do throws(SyscallError) {
      // What a shim does before it clones (baseline rule 13): the caller's terminal and priorities stay the caller's.
      try check(cl_setsid(), "setsid")
      try ProcessReset.scheduling()
    } catch {
      _ = Shim.report("leave the caller's session", error, to: channel)
      cl__exit(125)
    }
    InitStep.become(InitContext(plan, socket: channel, parent: parent, standard: standard))
  }
}
