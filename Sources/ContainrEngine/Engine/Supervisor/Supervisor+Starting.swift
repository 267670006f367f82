// Starts of containers by the supervisor, each in a thread of its own.
internal import ContainrHost
internal import ContainrStore
internal import ContainrSystem
internal import ContainrTelemetry

extension Supervisor {
  /// Another supervisor was killed while it started it.
  func finishStart(of id: String) throws {
    guard underWay == 0, let container = containers[id], container.stage == .running, container.exit != nil,
      !container.isRestarting, try engine.hasUnfinishedStart(container.name)
    else { return }
    try restart(id)
  }

  /// A thread that starts containers has ended.
  func endStarting() throws {
    underWay -= 1
    for id in containers.ids { try finishStart(of: id) }
  }

  func restart(_ id: String) throws {
    guard let container = containers[id] else { return }
    containers[id]?.isRestarting = true
    containers[id]?.restartDue = nil
    let (name, isForced) = (container.name, container.restart.isForced)
    // It runs, and its hooks are still to come.
    let isCut = try container.exit != nil && engine.hasUnfinishedStart(name)
    let engine = engine
    let reports = reports
    underWay += 1
    try beside({ .restarted(id: id, failure: "\($0)") }) {
      var report = SupervisorReport.restarted(id: id, failure: nil)
      let note: HookNote = { line in do { try reports.add(.said(line)) } catch { fatalError("\(error)") } }
      do throws(EngineError) {
        if isCut {
          try engine.finishStart(name, note: note)
        } else if isForced {
          if try !engine.restartUnhealthy(name, note: note) { report = .left(id: id) }
        } else {
          try engine.restart(name, note: note)
        }
      } catch {
        report = .restarted(id: id, failure: error.message)
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
