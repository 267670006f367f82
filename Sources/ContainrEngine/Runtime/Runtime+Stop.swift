// The end of a container: waiting for it, asking for it, taking it away. Works whoever of host, shim and container was
// killed before, at any moment.
internal import ContainrCgroups
internal import ContainrInit
public import ContainrOCI
public import ContainrSystem
public import ContainrTelemetry
internal import SystemPackage

extension Runtime {
  /// Waits for a container's end without polling; nil after `milliseconds` (-1: without end) or if there is none.
  public func waitForExit(_ id: String, milliseconds: Int = -1) throws(RuntimeError) -> ContainerExit? {
    let directory = try RunDirectory(runDirectory, id)
    if let exit = try directory.exit() {
      if let record = try directory.processes() { _ = try waitForEnd(of: record.shim, in: directory, milliseconds: 0) }
      return exit
    }
    guard let record = try directory.processes() else { return nil }
    // The shim ends right after it has written the record.
    guard try waitForEnd(of: record.shim, in: directory, milliseconds: milliseconds) else { return nil }
    if let exit = try directory.exit() { return exit }
    throw RuntimeError(
      container: id, stage: "wait for the end", message: "its shim was killed: how the container ended is not known")
  }

  /// A descriptor for an event loop: readable when the shim has ended, and with it the container; where the shim was killed
  /// and its container is not dead yet (a frozen one dies when it goes on), when that is. nil if both have ended.
  public func exitDescriptor(_ id: String) throws(RuntimeError) -> SharedFD? {
    let directory = try RunDirectory(runDirectory, id)
    guard let record = try directory.processes() else { return nil }
    return try directory.attempt("watch the shim") { () throws(SyscallError) in
      if let pidfd = try record.shim.openPidFD() { return SharedFD(pidfd) }
      guard let pidfd = try record.initial.openPidFD() else { return nil }
      return SharedFD(pidfd)
    }
  }

  /// The first process of a container's latest life in this boot, whether it lives or not; nil: there was none, or nothing is
  /// left of it.
  public func latestProcess(_ id: String) throws(RuntimeError) -> ProcessIdentity? {
    try RunDirectory(runDirectory, id).processes()?.initial
  }

  /// A container's first process and a descriptor that is readable when it has ended; nil if it does not run. Costs less than
  /// `observe`, as it asks nothing about an end.
  public func runningProcess(_ id: String) throws(RuntimeError) -> (identity: ProcessIdentity, end: SharedFD)? {
    let directory = try RunDirectory(runDirectory, id)
    guard let record = try directory.processes() else { return nil }
    return try directory.attempt("watch the process") { () throws(SyscallError) in
      guard let pidfd = try record.initial.openPidFD() else { return nil }
      return (record.initial, SharedFD(pidfd))
    }
  }

  /// Sends a signal to the container's first process; false if it does not run.
  @discardableResult
  public func signal(_ id: String, signal: Int32) throws(RuntimeError) -> Bool {
    let directory = try RunDirectory(runDirectory, id)
    guard let record = try directory.processes() else { return false }
    return try directory.attempt("send signal \(signal)") { () throws(SyscallError) in
      try record.initial.send(signal: signal)
    }
  }

  /// Sends `signal`, waits, then kills; answers how it ended, nil if there was nothing or nobody recorded it.
  public func stop(_ id: String, signal: Int32, graceMilliseconds: Int) throws(RuntimeError) -> ContainerExit? {
    let directory = try RunDirectory(runDirectory, id)
    guard let record = try directory.processes() else { return try directory.exit() }
    let pidfd = try directory.attempt("send signal \(signal)") { () throws(SyscallError) -> SharedFD? in
      guard let pidfd = try record.initial.openPidFD() else { return nil }
      try record.initial.send(signal: signal)
      return SharedFD(pidfd)
    }
    if let pidfd {
      try directory.attempt("wait for the end") { () throws(SyscallError) in
        if try Kernel.waitUntilEnded(pidfd: pidfd.raw, milliseconds: Int32(clamping: graceMilliseconds)) { return }
        try record.initial.send(signal: 9)
        if try Kernel.waitUntilEnded(pidfd: pidfd.raw, milliseconds: 5000) { return }
        try record.shim.send(signal: RunningContainer.releaseSignal)
        if try !Kernel.waitUntilEnded(pidfd: pidfd.raw, milliseconds: 10_000) {
          throw SyscallError(
            errno: 62, operation: "waitid", detail: "process \(record.initial.pid) did not die of SIGKILL in 15 s")
        }
      }
    }
    // Longer than it waits for a server of its files.
    if try !waitForEnd(of: record.shim, in: directory, milliseconds: 20_000) {
      throw RuntimeError(container: id, stage: "wait for the end", message: "its shim did not record the end in 20 s")
    }
    return try directory.exit()
  }

