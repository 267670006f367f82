// Starts of containers by the supervisor, each in a thread of its own.
internal import ContainrHost
internal import ContainrStore
internal import ContainrSystem
internal import ContainrTelemetry

extension Supervisor {
  /// Another supervisor was killed while it started it.
  func finishStart(of id: String) throws {
    guard let container = containers[id], container.stage == .running, container.exit != nil, !container.isRestarting,
      try engine.cutStart(of: container.name)?.isForeign == true
    else { return }
    try restart(id)
  }

  func restart(_ id: String) throws {
    guard let container = containers[id] else { return }
    let attempt = token()
    containers[id]?.attempt = attempt
    containers[id]?.restartDue = nil
    let (name, isForced) = (container.name, container.restart.isForced)
    // It runs, and its hooks are still to come.
    let isCut = try container.exit != nil && engine.cutStart(of: name)?.isForeign == true
    let engine = engine
    let reports = reports
    try beside({ .restarted(id: id, attempt: attempt, failure: "\($0)") }) {
      var report = SupervisorReport.restarted(id: id, attempt: attempt, failure: nil)
      let note: HookNote = { line in do { try reports.add(.said(line)) } catch { fatalError("\(error)") } }
      do throws(EngineError) {
        if isCut {
          try engine.finishStart(name, note: note)
        } else if isForced {
          if try !engine.restartUnhealthy(name, note: note) { report = .left(id: id, attempt: attempt) }
        } else {
          try engine.restart(name, note: note)
        }
      } catch {
        report = .restarted(id: id, attempt: attempt, failure: error.message)
      }
      do { try reports.add(report) } catch { fatalError("\(error)") }
    }
  }

  /// Does something in a thread. Where none can be had (EAGAIN) it has failed, and `failure` is what it would have reported.
  func beside(
    _ failure: (SyscallError) -> SupervisorReport, _ run: @escaping @Sendable () -> Void
  ) throws {
    do throws(SyscallError) { try WorkerThread.start(run) } catch { try reports.add(failure(error)) }
  }
}
