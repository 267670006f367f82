// `containr-shim container`: makes the container's first process, then becomes its quiet parent (RunningContainer).
internal import CContainrLinux
internal import ContainrNamespaces
internal import ContainrOCI
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

/// The making of one container.
enum ContainerShim {
  /// `descriptors`: the plan, the run directory, the log directory; then, as the plan says, the v2 cgroup, the OOM
  /// counter with its limit, what it tells by, the listener of who attaches, the namespaces to join.
  static func run(_ socket: consuming SeqPacketSocket, _ descriptors: consuming [SharedFD]) -> Int32 {
    var stage = "read the plan"
    let container: RunningContainer
    do throws(SyscallError) {
      container = try make(socket, descriptors, &stage)
      try announce(container.pid, socket)
    } catch {
      return Shim.report(stage, error, to: socket)
    }
    // From here on only the container's process holds the socket: its end is the host's news.
    finish(socket, descriptors)
    return container.watch()
  }

  /// A host that is gone is no error of ours: the container's process learns it as well and ends, which is recorded.
  private static func announce(_ pid: Int32, _ socket: borrowing SeqPacketSocket) throws(SyscallError) {
    do throws(SyscallError) {
      try socket.send(InitMessage.spawned(pid).bytes)
    } catch {
      if error.errno != 32 && error.errno != 104 { throw error }  // EPIPE, ECONNRESET
    }
  }

  /// Closes what the making needed.
  private static func finish(_ socket: consuming SeqPacketSocket, _ descriptors: consuming [SharedFD]) {}

  private static func make(
    _ socket: borrowing SeqPacketSocket, _ descriptors: [SharedFD], _ stage: inout String
  ) throws(SyscallError) -> RunningContainer {
    guard descriptors.count >= 3 else { throw SyscallError(errno: 71, operation: "recvmsg", detail: "no plan") }
    var reader = WireReader(try Kernel.memory(descriptors[0].raw))
    let plan = try Shim.decode(ShimPlan.self, &reader)
    var rest = descriptors.dropFirst(3)
    let cgroup = plan.hasCgroup ? rest.popFirst() : nil
    let killCounter = plan.hasKillCounter ? rest.popFirst() : nil
    let killLimit = plan.hasKillCounter ? rest.popFirst() : nil
    let killNotice = plan.hasKillNotice ? rest.popFirst() : nil
    let listener = plan.hasListener ? rest.popFirst() : nil
    let joins = Array(zip(rest, plan.joins))

    stage = "open the log"
    let log = try RotatingLog(
      directory: try Kernel.open(".", at: descriptors[2].raw, [.path, .directory]), name: FilePath(plan.logName),
      limits: plan.logLimits)
    stage = "make the container's first process"
    let stdout = plan.hasTerminal ? nil : try OutputPipe()
    let stderr = plan.hasTerminal ? nil : try OutputPipe()
    let stdin = plan.keepsInput && !plan.hasTerminal ? try InputPipe() : nil
    let console = plan.hasTerminal ? try consoleChannel() : nil
    let standard = [stdin?.read, stdout?.write, stderr?.write]
    if let uid = IDMap.host(0, in: plan.idMap.uids), let gid = IDMap.host(0, in: plan.idMap.gids) {
      // Its root's, who passes them on to whoever the program runs as.
      for case let pipe? in standard { try Kernel.changeOwner(at: pipe.raw, uid: uid, gid: gid) }
    }
    let parent = SharedFD(OwnedFD(taking: try check(cl_pidfd_open(cl_getpid(), 0), "pidfd_open")))
    let hostSide = try hostSide(plan, reader)
    guard let child = try FirstProcess.clone(plan.namespaces, joins, cgroup: cgroup?.raw) else {
      let isIn = FirstProcess.hasGoBetween(plan.namespaces, joins)
      initialize(socket, reader, parent, standard, console?.theirs, isIn ? [] : joins, hostSide?.theirs)
    }
    var servers: [ServedRoot] = []
    // Before the host can say go: whoever comes after a crash finds the processes.
    do throws(SyscallError) {
      stage = "record the processes"
      let record = ProcessRecord(
        bootID: plan.bootID, shim: try ProcessIdentity.current(pid: cl_getpid()),
        initial: try ProcessIdentity.current(pid: child.pid))
      try RunningContainer.write(record.text, to: ProcessRecord.fileName, in: descriptors[1].raw)
      if let hostSide {
        stage = "give ids and mounts"
        servers = try hostSide.work.serve(
          child.pid, over: SeqPacketSocket(taking: try hostSide.ours.duplicate()), parent: parent)
      }
    } catch {
      try check(cl_pidfd_send_signal(child.pidfd.raw, 9), "pidfd_send_signal")
      throw error
    }
    let attachments = listener.map {
      Attachments(
        $0, hasTerminal: plan.hasTerminal, takesInput: plan.keepsInput, awaitsClient: plan.awaitsClient,
        sink: stdin?.write, directory: descriptors[1])
    }
    return RunningContainer(
      child, pump: LogPump(log: log, counter: LogCounter(in: descriptors[1].raw)), stdout: stdout?.read,
      stderr: stderr?.read, directory: descriptors[1],
      kills: killCounter.map { KillWatch(counter: $0, limit: killLimit, notice: killNotice) }, attachments: attachments,
      console: console?.ours, servers: servers,
      journal: (plan.journal, plan.subject))
  }

  /// The way of a terminal's master from the process that opens it to its parent.
  private static func consoleChannel() throws(SyscallError) -> (ours: SharedFD, theirs: SharedFD) {
    let ends = try SeqPacketSocket.pair()
    return (SharedFD(OwnedFD(taking: ends.0)), SharedFD(OwnedFD(taking: ends.1)))
  }

  /// What this process does for the container before that can do anything; nil for a container that needs none of it.
  private static func hostSide(
    _ plan: ShimPlan, _ reader: WireReader
  ) throws(SyscallError) -> (work: HostSide, ours: SharedFD, theirs: SharedFD)? {
    if !plan.hasHostSide { return nil }
    var reader = reader
    let initial = try Shim.decode(InitPlan.self, &reader)
    let ends = try SeqPacketSocket.pair()
    return (
      HostSide(idMap: plan.idMap, plan: initial), SharedFD(OwnedFD(taking: ends.0)), SharedFD(OwnedFD(taking: ends.1))
    )
  }

  /// The child's side.
  private static func initialize(
    _ socket: borrowing SeqPacketSocket, _ reader: consuming WireReader, _ parent: SharedFD, _ standard: [SharedFD?],
    _ console: SharedFD?, _ joins: [(SharedFD, NamespaceSet)], _ hostSide: SharedFD?
  ) -> Never {
    do throws(SyscallError) {
      let plan = try Shim.decode(InitPlan.self, &reader)
      InitStep.become(
        InitContext(
          plan, socket: SeqPacketSocket(taking: OwnedFD(taking: socket.fd.raw)), parent: parent, standard: standard,
          console: console, joins: joins, hostSide: hostSide))
    } catch {
      _ = Shim.report("read the plan", error, to: socket)
      cl__exit(125)
    }
  }
}