  /// Takes away what there is of a container: its processes, its cgroup (`""`: none), with `ownsParents` the groups above
  /// as far as they are empty, and its run directory. May be repeated. Goes on after a failure and reports them all. Log
  /// and layers are the caller's.
  public func delete(_ id: String, cgroupPath: String, ownsParents: Bool = true) throws(RuntimeError) {
    let directory = try RunDirectory(runDirectory, id)
    var failures: [RuntimeError] = []
    func trying(_ stage: String, _ body: () throws -> Void) {
      do {
        try body()
      } catch let error as RuntimeError {
        failures.append(error)
      } catch {
        failures.append(
          RuntimeError(
            container: id, stage: stage, message: "\(error)", underlying: error as? SyscallError))
      }
    }
    trying("end the processes") {
      guard let record = try directory.processes() else { return }
      try record.initial.send(signal: 9)
      // The shim ends with its child; one that does not is stuck and would write into the directory later.
      if try !waitForEnd(of: record.shim, in: directory, milliseconds: 5000) { try record.shim.send(signal: 9) }
      _ = try waitForEnd(of: record.shim, in: directory, milliseconds: 5000)
      if try !waitForEnd(of: record.initial, in: directory, milliseconds: 5000) {
        throw RuntimeError(
          container: id, stage: "end the processes", message: "process \(record.initial.pid) did not die of SIGKILL")
      }
    }
    var groups = cgroupPath.isEmpty ? [] : [(path: cgroupPath, ownsParents: ownsParents)]
    // What the caller knows may be of the container's next life already.
    trying("read the record") {
      let file = directory.file(RunDirectory.foreignGroupFile)
      if try Kernel.exists(file) { groups.append((try Kernel.text(of: file), false)) }
    }
    for group in groups {
      let cgroup = Cgroup(mounts: cgroups, path: group.path, ownsParents: group.ownsParents)
      trying("kill what is left in the cgroup") { try cgroup.kill() }
      trying("remove the cgroup") { try cgroup.remove() }
    }
    // A directory that stays is found by the next delete; one without its processes is not.
    if failures.isEmpty { trying("remove the run directory") { try directory.remove() } }
    if var first = failures.first {
      first.others += failures.dropFirst().map(\.description)
      throw first
    }
  }

  /// Changes the limits of a running container in place.
  public func update(_ id: String, cgroupPath: String, resources: OCIResources) throws(RuntimeError) {
    do throws(CgroupError) {
      try Cgroup(mounts: cgroups, path: cgroupPath).apply(resources)
    } catch {
      throw RuntimeError(container: id, stage: "change the limits", message: error.description)
    }
  }

  /// Has the log of a running container kept under other limits from now on. Without a shim nobody keeps it.
  public func keepLog(_ id: String, _ limits: LogLimits) throws(RuntimeError) {
    let directory = try RunDirectory(runDirectory, id)
    guard let record = try directory.processes() else { return }
    try directory.attempt("change the log's limits") { () throws(SyscallError) in
      try Kernel.replace(directory.file(RunDirectory.logLimitsFile), with: Array(limits.text.utf8))
      try record.shim.send(signal: 1)
    }
  }

  /// Writes /etc/hosts and /etc/resolv.conf of a running container anew where they differ. The files are mounted inside,
  /// so it is their contents that change and not the files.
  public func rewrite(_ id: String, hosts: String, resolvConf: String) throws(RuntimeError) {
    let directory = try RunDirectory(runDirectory, id)
    for (name, text) in [("hosts", hosts), ("resolv.conf", resolvConf)] as [(FilePath, String)] {
      try directory.attempt("write \(name)") { () throws(SyscallError) in
        if try Kernel.contents(of: directory.file(name)) == Array(text.utf8) { return }
        try Kernel.open(directory.file(name), [.writeOnly, .truncate]).writeAll(Array(text.utf8))
      }
    }
  }
}
