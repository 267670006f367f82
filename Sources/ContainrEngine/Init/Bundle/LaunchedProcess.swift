// A process of an OCI runtime: a container's first one, or a command that enters. Its parent is a command that may end
// long before it. The caller has one thread, and its program file is sealed (docs/decisions/0002-shim-binary.md).
internal import CContainrLinux
public import ContainrNamespaces
public import ContainrOCI
internal import ContainrRootfs
internal import ContainrSecurity
public import ContainrSystem
internal import SystemPackage

/// What is to be launched.
public struct Launch {
  /// The steps' values.
  public var plan: InitPlan
  /// New ones, without cgroup and time, which the process makes itself.
  public var namespaces: NamespaceSet
  /// Existing ones, each with its file (or a pidfd).
  public var joins: [(SharedFD, NamespaceSet)] = []
  /// The ids of a new user namespace.
  public var idMap = IDMap(uids: [], gids: [])
  /// A v2 cgroup to be born in.
  public var cgroup: SharedFD?
  /// v1's files of a cgroup to enter, open.
  public var cgroupFiles: [SharedFD] = []
  /// A command in a container that runs.
  public var isCommand = false
  /// What only an OCI runtime asks for.
  public var bundle: BundlePart

  /// Whether it comes to its program without a word from its parent and without a namespace that only a process with memory
  /// of its own can enter.
  var canBorrow: Bool {
    isCommand && namespaces.isEmpty && idMap.isEmpty && !bundle.handsOutListener && !bundle.awaitsStart
      && !joins.contains { !$0.1.isDisjoint(with: [.user, .time]) } && !HostSide.isNeeded(idMap, plan)
  }

  /// A process.
  public init(plan: InitPlan, namespaces: NamespaceSet, bundle: BundlePart) {
    self.plan = plan
    self.namespaces = namespaces
    self.bundle = bundle
  }
}

/// The process, as its parent sees it.
public final class LaunchedProcess {
  /// Of the caller's pid namespace.
  public let pid: Int32
  /// Readable when the process has ended.
  public let pidfd: SharedFD
  private let socket: SeqPacketSocket

  private init(_ child: consuming ClonedProcess, _ socket: consuming SeqPacketSocket) {
    pid = child.pid
    pidfd = SharedFD(child.takePidFD())
    self.socket = socket
  }

  /// Clones it. `seal`: what still ties the mount of this program's file to this process. If it comes to nothing the
  /// process ends with this one.
  public static func begin(_ launch: Launch, seal: CInt?) throws(InitFailure) -> LaunchedProcess {
    var stage = "make the process"
    do throws(SyscallError) {
      let ends = try SeqPacketSocket.pair()
      let near = SeqPacketSocket(taking: OwnedFD(taking: ends.0))
      // Closed by number, in both processes: no value that both may hold says when.
      let far = ends.1
      let parent = SharedFD(OwnedFD(taking: try check(cl_pidfd_open(cl_getpid(), 0), "pidfd_open")))
      let hostSide = HostSide.isNeeded(launch.idMap, launch.plan) ? try SeqPacketSocket.pair() : nil
      // Nobody inside may trace it or open its files in /proc. Without root its ids could not be written then, and before
      // that nobody is inside.
      let isLate = !launch.idMap.isEmpty && cl_geteuid() != 0
      if !isLate { try ProcessReset.setDumpable(false) }
      var launch = launch
      if launch.plan.process.process.user.umask == nil {
        // Not asked for: the caller's, which has to be set to be read.
        let mask = cl_umask(0o022)
        _ = cl_umask(UInt32(mask))
        launch.plan.process.process.user.umask = UInt32(mask)
      }
      if launch.canBorrow {
        for (file, kind) in launch.joins where kind == .pid { try Kernel.join(file.raw, kind) }
        let (command, nearEnd) = (launch, near.fd.raw)
        let child = try ClonedProcess.borrowing(cgroup: command.cgroup?.raw) {
          initialize(command, far, nearEnd, seal, parent, nil)
        }
        try check(cl_close(far), "close")
        if let seal { try check(cl_close(seal), "close") }
        return LaunchedProcess(child, near)
      }
      guard let child = try FirstProcess.clone(launch.namespaces, launch.joins, cgroup: launch.cgroup?.raw) else {
        if let hostSide { _ = cl_close(hostSide.0) }
        initialize(launch, far, near.fd.raw, seal, parent, hostSide.map { SharedFD(OwnedFD(taking: $0.1)) })
      }
      try check(cl_close(far), "close")
      // Both have much to do at once; a command's parent only waits.
      if !launch.isCommand { try child.leaveCallersCPU() }
      let process = LaunchedProcess(child, near)
      // Waits a little for the kernel, while the process is at work.
      if let seal { try check(cl_close(seal), "close") }
      if let hostSide {
        let ours = SeqPacketSocket(taking: OwnedFD(taking: hostSide.0))
        try check(cl_close(hostSide.1), "close")
        stage = "give ids and mounts"
        do throws(SyscallError) {
          try HostSide(idMap: launch.idMap, plan: launch.plan, liftsScore: false).serve(process.pid, over: ours)
        } catch {
          try process.end()
          throw error
        }
      }
      return process
    } catch {
      throw InitFailure(stage: stage, error: error)
    }
  }

