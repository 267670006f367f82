// What the supervisor's threads do: start again and probe. Under the stack's lock where something is changed.
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrOCI
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

extension StackEngine {
  /// Starts a container again as it was, if that is still wanted once the stack's lock is ours; then those of the stack
  /// that share its namespaces, which are left in those of the past.
  func restart(_ name: ContainerName, note: HookNote) throws(EngineError) {
    try withLock(name.stack) { () throws(EngineError) -> Void in
      try restartAlone(name, note: note)
      try restartSharers(of: name, note: note)
    }
  }

  /// Brings a start to its end that was cut when the supervisor was killed: the hooks that are still to be run of a
  /// container that runs by now. They are run from the first one on.
  func finishStart(_ name: ContainerName, note: HookNote) throws(EngineError) {
    try withLock(name.stack) { () throws(EngineError) -> Void in
      let record = try contents().containers.first { $0.id == name.id }
      guard let record, record.stage == .running else { return }
      guard try hasUnfinishedStart(name) else { return }
      guard case .running = try process(of: name.id) else { return try restartAlone(name, note: note) }
      try goOn(record)
      try runPostStartOrStop(name, record, try record.runningPlan(), note: note)
    }
  }

  /// Runs its hooks; one that fails ends the container, and is told.
  private func runPostStartOrStop(
    _ name: ContainerName, _ record: ContainerRecord, _ plan: ServicePlan, note: HookNote
  ) throws(EngineError) {
    do throws(EngineError) { try runPostStart(name, plan, note: note) } catch {
      try stopProcess(name, record: record, skipsHooks: true)
      throw error
    }
    try endStart(name)
  }

  /// Ends a container that is unhealthy and starts it again, if it still is that once the stack's lock is ours; false: it was
  /// left. One that has ended by itself meanwhile, or under the hands of a supervisor that was killed, is started.
  func restartUnhealthy(_ name: ContainerName, note: HookNote) throws(EngineError) -> Bool {
    try withLock(name.stack) { () throws(EngineError) -> Bool in
      let record = try contents().containers.first { $0.id == name.id }
      guard let record, record.stage == .running, record.role == .serving else { return false }
      if case .running = try process(of: name.id) {
        if try health(of: name) != .unhealthy { return false }
        if try isPaused(record) { return false }
        try stopProcess(name, record: record, note: note)
        settings.failpoint?("unhealthy:\(name.id):stopped")
      }
      let event = ContainerEvent(.restart, name.eventSubject).with("reason", "unhealthy")
      try restartAlone(name, event: event, note: note)
      try restartSharers(of: name, note: note)
      return true
    }
  }

  func withLock<Result>(
    _ stack: String, _ body: () throws(EngineError) -> Result
  ) throws(EngineError) -> Result {
    let lock = try lockStack(stack)
    do throws(EngineError) {
      let result = try body()
      lock.release()
      return result
    } catch {
      lock.release()
      throw error
    }
  }

  /// One that cannot be started again is the affair of its own policy, and keeps nobody else from it.
  private func restartSharers(of owner: ContainerName, note: HookNote) throws(EngineError) {
    let contents = try contents()
    var failure: EngineError?
    for record in contents.containers where record.stack == owner.stack && record.stage == .running {
      let name = record.name
      var container = ObservedContainer(
        name: name, stage: .running, fields: PlanCoding.fields(record.fields), process: .absent)
      guard owner.index == 1, record.role == .serving,
        NamespacePlan.Kind.allCases.contains(where: { container.value($0.rawValue) == "service:\(owner.service)" })
      else { continue }
      do throws(EngineError) {
        container.process = try process(of: name.id)
        if try lostNamespaces(container, contents).isEmpty { continue }
        try stopProcess(name, record: record, note: note)
        try restartAlone(name, note: note)
        try restartSharers(of: name, note: note)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// `event`: what is told of it instead of a restart by the policy.
  func restartAlone(
    _ name: ContainerName, event: ContainerEvent? = nil, note: HookNote
  ) throws(EngineError) {
    let contents = try contents()
    guard let record = contents.containers.first(where: { $0.id == name.id }), record.stage == .running else { return }
    if case .running = try process(of: name.id) { return }
    let links: LinkDriver
    do { links = try LinkDriver() } catch { throw EngineError(.kernel, error.description) }
    try deleteRemains(name, record)
    let starter = try starter(contents, stack: name.stack, desired: nil, links: links, store: nil)
    let root = try ImageRoot(restarting: record)
    if !root.plan.postStart.isEmpty { try beginStart(name) }
    let given = try starter.start(name, plan: root, record: record, isFresh: false)
    if !root.plan.postStart.isEmpty {
      settings.failpoint?("hook:\(name.id):started")
      try runPostStartOrStop(name, record, root.plan, note: note)
    }
    let event = event ?? ContainerEvent(.restart, name.eventSubject)
    // A job that comes to its time is not started again.
    if event.action == .restart { countRestart(of: name.id) }
    tell(event)
    if given == record.contents { return }
    // It has read files that had changed since its last start.
    do {
      let store = try Store(directory: settings.stateDirectory)
      defer { store.close() }
      try store.write([.setContents(container: name.id, given)])
    } catch {
      throw EngineError(error)
    }
  }

  /// Runs a health check inside, with the rights of the container's own process.
  func probe(_ name: ContainerName, _ check: HealthCheck, plan: ServicePlan) throws -> ExecResult {
    let process = try process(inside: name, of: plan, arguments: check.command)
    return try runtime.exec(
      name.id, process: process, cgroupPath: settings.cgroup(name, of: plan),
      timeoutMilliseconds: check.timeoutMilliseconds,
      outputLimit: 4096)
  }
}
