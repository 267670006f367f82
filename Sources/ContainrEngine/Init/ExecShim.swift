// `containr-shim exec`: enters a running container, starts a command there and waits for its end. Dies with the host, unless
// that has left it to itself.
internal import CContainrLinux
internal import ContainrNamespaces
internal import ContainrRootfs
internal import ContainrSystem
internal import SystemPackage

/// The parent of one command in a container.
enum ExecShim {
  /// `descriptors`: the plan, the pidfd of the container's first process; then, as the plan says, stdin, stdout, stderr
  /// and the container's root.
  static func run(_ socket: consuming SeqPacketSocket, _ descriptors: consuming [SharedFD]) -> Int32 {
    let child: SharedFD
    /// What the command leaves to read, where nobody is left to do it.
    var leftover: SharedFD?
    do throws(SyscallError) {
      let plan = try plan(descriptors)
      child = try begin(socket, descriptors, plan)
      // What the command has is its own; its pipes end when it ends.
      descriptors = []
      if !plan.isDetached {
        switch try follow(child.raw, socket) {
        case .ended(let status):
          try socket.send(InitMessage.exited(status).bytes)
          return 0
        case .gone: return 1
        case .left(let terminal): leftover = terminal
        }
      }
    } catch {
      return Shim.report("enter the container", error, to: socket)
    }
    close(socket)
    do throws(SyscallError) {
      try outlive(child.raw, leftover)
      return 0
    } catch { return 1 }
  }

  private static func close(_ socket: consuming SeqPacketSocket) {}

  private static func plan(_ descriptors: [SharedFD]) throws(SyscallError) -> ExecPlan {
    guard descriptors.count >= 2 else { throw SyscallError(errno: 71, operation: "recvmsg", detail: "no plan") }
    var reader = WireReader(try Kernel.memory(descriptors[0].raw))
    return try Shim.decode(ExecPlan.self, &reader)
  }

  /// Up to where the command may go on: in its cgroup. Answers its pidfd.
  private static func begin(
    _ socket: borrowing SeqPacketSocket, _ descriptors: [SharedFD], _ plan: ExecPlan
  ) throws(SyscallError) -> SharedFD {
    let gate = try Kernel.pipe().release()
    let child = try enter(socket, descriptors, plan, gate: gate)
    try check(cl_close(gate.read), "close")
    try socket.send(InitMessage.spawned(child.pid).bytes)
    let pidfd = SharedFD(child.takePidFD())
    // The host has put it into the cgroup of its container.
    let answer = try socket.receive(limit: 64)
    guard let answer, InitMessage.proceed.bytes == answer.bytes else {
      try check(cl_pidfd_send_signal(pidfd.raw, 9), "pidfd_send_signal")
      throw SyscallError(errno: 32, operation: "recvmsg", detail: "the host has died")
    }
    try Kernel.writeAll(gate.write, [1])
    try check(cl_close(gate.write), "close")
    return pidfd
  }

  private enum End {
    case ended(ExitStatus)
    /// Somebody else has waited for it.
    case gone
    /// The host leaves it here, with the master of its terminal if it has one.
    case left(SharedFD?)
  }

  /// What wakes us is the command's end, or the host's, which is the command's as well; or the host leaves.
  private static func follow(_ child: CInt, _ socket: borrowing SeqPacketSocket) throws(SyscallError) -> End {
    let events = try EventPoll()
    try events.add(child, token: 0)
    try events.add(socket.fd.raw, token: 1)
    if try events.waitForAny().contains(1) {
      if let message = try socket.receive(limit: 64), message.bytes == InitMessage.proceed.bytes {
        return .left(message.descriptors.first)
      }
      try check(cl_pidfd_send_signal(child, 9), "pidfd_send_signal")
    }
    guard let status = try Kernel.waitForExit(pidfd: child) else { return .gone }
    return .ended(status)
  }

  /// Stays for a command that nobody waits for. A terminal is read all the same: the command must not wait in it.
  private static func outlive(_ child: CInt, _ terminal: SharedFD?) throws(SyscallError) {
    let events = try EventPoll()
    try events.add(child, token: 0)
    if let terminal {
      try Kernel.setNonBlocking(terminal.raw)
      try events.add(terminal.raw, token: 1)
    }
    while true {
      let ready = try events.waitForAny()
      if ready.contains(0) { break }
      guard ready.contains(1), let terminal else { continue }
      do throws(SyscallError) {
        while let bytes = try Kernel.readReady(terminal.raw), !bytes.isEmpty {}
      } catch {
        if error.errno != 5 { throw error }  // EIO: every other end is closed
        try events.remove(terminal.raw)
      }
    }
    _ = try Kernel.waitForExit(pidfd: child)
  }

  /// `gate`: the command waits until it can be read, and holds nothing of the host's meanwhile nor later but its socket
  /// and what the caller gave it: whoever may trace inside could open it in /proc before it is closed.
  private static func enter(
    _ socket: borrowing SeqPacketSocket, _ descriptors: [SharedFD], _ plan: ExecPlan, gate: (read: CInt, write: CInt)
  ) throws(SyscallError) -> ClonedProcess {
    var rest = descriptors.dropFirst(2)
    let standard = plan.streams.map { $0 ? rest.popFirst() : nil }
    // In place of the plan our /dev/null.
    try check(cl_dup3(0, descriptors[0].raw, CInt(cl_O_CLOEXEC())), "dup3")
    let parent = SharedFD(OwnedFD(taking: try check(cl_pidfd_open(cl_getpid(), 0), "pidfd_open")))

    try Kernel.join(descriptors[1].raw, plan.namespaces)
    if plan.rootSwitch == .chroot {
      guard let root = rest.popFirst() else { throw SyscallError(errno: 71, operation: "recvmsg", detail: "no root") }
      try check(cl_fchdir(root.raw), "fchdir")
      try check(cl_chroot("."), "chroot")
    }
    if let child = try ClonedProcess.clone([], cgroup: nil) { return child }
    // The shim's end alone tells that it is gone.
    try check(cl_close(gate.write), "close")
    var word: [UInt8] = [0]
    if try Kernel.read(gate.read, into: &word) == 0 { cl__exit(125) }

    let root = ContainerRoot(taking: try Kernel.open("/", [.path, .directory]))
    var initial = InitPlan(process: plan.process)
    initial.inUserNamespace = plan.namespaces.contains(.user)
    InitStep.become(
      InitContext(
        initial, socket: SeqPacketSocket(taking: OwnedFD(taking: socket.fd.raw)),
        parent: parent, standard: standard, root: root))
  }
}

extension EventPoll {
  /// Waits until something is ready; answers its tokens.
  borrowing func waitForAny() throws(SyscallError) -> [UInt64] {
    while true {
      let ready = try wait()
      if !ready.isEmpty { return ready.map(\.token) }
    }
  }
}
