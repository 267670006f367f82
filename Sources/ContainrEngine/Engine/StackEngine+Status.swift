// What `ps` shows: records and kernel side by side, for one stack or all.
internal import ContainrAddresses
internal import ContainrCgroups
public import ContainrHost
public import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSpec
internal import ContainrStore
public import ContainrSystem
internal import SystemPackage

/// One stack of this host.
public struct StackSummary: Sendable, Hashable, Codable {
  /// The stack's name.
  public var name: String
  /// Path of its file.
  public var file: String
  /// How many of its containers run.
  public var running: Int
  /// How many containers it has.
  public var containers: Int
  /// Its supervisor lives.
  public var supervised: Bool
}

extension StackEngine {
  /// All containers of a stack, or of all stacks, sorted by name.
  public func containers(stack: String?) throws(EngineError) -> [ContainerStatus] {
    let records = try contents().containers.filter { stack == nil || $0.stack == stack }
    return try ParallelMap.map(records) { (record) throws(EngineError) in try self.status(record) }
      .sorted { ($0.name, $0.slot) < ($1.name, $1.slot) }
  }

  /// Which stacks are recorded, sorted by name: whose and of which file. Looks at no container.
  public func knownStacks() throws(EngineError) -> [ObservedStack] {
    do throws(StoreError) {
      return try Store.stacks(directory: settings.stateDirectory).stacks.map {
        ObservedStack(name: $0.name, file: $0.file, ownerUID: $0.ownerUID, sameBoot: $0.bootID == bootID)
      }
    } catch { throw EngineError(error) }
  }

  /// All stacks, sorted by name.
  public func stacks() throws(EngineError) -> [StackSummary] {
    let contents = try contents()
    var summaries: [StackSummary] = []
    for stack in contents.stacks {
      var running = 0
      let containers = contents.containers.filter { $0.stack == stack.name }
      for container in containers { if case .running = try process(of: container.id) { running += 1 } }
      summaries.append(
        StackSummary(
          name: stack.name, file: stack.file, running: running, containers: containers.count,
          supervised: try supervisor(of: stack.name) != nil))
    }
    return summaries
  }

  /// A descriptor that is readable when the container has ended; nil if it does not run.
  public func exitDescriptor(_ container: String) throws(EngineError) -> SharedFD? {
    do { return try runtime.exitDescriptor(container) } catch { throw EngineError(.kernel, error.description) }
  }

  private func status(_ record: ContainerRecord) throws(EngineError) -> ContainerStatus {
    let name = record.name
    var status = ContainerStatus(
      stack: record.stack, service: record.service, index: record.index, name: name.display, state: .creating,
      createdAt: record.createdAt, logFile: settings.logFile(record.id).string)
    let former = settings.logFile(name.other.id)
    do throws(SyscallError) { if try Kernel.exists(former) { status.formerLogFile = former.string } } catch {
      throw EngineError(error, "look for the log of \(name.display)")
    }
    status.slot = record.slot
    status.role = ObservedContainer.Role(rawValue: record.role.rawValue) ?? .serving
    status.ports = record.ports.flatMap { port in
      record.published(port).map { "\($0.bracketed):\(port.hostPort)->\(port.containerPort)/\(port.transport)" }
    }
    let fields = PlanCoding.fields(record.fields)
    status.isOneOff = fields.contains { $0.path == "one-off" }
    status.keepsLog = fields.first { $0.path == "logging.driver" }?.value != "none"
    status.addresses = record.leases.flatMap { lease in
      [lease.address, lease.address6].filter { !$0.isEmpty }.map { "\(lease.key) \($0)" }
    }
    let schedule = Self.schedule(fields)
    status.health = try health(of: name)?.rawValue
    var neverBegan = false
    do {
      switch try runtime.observe(record.id) {
      case .absent:
        // After a boot nothing says whether it ever ran.
        neverBegan = record.bootID == bootID
        status.state = record.stage == .creating ? .creating : schedule == nil ? .died : .scheduled
      case .incomplete: status.state = record.stage == .creating ? .creating : .died
      case .died: status.state = .died
      case .running(let initial, _):
        status.state = .running
        status.pid = initial.pid
        // Clock ticks are hundredths of a second on every architecture that we run on.
        let age = Kernel.bootTime() / 10_000_000 - min(initial.startTime, Kernel.bootTime() / 10_000_000)
        status.since = Int(Kernel.realTime() / 1_000_000_000 - age / 100)
        if try isPaused(record) { status.state = .paused }
        let reading = try Cgroup(mounts: cgroups, path: cgroup(of: record)).reading()
        status.memoryUsage = reading.memoryUsage
        status.memoryLimit = reading.memoryLimit
      case .exited(let exit):
        status.state = .exited
        status.exitCode = exit.status.code
        status.outOfMemory = exit.outOfMemory
        status.lostFiles = exit.lostFiles
        status.since = Int(exit.time / 1_000_000_000)
      }
    } catch {
      throw EngineError(.kernel, "\(error)")
    }
    if schedule != nil, record.stage == .running {
      status.nextRun = try scheduleRecord(of: name).flatMap { $0.next == 0 ? nil : Int($0.next) }
    }
    if record.stage == .stopped { status.state = neverBegan ? .created : .stopped }
    if status.pid == nil, record.stage != .creating {
      let comesBack = fields.contains { $0.path == "restart" || $0.path == "x-containr.on-unhealthy" }
      status.isOver =
        record.stage == .stopped ? true : schedule != nil ? false : comesBack ? try isOver(name) : true
    }
    if record.stage == .removing { status.state = .removing }
    // Only a number of attempts can be used up.
    if record.stage == .running, fields.contains(where: { $0.path == "restart" && $0.value.contains(":") }) {
      status.givenUp = try givenUp(name)
    }
    return status
  }
}
