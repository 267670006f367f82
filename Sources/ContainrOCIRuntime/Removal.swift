// The end of a container: signals, and taking away what is left of it.
internal import ContainrBundle
internal import ContainrCgroups
internal import ContainrInit
internal import ContainrJSON
internal import ContainrOCI
internal import ContainrSystem

enum Removal {
  /// What the maker of a container, which waited for its end, knows without looking.
  struct Known {
    let spec: RuntimeSpec
    /// By the mounts that there were at the start.
    let cgroup: Cgroup?
  }

  /// `kill`.
  static func kill(_ id: String, signal: Int32, all: Bool, _ context: RuntimeContext) throws(RuntimeFailure) {
    let directory = try context.root.directory(id)
    let state = try directory.loadExisting()
    let status = try state.status()
    if all {
      guard let cgroup = try context.cgroup(state) else {
        throw RuntimeFailure("--all needs a cgroup, and there is none")
      }
      return try Members(cgroup: cgroup, state: state).signal(signal)
    }
    if status == "stopped", signal == 9, let cgroup = try context.cgroup(state), try !endsWithItself(directory, state) {
      // As runc: what its first process has left behind, among the pids of others, is the container still.
      let members = Members(cgroup: cgroup, state: state)
      if try !members.processes().isEmpty { return try members.signal(signal) }
    }
    guard status != "stopped", let process = state.process else { throw RuntimeFailure("container not running") }
    let sent = try attempt("signal the container") { () throws(SyscallError) in try process.send(signal: signal) }
    if !sent { throw RuntimeFailure("container not running") }
    guard signal == 9, let cgroup = try context.cgroup(state) else { return }
    let members = Members(cgroup: cgroup, state: state)
    // Without a pid namespace of its own the others would outlive their first process.
    if try !endsWithItself(directory, state) { try members.signal(signal) }
    // On v1 even SIGKILL reaches a frozen process only when it goes on.
    try members.release(with: process.pid)
  }

  /// Whether nothing of it can be left once its first process has ended.
  static func hasOwnPIDs(_ spec: RuntimeSpec) -> Bool {
    spec.linux.namespaces.contains { $0.type == .pid && $0.path == nil }
  }

  /// Nothing of it can be left once its first process has ended. Without a config nothing of it ever ran.
  private static func endsWithItself(
    _ directory: StateDirectory, _ state: ContainerState, _ known: RuntimeSpec? = nil
  ) throws(RuntimeFailure) -> Bool {
    if let known { return hasOwnPIDs(known) }
    let isThere = try attempt("look for the config") { () throws(SyscallError) in try Kernel.exists(directory.config) }
    return isThere ? hasOwnPIDs(try BundleReader(kept: directory, bundle: state.bundle).spec) : true
  }

  static func isPaused(_ cgroup: Cgroup) throws(RuntimeFailure) -> Bool {
    try attemptCgroup { () throws(CgroupError) in try cgroup.isFrozen() }
  }

  /// `delete`; with `force` whatever state it is in, even half made.
  static func delete(_ id: String, force: Bool, _ context: RuntimeContext) throws(RuntimeFailure) {
    let directory = try context.root.directory(id)
    let lock: SharedFD
    do throws(RuntimeFailure) {
      lock = try directory.hold()
    } catch {
      if force, error.isMissing { return }
      throw error
    }
    defer { _ = lock }
    guard let state = try directory.load() else {
      // A `create` that was killed before its first effect.
      if !force { throw RuntimeFailure("container `\(id)` was never created whole: use --force") }
      return try directory.remove()
    }
    let status = try state.status()
    if !force, status != "stopped" {
      throw RuntimeFailure("cannot delete container `\(id)` that is not stopped: it is \(status)")
    }
    try clear(directory, state, context)
  }

  /// Ends what runs, removes the cgroup and the record, and runs the hooks of the end.
  static func clear(
    _ directory: StateDirectory, _ state: ContainerState, _ context: RuntimeContext, known: Known? = nil
  ) throws(RuntimeFailure) {
    let cgroup = try cgroup(state, context, known)
    if let process = state.process, let pidfd = try killed(process) {
      if let cgroup { try Members(cgroup: cgroup, state: state).release(with: process.pid) }
      _ = try attempt("end the container") { () throws(SyscallError) in
        try Kernel.waitUntilEnded(pidfd: pidfd.raw, milliseconds: 10_000)
      }
    }
    if let cgroup {
      // What was in a pid namespace of its own ended with it. One that was never written down may still be about to end,
      // as its maker has.
      let haveEnded = state.process == nil ? false : try endsWithItself(directory, state, known?.spec)
      try Members(cgroup: cgroup, state: state).clear(haveEnded: haveEnded)
    }
    context.log.debug("\(state.id): ended, and its cgroup \(state.cgroupPath ?? "none") is cleared away")
    let hooks = try poststop(directory, state, known?.spec)
    try directory.remove()
    runPoststop(hooks, state, context)
  }

  /// One that fails is a warning, and the others run nevertheless.
  static func runPoststop(_ hooks: [OCIHook], _ state: ContainerState, _ context: RuntimeContext) {
    let text = state.specState(status: "stopped", pid: nil).bytes()
    for (index, hook) in hooks.enumerated() {
      do throws(HookError) {
        try HookRunner.run([hook], "poststop", from: index, state: text)
      } catch {
        context.log.warning(error.description)
      }
    }
  }

  /// SIGKILL, and a pidfd to wait at; nil if it had ended.
  private static func killed(_ process: ProcessIdentity) throws(RuntimeFailure) -> SharedFD? {
    try attempt("end the container") { () throws(SyscallError) in
      guard let pidfd = try process.openPidFD(), try process.send(signal: 9) else { return nil }
      return SharedFD(pidfd)
    }
  }

  /// By the mounts of its start, if they still show it.
  private static func cgroup(
    _ state: ContainerState, _ context: RuntimeContext, _ known: Known?
  ) throws(RuntimeFailure) -> Cgroup? {
    if let cgroup = known?.cgroup, try attemptCgroup({ () throws(CgroupError) in try cgroup.isThere() }) {
      return cgroup
    }
    return try context.cgroup(state)
  }

  private static func poststop(
    _ directory: StateDirectory, _ state: ContainerState, _ known: RuntimeSpec?
  ) throws(RuntimeFailure) -> [OCIHook] {
    // What has never been created has nothing to be cleaned after.
    if !state.hasCreated { return [] }
    if let known { return known.hooks.poststop }
    let isThere = try attempt("look for the config") { () throws(SyscallError) in try Kernel.exists(directory.config) }
    return isThere ? try BundleReader(kept: directory, bundle: state.bundle).spec.hooks.poststop : []
  }
}
