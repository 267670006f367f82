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
  func restart(_ name: ContainerName) throws(EngineError) {
    try withLock(name.stack) { () throws(EngineError) -> Void in
      try restartAlone(name)
      try restartSharers(of: name)
    }
  }

  /// Ends a container that is unhealthy and starts it again, if it still is that once the stack's lock is ours; false: it was
  /// left. One that has ended by itself meanwhile, or under the hands of a supervisor that was killed, is started.
  func restartUnhealthy(_ name: ContainerName) throws(EngineError) -> Bool {
    try withLock(name.stack) { () throws(EngineError) -> Bool in
      let record = try contents().containers.first { $0.id == name.id }
      guard let record, record.stage == .running, record.role == .serving else { return false }
      if case .running = try process(of: name.id) {
        if try health(of: name) != .unhealthy { return false }
        if try isPaused(record) { return false }
        try stopProcess(name, record: record)
        settings.failpoint?("unhealthy:\(name.id):stopped")
      }
      try restartAlone(name, because: "unhealthy")
      try restartSharers(of: name)
      return true
    }
  }

  private func withLock<Result>(
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
  private func restartSharers(of owner: ContainerName) throws(EngineError) {
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
        try stopProcess(name, record: record)
        try restartAlone(name)
        try restartSharers(of: name)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  private func restartAlone(_ name: ContainerName, because reason: String? = nil) throws(EngineError) {
    let contents = try contents()
    guard let record = contents.containers.first(where: { $0.id == name.id }), record.stage == .running else { return }
    if case .running = try process(of: name.id) { return }
    let links: LinkDriver
    do { links = try LinkDriver() } catch { throw EngineError(.kernel, error.description) }
    try deleteRemains(name, record)
    let starter = try starter(contents, stack: name.stack, desired: nil, links: links, store: nil)
    let root = try ImageRoot(restarting: record)
    let given = try starter.start(name, plan: root, record: record, isFresh: false)
    countRestart(of: name.id)
    let event = ContainerEvent(.restart, name.eventSubject)
    tell(reason.map { event.with("reason", $0) } ?? event)
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