  /// What it tells next; waits for it. nil: it will tell nothing more.
  public func hear() throws(InitFailure) -> (message: InitMessage, descriptors: [SharedFD])? {
    try LaunchedProcess.hear(socket)
  }

  /// Lets it go on: with a cgroup's files and the mounts of its hierarchies, or to its program.
  public func proceed(_ descriptors: [SharedFD] = []) throws(SyscallError) {
    do throws(SyscallError) {
      try socket.send(InitMessage.proceed.bytes, descriptors: descriptors.map(\.raw))
    } catch {
      if error.errno != 32 && error.errno != 104 { throw error }  // it has failed: why is in its message
    }
  }

  /// SIGKILL; one that has ended is no error.
  public func kill() throws(SyscallError) {
    let result = cl_pidfd_send_signal(pidfd.raw, 9)
    if result != -3 { try check(result, "pidfd_send_signal") }
  }

  /// Kills it and waits for its end.
  public func end() throws(SyscallError) {
    try kill()
    _ = try Kernel.waitForExit(pidfd: pidfd.raw)
  }

  /// A message from either end of a conversation with an init; a failure is thrown.
  public static func hear(
    _ socket: borrowing SeqPacketSocket
  ) throws(InitFailure) -> (message: InitMessage, descriptors: [SharedFD])? {
    let received: SocketMessage?
    do throws(SyscallError) { received = try socket.receive(limit: 8192) } catch {
      throw InitFailure(stage: "hear from the container", error: error)
    }
    guard let received else { return nil }
    let message: InitMessage
    do throws(WireError) { message = try InitMessage(bytes: received.bytes) } catch {
      throw InitFailure(
        stage: "hear from the container",
        error: SyscallError(errno: 71, operation: "recvmsg", detail: error.description))
    }
    if case .failed(let failure) = message { throw failure }
    return (message, received.descriptors)
  }

  /// The child's side. `near` is the parent's end of the socket, whose copy would hide the parent's death.
  private static func initialize(
    _ launch: Launch, _ far: CInt, _ near: CInt, _ seal: CInt?, _ parent: SharedFD, _ hostSide: SharedFD?
  ) -> Never {
    let channel = SeqPacketSocket(taking: OwnedFD(taking: far))
    var stage = "leave the caller's session"
    do throws(SyscallError) {
      // First: from here on the parent's death is ours, so that nothing is left if it is killed.
      try InitSteps.die(with: parent)
      try check(cl_close(near), "close")
      if let seal { try check(cl_close(seal), "close") }
      try check(cl_setsid(), "setsid")
      try InitSteps.setProcessors(launch.bundle.initialProcessors)
      var joins = FirstProcess.hasGoBetween(launch.namespaces, launch.joins) ? [] : launch.joins
      var root: ContainerRoot?
      if launch.isCommand {
        // In its cgroup first: from within there may be no way to it.
        stage = "enter the cgroup"
        for file in launch.cgroupFiles { try Kernel.writeAll(file.raw, [UInt8(ascii: "0")]) }
        stage = "enter the container"
        try FirstProcess.enter(joins.filter { $0.1 != .pid })
        joins = []
        root = ContainerRoot(taking: try Kernel.open("/", [.path, .directory]))
      }
      try InitSteps.setProcessors(launch.bundle.finalProcessors)
      InitStep.become(
        InitContext(
          launch.plan, socket: channel, parent: parent, standard: [nil, nil, nil], joins: joins, hostSide: hostSide,
          root: root, bundle: launch.bundle))
    } catch {
      _ = Shim.report(stage, error, to: channel)
      cl__exit(125)
    }
  }
}
