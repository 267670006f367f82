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

/// A container that has been started, and whose hooks are still to be run.
struct StartedContainer: Sendable {
  var record: ContainerRecord
  var plan: ServicePlan
  /// Of this life of it and no other.
  var process: ProcessIdentity
  /// What is told when all of its start is done.
  var event: ContainerEvent?

  var name: ContainerName { record.name }
}

extension StackEngine {
  /// Starts a container again as it was, if that is still wanted once the stack's lock is ours; then those of the stack
  /// that share its namespaces, which are left in those of the past.
  func restart(_ name: ContainerName, note: HookNote) throws(EngineError) {
    try starting(name.stack, note: note) { (started) throws(EngineError) -> Void in
      try markSharers(of: name)
      try restartAlone(name, &started)
      settings.failpoint?("restart:\(name.id):started")
      try restartSharers(of: name, &started, note: note)
    }
  }

  /// Brings a start to its end that was cut when the supervisor was killed: the hooks that are still to be run of a
  /// container that runs by now, from the first one on, or the new process of one that was ended for it.
  func finishStart(_ name: ContainerName, note: HookNote) throws(EngineError) {
    try starting(name.stack, note: note) { (started) throws(EngineError) -> Void in
      let contents = try contents()
      guard let record = contents.containers.first(where: { $0.id == name.id }), record.stage == .running,
        let cut = try cutStart(of: name), cut.isForeign
      else { return }
      guard case .running = try process(of: name.id), let process = try lastProcess(of: name) else {
        return try restartAlone(name, &started)
      }
      if cut.start == .again {
        try restartSharer(record, contents, &started, note: note)
      } else {
        try goOn(record)
        started.append(StartedContainer(record: record, plan: try record.runningPlan(), process: process))
      }
    }
  }

