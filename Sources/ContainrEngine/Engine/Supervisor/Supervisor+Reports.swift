// Probes, and what threads report back to the loop.
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrStore
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

extension Supervisor {
  func probe(_ id: String, _ check: HealthCheck) throws {
    guard let name = containers[id]?.name else { return }
    guard let record = contents.containers.first(where: { $0.id == id }) else { return }
    // Who stands still by somebody's will cannot answer, and is not unwell.
    if try engine.isPaused(record) {
      containers[id]?.health?.postpone(now: Kernel.monotonicTime())
      return
    }
    containers[id]?.isProbing = true
    let engine = engine
    let reports = reports
    let (plans, text) = (probePlans, record.merged.isEmpty ? record.plan : record.merged)
    let unasked = { (error: SyscallError) -> SupervisorReport in
      // It says nothing of the container.
      self.containers[id]?.discardsProbe = true
      return .probed(id: id, ProbeAnswer(exitCode: nil, output: "\(error)"))
    }
    try beside(unasked) {
      var answer = ProbeAnswer(exitCode: nil, output: "")
      do {
        let result = try engine.probe(name, check, plan: try plans.plan(of: id, text))
        if result.timedOut {
          answer.output = "no result in \(check.timeoutMilliseconds) ms"
        } else {
          answer = ProbeAnswer(exitCode: result.status?.code, output: String(decoding: result.output, as: UTF8.self))
        }
      } catch {
        answer.output = "\(error)"
      }
      do { try reports.add(.probed(id: id, answer)) } catch { fatalError("\(error)") }
    }
  }

  /// Of those who stand still now.
  func discardProbes() throws {
    for record in contents.containers where containers[record.id]?.isProbing == true {
      if try engine.isPaused(record) { containers[record.id]?.discardsProbe = true }
    }
  }

  func take(_ report: SupervisorReport) throws {
    switch report {
    case .probed(let id, let answer):
      containers[id]?.isProbing = false
      if containers[id]?.discardsProbe == true {
        containers[id]?.discardsProbe = false
        containers[id]?.health?.postpone(now: Kernel.monotonicTime())
        return
      }
      guard var container = containers[id], container.exit != nil, var health = container.health else { return }
      let changed = health.take(success: answer.isSuccess, now: Kernel.monotonicTime())
      container.health = health
      containers[id] = container
      if changed {
        engine.tell(ContainerEvent(.health, container.name.eventSubject).with("health", health.health.rawValue))
      }
      if changed || !answer.isSuccess { try writeHealth(container.name, health.health.rawValue, answer) }
      switch health.health {
      case .healthy: try settle(id)
      case .unhealthy: try plan(forUnhealthy: id)
      case .starting: break
      }
    case .restarted(let id, let attempt, let failure):
      if let failure { try log("restart of \(id): \(failure)") }
      guard containers[id]?.attempt == attempt else { return }
      containers[id]?.attempt = nil
      containers[id]?.restart.take()
      if failure == nil { containers[id]?.restart.succeed() }
      try writeRestarts(of: id)
      if failure != nil {
        try plan(afterEndOf: id)
        // It runs, and the start that was cut is still to be brought to its end.
        if let container = containers[id], container.exit != nil, container.restartDue == nil,
          try engine.cutStart(of: container.name)?.isForeign == true
        {
          containers[id]?.restartDue = Kernel.monotonicTime() + RestartTracker.first
        }
      } else {
        // It may have ended again already: that is an end of its own.
        containers[id]?.hasEnded = false
        try watch(id)
        try tellNeighbours(of: id)
      }
      try updateZones()
    case .left(let id, let attempt):
      guard containers[id]?.attempt == attempt else { return }
      containers[id]?.attempt = nil
      containers[id]?.restart.succeed()
      try writeRestarts(of: id)
      try watch(id)
      try updateZones()
    case .ran(let id, let attempt, let due, let end): try take(id, attempt, due, end)
    case .said(let message): try log(message)
    }
  }

  func writeHealth(_ name: ContainerName, _ word: String, _ answer: ProbeAnswer?) throws {
    try Kernel.replace(settings.health(stack).appending(name.id), with: Array("\(word)\n\(answer?.text ?? "")".utf8))
  }

  /// One line into our own log.
  func log(_ line: String) throws(SyscallError) {
    try Kernel.writeAll(2, Array("\(line)\n".utf8))
  }

  // MARK: names
}
