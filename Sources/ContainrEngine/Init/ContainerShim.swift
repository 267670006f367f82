// `containr-shim container`: makes the container's first process, then becomes its quiet parent (RunningContainer).
internal import CContainrLinux
internal import ContainrNamespaces
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

/// The making of one container.
enum ContainerShim {
  /// `descriptors`: the plan, the run directory, the log directory; then, as the plan says, the v2 cgroup, the OOM
  /// counter, the namespaces to join.
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
    let joins = Array(zip(rest, plan.joins))

    stage = "open the log"
    let log = try RotatingLog(
      directory: try Kernel.open(".", at: descriptors[2].raw, [.path, .directory]), name: FilePath(plan.logName),
      limits: plan.logLimits)
    stage = "make the container's first process"
    let stdout = try OutputPipe()
    let stderr = try OutputPipe()
    // A pid namespace is joined by children, not by oneself.
    for (file, kind) in joins where kind == .pid { try Kernel.join(file.raw, kind) }
    let parent = SharedFD(OwnedFD(taking: try check(cl_pidfd_open(cl_getpid(), 0), "pidfd_open")))
    guard let child = try ClonedProcess.clone(plan.namespaces, cgroup: cgroup?.raw) else {
      initialize(socket, reader, parent, [nil, stdout.write, stderr.write], joins)
    }
    // Before the host can say go: whoever comes after a crash finds the processes.
    do throws(SyscallError) {
      stage = "record the processes"
      let record = ProcessRecord(
        bootID: plan.bootID, shim: try ProcessIdentity.current(pid: cl_getpid()),
        initial: try ProcessIdentity.current(pid: child.pid))
      try RunningContainer.write(record.text, to: ProcessRecord.fileName, in: descriptors[1].raw)
    } catch {
      try check(cl_pidfd_send_signal(child.pidfd.raw, 9), "pidfd_send_signal")
      throw error
    }
    return RunningContainer(
      child, pump: LogPump(log: log), stdout: stdout.read, stderr: stderr.read, directory: descriptors[1],
      killCounter: killCounter)
  }

  /// The child's side.
  private static func initialize(
    _ socket: borrowing SeqPacketSocket, _ reader: consuming WireReader, _ parent: SharedFD, _ standard: [SharedFD?],
    _ joins: [(SharedFD, NamespaceSet)]
  ) -> Never {
    do throws(SyscallError) {
      let plan = try Shim.decode(InitPlan.self, &reader)
      InitStep.become(
        InitContext(
          plan, socket: SeqPacketSocket(taking: OwnedFD(taking: socket.fd.raw)), parent: parent, standard: standard,
          joins: joins))
    } catch {
      _ = Shim.report("read the plan", error, to: socket)
      cl__exit(125)
    }
  }
}
