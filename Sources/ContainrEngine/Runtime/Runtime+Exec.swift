// Entering a container that runs: commands, and its network namespace.
internal import ContainrCgroups
internal import ContainrInit
internal import ContainrNamespaces
public import ContainrOCI
internal import ContainrRootfs
public import ContainrSystem
internal import SystemPackage

extension Runtime {
  /// Runs a command inside with the container's own filter and collects what it writes, up to `outputLimit` bytes (the
  /// rest is read and dropped). Without an end in time it is killed and `timedOut` is set. stdin is /dev/null. `life`: the
  /// container's first process that is meant; another life of it is left alone.
  public func exec(
    _ id: String, of life: ProcessIdentity? = nil, process: OCIProcess, cgroupPath: String,
    timeoutMilliseconds: Int? = nil, outputLimit: Int = 65536
  ) throws(RuntimeError) -> ExecResult {
    let directory = try RunDirectory(runDirectory, id)
    let output = try directory.attempt("run a command") { () throws(SyscallError) in
      let ends = try Kernel.pipe().release()
      return (read: SharedFD(OwnedFD(taking: ends.read)), write: SharedFD(OwnedFD(taking: ends.write)))
    }
    let session = try join(directory, process, cgroupPath, [nil, output.write.raw, output.write.raw], of: life)
    var collector = OutputCollector(output.read, limit: outputLimit)
    let deadline = timeoutMilliseconds.map { Kernel.monotonicTime() + UInt64(max(0, $0)) * 1_000_000 }
    do throws(RuntimeError) {
      let status = try session.awaitExit(deadline: deadline, output: output.read.raw) { () throws(SyscallError) in
        try collector.collect()
      }
      if status == nil {
        try directory.attempt("end the command") { () throws(SyscallError) in try session.process.kill() }
      }
      try session.reap()
      try directory.attempt("read the output") { () throws(SyscallError) in try collector.collect() }
      return ExecResult(status: status, output: collector.bytes, timedOut: status == nil)
    } catch {
      throw session.abort(error)
    }
  }

  /// Begins a command inside. `streams` are borrowed descriptors for its stdin, stdout and stderr, the container's
  /// /dev/null where there is none; with `process.terminal` they are its terminal instead. A detached one is answered when
  /// its program runs, and goes on by itself; any other ends with this process.
  public func begin(
    _ id: String, process: OCIProcess, cgroupPath: String, streams: [CInt?], isDetached: Bool = false
  ) throws(RuntimeError) -> RunningCommand {
    let directory = try RunDirectory(runDirectory, id)
    var pidfd: SharedFD?
    let session = try join(directory, process, cgroupPath, streams, isDetached: isDetached) {
      (pid) throws(RuntimeError) in
      pidfd = try directory.attempt("watch the command") { () throws(SyscallError) in
        SharedFD(try ChildProcess(pid: pid).descriptor())
      }
    }
    guard let pidfd else {
      throw session.abort(RuntimeError(container: id, stage: "watch the command", message: "it was not begun"))
    }
    return try RunningCommand(
      session, directory, pidfd, hasTerminal: process.terminal, isDetached: isDetached)
  }

  /// A route socket made inside the container's network namespace: for repairing its links. The caller shares it.
  public func networkSocket(_ id: String) throws(RuntimeError) -> SharedFD {
    let directory = try RunDirectory(runDirectory, id)
    let running = try running(directory)
    let session = try ShimSession(binary, "netlink", directory)
    do throws(RuntimeError) {
      try directory.attempt("enter the network namespace") { () throws(SyscallError) in
        try session.socket.send(InitMessage.request(.netlink).bytes, descriptors: [running.pidfd.raw])
      }
      guard let (message, descriptors) = try session.receive() else {
        throw RuntimeError(container: id, stage: "enter the network namespace", message: "the shim has died")
      }
      if case .failed(let failure) = message { throw session.failed(failure) }
      guard message == .namespaces, let socket = descriptors.first else { throw session.unexpected(message) }
      try session.reap()
      return socket
    } catch {
      throw session.abort(error)
    }
  }

  /// The container's first process, which must run, and its pidfd.
  func running(
    _ directory: RunDirectory
  ) throws(RuntimeError) -> (initial: ProcessIdentity, pidfd: SharedFD) {
    if let initial = try directory.processes()?.initial {
      let pidfd = try directory.attempt("find the container") { () throws(SyscallError) -> SharedFD? in
        guard let pidfd = try initial.openPidFD() else { return nil }
        return SharedFD(pidfd)
      }
      if let pidfd { return (initial, pidfd) }
    }
    throw RuntimeError(container: directory.id, stage: "find the container", message: "it does not run")
  }

