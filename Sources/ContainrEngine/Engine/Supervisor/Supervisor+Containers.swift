// Ends, health and restarts. What takes time runs on threads of its own; the loop only hears of it.
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrStore
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

extension Supervisor {
  func reloadContainers() throws {
    let records = contents.containers.filter { $0.stack == stack }
    let living = Set(records.map(\.id))
    for id in containers.ids where !living.contains(id) { try forget(id) }
    for record in records {
      var watched = try WatchedContainer(record)
      if let old = containers[record.id] {
        if old.settings == watched.settings && old.stage == watched.stage {
          containers[record.id]?.isServing = watched.isServing
          try watch(record.id)
          // Without a time: its zone may be there by now.
          if old.due == nil, !old.isRestarting { try resumeSchedule(of: record.id) }
          continue
        }
        // One that had ended or was stopped, and is there again by somebody's hand, begins anew.
        if old.settings == watched.settings && old.stage != .stopped && !old.hasEnded {
          watched.restart = old.restart
        } else {
          try forgetRestarts(of: record.id)
        }
        // What another check found says nothing of this one.
        if old.checks != watched.checks || old.settings != watched.settings && old.hasEnded {
          try tolerating(2) { () throws(SyscallError) in
            try Kernel.remove(settings.health(stack).appending(record.id))
          }
        }
        try forget(record.id)
      } else {
        watched.restart.resume(try restarts(of: record.id))
      }
      containers[record.id] = watched
      try watch(record.id)
      try resumeSchedule(of: record.id)
    }
  }

  /// A container's run directory has changed: perhaps its process is there now, or what it was when it was started.
  func takeBeginning(of id: String) throws {
    witness.move(id)
    guard containers[id]?.exit == nil, let exit = try engine.runtime.exitDescriptor(id) else { return }
    let hadEnded = containers[id]?.hasEnded == true
    try watch(id, exit)
    try updateZones()
    if hadEnded { try tellNeighbours(of: id) }
  }

  /// Watches a container's process if it runs and is not watched yet.
  func watch(_ id: String) throws {
    guard let container = containers[id], container.exit == nil, !container.isRestarting else { return }
    if let exit = try engine.runtime.exitDescriptor(id) { return try watch(id, exit) }
    // It ended while nobody watched, or has not started yet.
    if container.stage == .running, container.restartDue == nil, !container.hasEnded { try plan(afterEndOf: id) }
  }

  // MARK: restarts in a row

  /// What a supervisor before this one has written of them.
  private func restarts(of id: String) throws -> String {
    var text = ""
    try tolerating(2) { () throws(SyscallError) in text = try Kernel.text(of: settings.restarts(stack, id)) }
    return text
  }

  func writeRestarts(of id: String) throws {
    guard let container = containers[id] else { return }
    try Kernel.replace(settings.restarts(stack, id), with: Array(container.restart.text.utf8))
  }

  func forgetRestarts(of id: String) throws {
    containers[id]?.restart.forget()
    try tolerating(2) { () throws(SyscallError) in try Kernel.remove(settings.restarts(stack, id)) }
  }

  private func watch(_ id: String, _ exit: SharedFD) throws {
    if containers[id]?.hasEnded == true, containers[id]?.isRestarting == false { try forgetRestarts(of: id) }
    guard var container = containers[id] else { return }
    container.exit = exit
    container.token = token()
    let now = Kernel.monotonicTime()
    container.restart.begin(at: now)
    container.restartDue = nil
    container.hasEnded = false
    if let check = try container.healthCheck() {
      let known = try engine.health(of: container.name)
      container.health = HealthTracker(check, now: now, health: known ?? .starting)
      if known == .healthy { container.restart.settle() }
      if known == nil { try writeHealth(container.name, "starting", nil) }
    } else {
      try tolerating(2) { () throws(SyscallError) in try Kernel.remove(settings.health(stack).appending(id)) }
    }
    byToken[container.token] = id
    containers[id] = container
    try poll.add(exit.raw, token: container.token)
    if let record = contents.containers.first(where: { $0.id == id }) { watchThrottling(record) }
    try witness(id)
    try finishStart(of: id)
  }

  private func unwatch(_ id: String) throws {
    guard let container = containers[id], let exit = container.exit else { return }
    try endWitness(id)
    try poll.remove(exit.raw)
    byToken[container.token] = nil
    containers[id]?.exit = nil
    containers[id]?.health = nil
    containers[id]?.listening = nil
    throttles[id] = nil
  }

