// The start of a created container: by the process that made it, or by a later one over the socket at which it waits.
internal import ContainrBundle
internal import ContainrInit
internal import ContainrJSON
internal import ContainrOCI
internal import ContainrSystem
internal import SystemPackage

enum Starting {
  /// `start`: of a container that another process has created.
  static func start(_ id: String, _ context: RuntimeContext) throws(RuntimeFailure) {
    let directory = try context.root.directory(id)
    var lock: SharedFD? = try directory.hold()
    var state = try directory.loadExisting()
    let status = try state.status()
    guard status == "created" else { throw RuntimeFailure("cannot start a container in the \(status) state") }
    let reader = try BundleReader(kept: directory, bundle: state.bundle)
    if reader.spec.process.args.isEmpty {
      // It can never be started: it ends with the attempt. How the error that the specification wants is exposed it leaves
      // open; for the validation suite of runtime-tools, and for crun, the exit code is 0.
      if let process = state.process {
        try attempt("end the container") { () throws(SyscallError) in _ = try process.send(signal: 9) }
      }
      context.log.error("the container has no process in its config: nothing was started, and it has ended")
      return
    }
    let notified = try readiness(directory, context)
    let readiness = try notified.map { (_) throws(RuntimeFailure) in
      try directory.takeNotifications(label: reader.spec.linux.mountLabel)
    }
    let socket = try attempt("reach the container") { () throws(SyscallError) in
      let opened = try Kernel.open(directory.path, [.path, .directory])
      return SeqPacketSocket(
        taking: try UnixSocket.connect(
          to: FilePath("/proc/self/fd/\(opened.raw)").pushing(StateDirectory.gate), kind: .packets))
    }
    // Before the program can run: a start that is cut off here has been given.
    state.isStarted = true
    try directory.save(&state)
    try attempt("start the container") { () throws(SyscallError) in try socket.send(InitMessage.proceed.bytes) }
    do throws(RuntimeFailure) {
      try follow(reader.spec, state, context) { () throws(RuntimeFailure) in
        do throws(InitFailure) { return try LaunchedProcess.hear(socket) } catch { throw RuntimeFailure(error) }
      }
    } catch {
      // What was started and should not go on is ended; the record is the caller's to delete.
      if let process = state.process {
        try attempt("end the container") { () throws(SyscallError) in _ = try process.send(signal: 9) }
      }
      if error.endsLife { try Removal.clear(directory, state, context) }
      throw error
    }
    guard let notified, let readiness, let process = state.process else { return }
    // However long it takes: whoever deletes it meanwhile need not wait.
    if lock != nil { lock = nil }
    let relay = try NotifyRelay(from: readiness, to: notified, mainPID: process.pid, context.log)
    let pidfd = try attempt("look at the process") { () throws(SyscallError) -> SharedFD? in
      guard let pidfd = try process.openPidFD() else { return nil }
      return SharedFD(pidfd)
    }
    try relay.waitUntilTold(by: pidfd)
  }

  /// Whoever waits to be told that it is ready, connected; nil if nobody does.
  private static func readiness(
    _ directory: StateDirectory, _ context: RuntimeContext
  ) throws(RuntimeFailure) -> SharedFD? {
    guard let listener = try NotifySocket(context.environment) else { return nil }
    let isThere = try attempt("look for the container's socket") { () throws(SyscallError) in
      try Kernel.exists(directory.notify)
    }
    if !isThere {
      throw RuntimeFailure(
        "NOTIFY_SOCKET is set, and was not when the container was created: its program has no socket to tell its readiness on; "
          + "set it for `create` as well, or for neither")
    }
    return try listener.connect()
  }

  /// From "go" to the program: what the process still tells, then the hooks of the start.
  static func follow(
    _ spec: RuntimeSpec, _ state: ContainerState, _ context: RuntimeContext,
    _ hear: () throws(RuntimeFailure) -> (message: InitMessage, descriptors: [SharedFD])?
  ) throws(RuntimeFailure) {
    var isExecuting = false
    while let (message, descriptors) = try hear() {
      switch message {
      case .executing: isExecuting = true
      case .listener:
        guard let listener = descriptors.first else { throw RuntimeFailure("the seccomp listener did not come along") }
        try handOver(listener, spec, state, status: "creating", pid: state.process?.pid ?? 0)
      default: continue
      }
    }
    if !isExecuting { throw RuntimeFailure("the container's first process died before its program was started") }
    let text = state.specState(status: "running", pid: state.process?.pid).bytes()
    do throws(HookError) {
      try HookRunner.run(spec.hooks.poststart, "poststart", state: text)
    } catch {
      var failure = RuntimeFailure(error)
      failure.endsLife = true
      throw failure
    }
  }

  /// The seccomp listener to whoever handles it, with the state that the specification describes.
  static func handOver(
    _ listener: SharedFD, _ spec: RuntimeSpec, _ state: ContainerState, status: String, pid: Int32
  ) throws(RuntimeFailure) {
    guard let seccomp = spec.linux.seccomp, let path = seccomp.listenerPath else { return }
    let document = JSONValue.object([
      JSONMember("ociVersion", .string(state.ociVersion)),
      JSONMember("fds", .array([.string("seccompFd")])),
      JSONMember("pid", .integer(Int64(pid))),
      JSONMember("metadata", .string(seccomp.listenerMetadata ?? "")),
      JSONMember("state", state.specState(status: status, pid: state.process?.pid)),
    ])
    let notifies = seccomp.syscalls.contains { $0.action == "SCMP_ACT_NOTIFY" }
    do throws(SyscallError) {
      let socket = try UnixSocket.connect(to: FilePath(path))
      try Kernel.send(document.bytes(), descriptors: [listener.raw], to: socket.raw)
    } catch {
      if !notifies { return }
      throw RuntimeFailure("failed to connect with seccomp agent specified in the seccomp profile, \(path)", error)
    }
  }
}