  /// The container's root where joining its mount namespace does not lead there. The pid is of a process whose pidfd is
  /// held; a reused one fails at setns.
  func chrootDirectory(_ how: RootSwitch, of pid: Int32) throws(SyscallError) -> SharedFD? {
    if how == .pivotRoot { return nil }
    return SharedFD(try Kernel.open(FilePath("/proc/\(pid)/root"), [.path, .directory]))
  }

  private func join(
    _ directory: RunDirectory, _ process: OCIProcess, _ cgroupPath: String, _ streams: [CInt?],
    of life: ProcessIdentity? = nil, isDetached: Bool = false,
    spawned: (Int32) throws(RuntimeError) -> Void = { _ in }
  ) throws(RuntimeError) -> ShimSession {
    let running = try running(directory)
    if let life, running.initial != life {
      throw RuntimeError(container: directory.id, stage: "find the container", message: "it was started anew meanwhile")
    }
    let session = try ShimSession(binary, "exec", directory)
    do throws(RuntimeError) {
      let record = try directory.joinRecord()
      var process = process
      process.apparmorProfile = process.apparmorProfile ?? record.apparmorProfile
      process.selinuxLabel = process.selinuxLabel ?? record.selinuxLabel
      var plan = ExecPlan(
        namespaces: try directory.attempt(
          "find the container",
          { () throws(SyscallError) in
            try Kernel.foreignNamespaces(of: running.initial.pid)
          }), rootSwitch: record.rootSwitch,
        process: ProcessPlan(process: process, seccomp: record.seccomp))
      plan.streams = streams.map { $0 != nil }
      plan.isDetached = isDetached
      var writer = WireWriter()
      plan.encode(to: &writer)
      try directory.attempt("run a command") { () throws(SyscallError) in
        let memory = try Kernel.sealedMemory(named: "containr-exec", writer.bytes)
        var descriptors = [memory.raw, running.pidfd.raw] + streams.compactMap { $0 }
        let root = try chrootDirectory(plan.rootSwitch, of: running.initial.pid)
        if let root { descriptors.append(root.raw) }
        try withExtendedLifetime(root) { () throws(SyscallError) in
          try session.socket.send(InitMessage.request(.exec).bytes, descriptors: descriptors)
        }
      }
      try place(session, directory, cgroupPath, beside: running.initial.pid, spawned)
    } catch {
      throw session.abort(error)
    }
    return session
  }
}

extension Runtime {
  /// Puts the command, which is there and waits, into the container's cgroup and lets it go on. `spawned` gets its pid while
  /// it waits: later it may have ended already.
  private func place(
    _ session: borrowing ShimSession, _ directory: RunDirectory, _ cgroupPath: String, beside first: Int32,
    _ spawned: (Int32) throws(RuntimeError) -> Void
  ) throws(RuntimeError) {
    guard let (message, _) = try session.receive() else {
      throw RuntimeError(container: directory.id, stage: "enter the container", message: "the shim has died")
    }
    if case .failed(let failure) = message { throw session.failed(failure) }
    guard case .spawned(let pid) = message else { throw session.unexpected(message) }
    if !cgroupPath.isEmpty {
      do throws(CgroupError) {
        try Cgroup(mounts: cgroups, path: cgroupPath).attach(singleThreaded: pid, beside: first)
      } catch {
        throw RuntimeError(container: directory.id, stage: "enter the cgroup", message: error.description)
      }
    }
    try spawned(pid)
    try directory.attempt("enter the container") { () throws(SyscallError) in
      try session.socket.send(InitMessage.proceed.bytes)
    }
  }
}

/// Takes what comes out of a pipe, keeping the first bytes.
struct OutputCollector {
  let pipe: SharedFD
  private let limit: Int
  private(set) var bytes: [UInt8] = []
  private var buffer = [UInt8](repeating: 0, count: 16384)

  init(_ pipe: SharedFD, limit: Int) {
    self.pipe = pipe
    self.limit = limit
  }

  /// Reads what is there now, without waiting, and no more than a pipe can be made to hold: somebody may write faster than
  /// this reads, and the caller has a clock to look at.
  mutating func collect() throws(SyscallError) {
    for _ in 0..<64 {
      guard try Kernel.waitReadable(pipe.raw, milliseconds: 0) else { return }
      let count = try Kernel.read(pipe.raw, into: &buffer)
      if count == 0 { return }
      bytes.append(contentsOf: buffer.prefix(min(count, limit - bytes.count)))
    }
  }
}
