// `--wait`: waits until every service runs, is healthy or has completed. A changeset that only waits, applied like any other.
internal import ContainrEngine
internal import ContainrForeground
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrSystem

struct StackWait {
  /// What ends within this time after its start never really ran.
  private static let settling: UInt64 = 500_000_000

  var context: CommandContext
  var engine: StackEngine
  var stack: LoadedStack
  /// nil: as long as the health checks themselves go on.
  var seconds: Int?

  /// Answers what is not well, one line each; empty is well.
  func run() throws -> [String] {
    // What has no health check is started by now, and whether it ended well is seen below.
    let changes = stack.plan.services.filter {
      $0.replicas > 0 && $0.healthcheck != nil && $0.schedule == nil
    }.map { service in
      Change(
        .await(service: service.name, condition: .healthy), address: "service \(service.name)", reasons: [],
        effect: .none)
    }
    let settled = Kernel.monotonicTime() + Self.settling
    var unwell = changes.isEmpty ? [] : try wait(Changeset(stack: stack.plan.name, changes: changes))
    if unwell.isEmpty { try settle(until: settled) }
    let containers = try containers()
    for container in containers {
      let mayFail = stack.plan.services.first { $0.name == container.service }?.restart.policy != .no
      if let text = Self.complaint(container, mayFail: mayFail) { unwell.append(text) }
    }
    return unwell
  }

  private func containers() throws -> [ContainerStatus] {
    // Orphans are nobody's business here, nor is what comes later.
    let services = Set(stack.plan.services.filter { $0.schedule == nil }.map(\.name))
    return try context.attempt { () throws(EngineError) in try engine.containers(stack: stack.plan.name) }
      .filter { services.contains($0.service) }
  }

  /// Gives what has no health check the time to show that it runs; returns at once when all of it has ended.
  private func settle(until deadline: UInt64) throws {
    let checked = Set(stack.plan.services.filter { $0.healthcheck != nil }.map(\.name))
    let poll = try EventPoll()
    var running: [UInt64: SharedFD] = [:]
    for (index, container) in try containers().enumerated() where !checked.contains(container.service) {
      guard let end = try engine.exitDescriptor(container.id) else { continue }
      try poll.add(end.raw, token: UInt64(index))
      running[UInt64(index)] = end
    }
    while !running.isEmpty {
      let now = Kernel.monotonicTime()
      if now >= deadline { return }
      for event in try poll.wait(milliseconds: Int32((deadline - now) / 1_000_000 + 1)) {
        guard let ended = running.removeValue(forKey: event.token) else { continue }
        try poll.remove(ended.raw)
      }
    }
  }

  private func wait(_ changeset: Changeset) throws -> [String] {
    let deadline = seconds.map { Kernel.monotonicTime() + UInt64($0) * 1_000_000_000 }
    let problems = try Application.wait(changeset, context, engine, stack, until: deadline)
    guard let seconds, let deadline, !problems.isEmpty, Kernel.monotonicTime() >= deadline else { return problems }
    let late = try containers().filter { $0.health.map { $0 != "healthy" } ?? false }
    return ["not all services were ready after \(seconds) s"]
      + late.map { "\($0.name) is \($0.health ?? "not ready")" }
  }

  /// What is wrong with a container that was started; `mayFail`: it is started again.
  private static func complaint(_ container: ContainerStatus, mayFail: Bool) -> String? {
    switch container.state {
    case .exited where container.exitCode != 0 && !mayFail:
      "\(container.name) exited with code \(container.exitCode ?? -1)\(container.causeOfEnd.map { " (\($0))" } ?? "")"
    case .died where !mayFail: "\(container.name) died"
    case .creating: "\(container.name) was not started"
    default: nil
    }
  }
}

extension Application {
  /// Between two looks at a lock that somebody else has.
  private static let lockPause: Int32 = 50

  /// Applies a changeset that only waits; answers what went wrong. At the end of it the lock is free again.
  fileprivate static func wait(
    _ changeset: Changeset, _ context: CommandContext, _ engine: StackEngine, _ stack: LoadedStack,
    until deadline: UInt64?
  ) throws -> [String] {
    let application = Application(
      context: context, engine: engine, stack: stack, changeset: changeset, report: context.errors,
      reportInk: context.errorInk)
    do throws(EngineError) {
      let lock = try Self.lock(stack.plan.name, engine, until: deadline)
      return application.apply(lock, waitingUntil: deadline).failures.map { "\($0.address): \($0.message)" }
    } catch {
      return [error.message]
    }
  }

  private static func lock(
    _ name: String, _ engine: StackEngine, until deadline: UInt64?
  ) throws(EngineError) -> StackLock {
    guard let deadline else { return try engine.lockStack(name) }
    while true {
      do throws(EngineError) { return try engine.lockStack(name, wait: false) } catch {
        if error.kind != .locked || Kernel.monotonicTime() >= deadline { throw error }
      }
      Kernel.pause(milliseconds: lockPause)
    }
  }
}
