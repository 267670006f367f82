// The end of a container: signals, and taking away what is left of it.
internal import ContainrBundle
internal import ContainrCgroups
internal import ContainrInit
internal import ContainrOCI
internal import ContainrSystem

enum Removal {
  /// `kill`.
  static func kill(_ id: String, signal: Int32, all: Bool, _ context: RuntimeContext) throws(RuntimeFailure) {
    let directory = try context.root.directory(id)
    let state = try directory.loadExisting()
    let status = try state.status()
    if all {
      guard let cgroup = try context.cgroup(state) else {
        throw RuntimeFailure("--all needs a cgroup, and there is none")
      }
      return try attemptCgroup { () throws(CgroupError) in try cgroup.signalAll(signal) }
    }
    guard status != "stopped", let process = state.process else { throw RuntimeFailure("container not running") }
    let sent = try attempt("signal the container") { () throws(SyscallError) in try process.send(signal: signal) }
    if !sent { throw RuntimeFailure("container not running") }
    // Without a pid namespace of its own the others would outlive their first process.
    if signal == 9, let cgroup = try context.cgroup(state), try !hasOwnPIDs(directory, state) {
      try attemptCgroup { () throws(CgroupError) in try cgroup.signalAll(signal) }
    }
    // SIGKILL and SIGTERM reach a frozen process only when it goes on.
    if signal == 9, let cgroup = try context.cgroup(state), try isPaused(cgroup) {
      try attemptCgroup { () throws(CgroupError) in try cgroup.setFrozen(false) }
    }
  }

  private static func hasOwnPIDs(_ directory: StateDirectory, _ state: ContainerState) throws(RuntimeFailure) -> Bool {
    let spec = try BundleReader(kept: directory, bundle: state.bundle).spec
    return spec.linux.namespaces.contains { $0.type == .pid && $0.path == nil }
  }

  /// Nothing of it can be left once its first process has ended. Without a config nothing of it ever ran.
  private static func hasEndedWithItself(
    _ directory: StateDirectory, _ state: ContainerState
  ) throws(RuntimeFailure) -> Bool {
    let isThere = try attempt("look for the config") { () throws(SyscallError) in try Kernel.exists(directory.config) }
    return isThere ? try hasOwnPIDs(directory, state) : true
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
    if !force, status != "stopped", status != "created" {
      throw RuntimeFailure("cannot delete container `\(id)` that is not stopped: it is \(status)")
    }
    try clear(directory, state, context)
  }

  /// Ends what runs, removes the cgroup and the record, and runs the hooks of the end.
  static func clear(
    _ directory: StateDirectory, _ state: ContainerState, _ context: RuntimeContext
  ) throws(RuntimeFailure) {
    if let process = state.process {
      try attempt("end the container") { () throws(SyscallError) in
        guard try process.send(signal: 9), let pidfd = try process.openPidFD() else { return }
        _ = try Kernel.waitUntilEnded(pidfd: pidfd.raw, milliseconds: 10_000)
      }
    }
    if let cgroup = try context.cgroup(state) {
      // A group that somebody else has chosen may hold others; what was in a pid namespace of its own ended with it.
      let isKilled = state.cgroupIsChosen ? try !hasEndedWithItself(directory, state) : true
      try attemptCgroup { () throws(CgroupError) in
        if isKilled { try cgroup.kill() } else if try !cgroup.processes().isEmpty { return }
        try cgroup.remove()
      }
    }
    let hooks = try poststop(directory, state)
    try directory.remove()
    let text = Array(state.specState(status: "stopped", pid: nil).text().utf8)
    do throws(HookError) {
      try HookRunner.run(hooks, "poststop", state: text, environment: context.environmentList)
    } catch {
      context.log.warning(error.description)
    }
  }

  private static func poststop(_ directory: StateDirectory, _ state: ContainerState) throws(RuntimeFailure) -> [OCIHook]
  {
    // What has never been created has nothing to be cleaned after.
    if !state.hasCreated { return [] }
    let isThere = try attempt("look for the config") { () throws(SyscallError) in try Kernel.exists(directory.config) }
    return isThere ? try BundleReader(kept: directory, bundle: state.bundle).spec.hooks.poststop : []
  }
}