  /// Ends a container that is unhealthy and starts it again, if it still is that once the stack's lock is ours; false: it was
  /// left. One that has ended by itself meanwhile, or under the hands of a supervisor that was killed, is started.
  func restartUnhealthy(_ name: ContainerName, note: HookNote) throws(EngineError) -> Bool {
    try starting(name.stack, note: note) { (started) throws(EngineError) -> Bool in
      let record = try contents().containers.first { $0.id == name.id }
      guard let record, record.stage == .running, record.role == .serving else { return false }
      if case .running = try process(of: name.id) {
        if try health(of: name) != .unhealthy { return false }
        if try isPaused(record) { return false }
        try markSharers(of: name)
        try stopProcess(name, record: record, note: note)
        settings.failpoint?("unhealthy:\(name.id):stopped")
      }
      let event = ContainerEvent(.restart, name.eventSubject).with("reason", "unhealthy")
      try restartAlone(name, event: event, &started)
      try restartSharers(of: name, &started, note: note)
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

  // MARK: hooks, without the lock

  /// Does something under the stack's lock; the hooks of what that has started are run without it: however long one of them
  /// takes, nobody is kept from stopping or changing the stack.
  func starting<Result>(
    _ stack: String, note: HookNote, _ body: (inout [StartedContainer]) throws(EngineError) -> Result
  ) throws(EngineError) -> Result {
    var started: [StartedContainer] = []
    var outcome: Swift.Result<Result, EngineError>
    do throws(EngineError) {
      outcome = .success(try withLock(stack) { () throws(EngineError) -> Result in try body(&started) })
    } catch {
      outcome = .failure(error)
    }
    for container in started {
      do throws(EngineError) { try finish(container, note: note) } catch {
        if case .success = outcome { outcome = .failure(error) }
      }
    }
    return try outcome.get()
  }

  /// Runs its hooks; one that fails ends the container, and is told.
  private func finish(_ container: StartedContainer, note: HookNote) throws(EngineError) {
    let name = container.name
    do throws(EngineError) { try runPostStart(name, container.plan, of: container.process, note: note) } catch {
      try withLock(name.stack) { () throws(EngineError) -> Void in
        // Another life of it is somebody else's.
        if try lastProcess(of: name) != container.process { return }
        try stopProcess(name, record: container.record, skipsHooks: true)
      }
      throw error
    }
    try withLock(name.stack) { () throws(EngineError) -> Void in
      if try lastProcess(of: name) == container.process { try endStart(name) }
    }
    if let event = container.event { tellStart(event, of: name) }
  }

  private func tellStart(_ event: ContainerEvent, of name: ContainerName) {
    // A job that comes to its time is not started again.
    if event.action == .restart { countRestart(of: name.id) }
    tell(event)
  }

  // MARK: who shares namespaces

  private func sharers(of owner: ContainerName, _ contents: StoreContents) -> [ContainerRecord] {
    guard owner.index == 1 else { return [] }
    return contents.containers.filter { record in
      guard record.stack == owner.stack, record.stage == .running, record.role == .serving else { return false }
      let container = ObservedContainer(
        name: record.name, stage: .running, fields: PlanCoding.fields(record.fields), process: .absent)
      return NamespacePlan.Kind.allCases.contains { container.value($0.rawValue) == "service:\(owner.service)" }
    }
  }

  /// Before its namespaces go: whoever follows a supervisor that is killed meanwhile starts again who was left in them.
  private func markSharers(of owner: ContainerName) throws(EngineError) {
    for record in sharers(of: owner, try contents()) {
      guard case .running = try process(of: record.id), try !hasUnfinishedStart(record.name) else { continue }
      try beginStart(record.name, .again)
    }
  }

  /// One that cannot be started again is the affair of its own policy, and keeps nobody else from it.
  private func restartSharers(
    of owner: ContainerName, _ started: inout [StartedContainer], note: HookNote
  ) throws(EngineError) {
    let contents = try contents()
    var failure: EngineError?
    for record in sharers(of: owner, contents) {
      do throws(EngineError) { try restartSharer(record, contents, &started, note: note) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// If it is left in a namespace of the past.
  private func restartSharer(
    _ record: ContainerRecord, _ contents: StoreContents, _ started: inout [StartedContainer], note: HookNote
  ) throws(EngineError) {
    let name = record.name
    var container = ObservedContainer(
      name: name, stage: .running, fields: PlanCoding.fields(record.fields), process: .absent)
    container.process = try process(of: name.id)
    guard case .running = container.process else {
      if try cutStart(of: name)?.start == .again { try restartAlone(name, &started) }
      return
    }
    if try lostNamespaces(container, contents).isEmpty {
      if try cutStart(of: name)?.start == .again { try endStart(name) }
      return
    }
    try beginStart(name, .again)
    try markSharers(of: name)
    try stopProcess(name, record: record, note: note)
    settings.failpoint?("sharer:\(name.id):stopped")
    try restartAlone(name, &started)
    try restartSharers(of: name, &started, note: note)
  }

  // MARK: one container

  /// The stack's lock is held. `event`: what is told of it instead of a restart by the policy. One with hooks is added to
  /// `started`, and nothing is told of it yet.
  func restartAlone(
    _ name: ContainerName, event: ContainerEvent? = nil, _ started: inout [StartedContainer]
  ) throws(EngineError) {
    do throws(EngineError) {
      try startAgain(name, event ?? ContainerEvent(.restart, name.eventSubject), &started)
    } catch {
      // From here on its policy says what becomes of it.
      if try cutStart(of: name)?.start == .again { try endStart(name) }
      throw error
    }
  }

  private func startAgain(
    _ name: ContainerName, _ event: ContainerEvent, _ started: inout [StartedContainer]
  ) throws(EngineError) {
    let contents = try contents()
    guard let record = contents.containers.first(where: { $0.id == name.id }), record.stage == .running else { return }
    if case .running = try process(of: name.id) { return }
    let links: LinkDriver
    do { links = try LinkDriver() } catch { throw EngineError(.kernel, error.description) }
    try deleteRemains(name, record)
    let starter = try starter(contents, stack: name.stack, desired: nil, links: links, store: nil)
    let root = try ImageRoot(restarting: record)
    let hasHooks = !root.plan.postStart.isEmpty
    if hasHooks, try !hasUnfinishedStart(name) { try beginStart(name, .hooks) }
    let given = try starter.start(name, plan: root, record: record, isFresh: false)
    if hasHooks {
      settings.failpoint?("hook:\(name.id):started")
      guard let process = try lastProcess(of: name) else {
        throw EngineError(.kernel, "container \(name.display) has no process after its start")
      }
      try beginStart(name, .hooks)
      started.append(StartedContainer(record: record, plan: root.plan, process: process, event: event))
    } else {
      if try hasUnfinishedStart(name) { try endStart(name) }
      tellStart(event, of: name)
    }
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
