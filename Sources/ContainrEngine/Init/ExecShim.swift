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
      let child = try enter(socket, descriptors)
      try socket.send(InitMessage.spawned(child.pid).bytes)
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

  private static func enter(
    _ socket: borrowing SeqPacketSocket, _ descriptors: [SharedFD]
  ) throws(SyscallError) -> ClonedProcess {
    guard descriptors.count >= 4 else { throw SyscallError(errno: 71, operation: "recvmsg", detail: "no plan") }
    var reader = WireReader(try Kernel.memory(descriptors[0].raw))
    let plan = try Shim.decode(ExecPlan.self, &reader)
    var rest = descriptors.dropFirst(4)
    let input = plan.hasInput ? rest.popFirst() : nil
    // While the host's tree is in sight.
    var cgroupFiles: [SharedFD] = []
    for path in plan.cgroupFiles { cgroupFiles.append(SharedFD(try Kernel.open(FilePath(path), .writeOnly))) }
    let parent = SharedFD(OwnedFD(taking: try check(cl_pidfd_open(cl_getpid(), 0), "pidfd_open")))

    try Kernel.join(descriptors[1].raw, plan.namespaces)
    if plan.rootSwitch == .chroot {
      guard let root = rest.popFirst() else { throw SyscallError(errno: 71, operation: "recvmsg", detail: "no root") }
      try check(cl_fchdir(root.raw), "fchdir")
      try check(cl_chroot("."), "chroot")
    }
    if let child = try ClonedProcess.clone([], cgroup: nil) { return child }

    let root = ContainerRoot(taking: try Kernel.open("/", [.path, .directory]))
    var initial = InitPlan(process: plan.process)
    initial.inUserNamespace = plan.namespaces.contains(.user)
    InitStep.become(
      InitContext(
        initial, socket: SeqPacketSocket(taking: OwnedFD(taking: socket.fd.raw)),
        parent: parent, standard: [input, descriptors[2], descriptors[3]], cgroupFiles: cgroupFiles,
        root: root))
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