  private func forget(_ id: String) throws {
    try unwatch(id)
    containers[id] = nil
    probePlans.forget(id)
  }

  // MARK: ends

  func takeExit(of id: String) throws {
    try unwatch(id)
    // It was quicker than the record of its start.
    if containers[id]?.stage == .creating { try reload() }
    guard let name = containers[id]?.name else { return }
    try tolerating(2) { () throws(SyscallError) in try Kernel.remove(settings.health(stack).appending(name.id)) }
    try plan(afterEndOf: id)
    try updateZones()
    if containers[id]?.hasEnded == true { try tellNeighbours(of: id) }
  }

  /// Decides what follows an end, from the policy and from how it ended.
  func plan(afterEndOf id: String) throws {
    // Only what serves is started again: a new container that ends has failed, an old one has done its work.
    guard var container = containers[id], container.stage == .running, container.isServing else { return }
    // Who ends it to start it again says how that went.
    if container.isRestarting { return }
    // It was to be ended, and has ended.
    if container.restartDue != nil {
      containers[id]?.hasEnded = true
      return
    }
    // A supervisor before this one has ended it to start it again.
    if try engine.cutStart(of: container.name)?.start == .again {
      containers[id]?.hasEnded = true
      containers[id]?.restartDue = Kernel.monotonicTime() + RestartTracker.first
      return
    }
    // A supervisor before this one has given it up.
    if try engine.isOver(container.name), !container.hasEnded {
      containers[id]?.hasEnded = true
      return
    }
    var code: Int32
    switch try engine.runtime.observe(id) {
    case .running: return try watch(id)
    case .exited(let exit): code = exit.status.code
    case .absent where container.schedule != nil:
      // Its time has not come yet.
      containers[id]?.hasEnded = true
      return
    case .absent, .incomplete, .died: code = 137
    }
    // However it ended when its start did not come to its end: that is a failure.
    if code == 0, try engine.hasUnfinishedStart(container.name) { code = 125 }
    let now = Kernel.monotonicTime()
    let pause = container.restart.pause(afterExit: code, at: now)
    container.restartDue = pause.map { now + $0 }
    container.hasEnded = true
    containers[id] = container
    if pause != nil { return }
    if container.restart.givenUp != nil { try tellGivenUp(id, exitCode: code) }
    // Who watches the stack is told that this was the last of it.
    try writeHealth(container.name, HealthWord.over, nil)
  }

  /// It is healthy: what was planned because it was not is off.
  func settle(_ id: String) throws {
    guard var container = containers[id] else { return }
    container.restart.settle()
    if container.restart.isForced, !container.isRestarting {
      container.restart.succeed()
      container.restartDue = nil
    }
    let isNews = container.restart.text != containers[id]?.restart.text
    containers[id] = container
    if isNews { try writeRestarts(of: id) }
  }

  /// Of one that is unhealthy: when it is ended and started again, if that is asked for and its starts are not used up. It
  /// is written down before it is done, so that who is ended by a supervisor that is killed then does not stay away.
  func plan(forUnhealthy id: String) throws {
    guard var container = containers[id], container.stage == .running, container.isServing,
      container.restart.restartsUnhealthy, container.restartDue == nil, !container.isRestarting,
      container.restart.givenUp != .unhealthy
    else { return }
    let now = Kernel.monotonicTime()
    let pause = container.restart.pause(whileUnhealthyAt: now)
    container.restartDue = pause.map { now + $0 }
    containers[id] = container
    if pause == nil { try tellGivenUp(id, exitCode: nil) } else { try writeRestarts(of: id) }
  }

  /// Its starts are used up: what is written down is read by `ps`, and by whoever comes after us, who does not tell it again.
  private func tellGivenUp(_ id: String, exitCode: Int32?) throws {
    guard let container = containers[id], let reason = container.restart.givenUp else { return }
    try writeRestarts(of: id)
    let attempts = container.restart.attempts
    var event = ContainerEvent(.giveUp, container.name.eventSubject).with("reason", reason.rawValue)
      .with("attempts", String(attempts))
    if let exitCode { event = event.with("exitCode", String(exitCode)) }
    engine.tell(event)
    let words = exitCode.map { "has ended with code \($0)" } ?? "is unhealthy"
    let starts = attempts == 1 ? "1 start that did not help" : "\(attempts) starts that did not help"
    try log("\(id) \(words), and stays as it is after \(starts)")
  }

  // MARK: health
}
