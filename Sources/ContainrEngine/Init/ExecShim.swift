// `containr-shim exec`: enters a running container, starts a command there and waits for its end. Dies with the host.
internal import CContainrLinux
internal import ContainrNamespaces
internal import ContainrRootfs
internal import ContainrSystem
internal import SystemPackage

/// The parent of one command in a container.
enum ExecShim {
  /// `descriptors`: the plan, the pidfd of the container's first process, stdout, stderr; then, as the plan says, stdin
  /// and the container's root.
  static func run(_ socket: consuming SeqPacketSocket, _ descriptors: [SharedFD]) -> Int32 {
    do throws(SyscallError) {
      let gate = try Kernel.pipe().release()
      let child = try enter(socket, descriptors, gate: gate)
      try socket.send(InitMessage.spawned(child.pid).bytes)
      // The host has put it into the cgroup of its container.
      let answer = try socket.receive(limit: 64)
      guard let answer, InitMessage.proceed.bytes == answer.bytes else {
        try check(cl_pidfd_send_signal(child.pidfd.raw, 9), "pidfd_send_signal")
        return 1
      }
      try Kernel.writeAll(gate.write, [1])
      let events = try EventPoll()
      try events.add(child.pidfd.raw, token: 0)
      try events.add(socket.fd.raw, token: 1)
      // The host sends nothing more: what wakes us is the command's end or the host's.
      if try events.waitForAny().contains(1) {
        try check(cl_pidfd_send_signal(child.pidfd.raw, 9), "pidfd_send_signal")
      }
      guard let status = try Kernel.waitForExit(pidfd: child.pidfd.raw) else { return 1 }
      try socket.send(InitMessage.exited(status).bytes)
      return 0
    } catch {
      return Shim.report("enter the container", error, to: socket)
    }
  }

  /// `gate`: the command waits until it can be read, and holds nothing of the host's meanwhile nor later but its socket
  /// and what the caller gave it: whoever may trace inside could open it in /proc before it is closed.
  private static func enter(
    _ socket: borrowing SeqPacketSocket, _ descriptors: [SharedFD], gate: (read: CInt, write: CInt)
  ) throws(SyscallError) -> ClonedProcess {
    guard descriptors.count >= 4 else { throw SyscallError(errno: 71, operation: "recvmsg", detail: "no plan") }
    var reader = WireReader(try Kernel.memory(descriptors[0].raw))
    let plan = try Shim.decode(ExecPlan.self, &reader)
    var rest = descriptors.dropFirst(4)
    let input = plan.hasInput ? rest.popFirst() : nil
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
        parent: parent, standard: [input, descriptors[2], descriptors[3]], root: root))
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
