// Jobs with a schedule: when each is due, and what is done when its time has come.
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

/// What came of a run whose time had come.
enum ScheduledStart: Sendable {
  case started
  /// The one before goes on, or nobody wants it any more.
  case left
  case failed(String)
}

extension Supervisor {
  private var wallTime: Int64 { Int64(clamping: Kernel.realTime() / 1_000_000_000) }

  /// Goes on where another supervisor was, or begins. Of one that is stopped no time is kept.
  func resumeSchedule(of id: String) throws {
    guard let container = containers[id], let schedule = container.schedule, container.stage == .running,
      container.isServing
    else { return }
    let now = wallTime
    guard let record = try engine.scheduleRecord(of: container.name), record.schedule == schedule.text else {
      return try setNext(of: id, after: now)
    }
    containers[id]?.due = record.next == 0 ? nil : record.next
    if let starting = record.starting, try !engine.hasStarted(container.name, since: starting) {
      try startScheduled(id, due: starting)
    } else if DueRun(record.next, now: now) == .wait {
      // The zone's rules may be others by now.
      try setNext(of: id, after: now)
    }
  }

  /// What has come to its time.
  func startDueRuns() throws {
    let now = wallTime
    for (id, container) in containers.sorted(by: { $0.key < $1.key }) {
      guard let schedule = container.schedule, let due = container.due else { continue }
      switch DueRun(due, now: now) {
      case .wait: continue
      case .run: try startScheduled(id, due: due)
      case .missed:
        engine.tell(StackEngine.event(container.name, due: due, "missed"))
        try log("\(id) was not started at \(UTCTime.text(Int(due))): nobody was there")
        if schedule.catchesUp { try startScheduled(id, due: due) } else { try setNext(of: id, after: now) }
      }
    }
  }

  /// The clock was set: what was to come is to come at other moments.
  func resetSchedules() throws {
    let now = wallTime
    for (id, container) in containers where container.schedule != nil {
      if let due = container.due, due <= now { continue }
      if container.stage == .running { try setNext(of: id, after: now) }
    }
  }

  /// Sets the clock to the next of all times.
  func armClock() throws {
    let next = containers.values.compactMap { $0.schedule == nil ? nil : $0.due }.min()
    if next == armed { return }
    try Kernel.arm(wallTimer: clock.raw, at: next)
    armed = next
  }

  /// A zone that cannot be read keeps a job from its times, and is tried again with the next reload.
  private func setNext(of id: String, after time: Int64, starting: Int64? = nil) throws {
    guard let container = containers[id], let schedule = container.schedule else { return }
    do throws(EngineError) { containers[id]?.due = try engine.next(schedule, after: time) } catch {
      containers[id]?.due = nil
      try log("\(id) waits for no time: \(error.message)")
      return
    }
    let record = ScheduleRecord(next: containers[id]?.due, starting: starting, schedule: schedule.text)
    try Kernel.replace(settings.schedule(id), with: Array(record.text.utf8))
  }

  /// Starts a job, or says why not. Before the first step of it its time is written down, and after the last one that it is
  /// done: a supervisor that is killed in between is followed by one that looks how far it came.
  private func startScheduled(_ id: String, due: Int64) throws {
    guard let container = containers[id], let schedule = container.schedule else { return }
    let isBusy = container.isRestarting || (container.exit != nil && schedule.overlap == .skip)
    if isBusy {
      engine.tell(StackEngine.event(container.name, due: due, "skipped"))
      return try setNext(of: id, after: wallTime)
    }
    try setNext(of: id, after: wallTime, starting: due)
    try forgetRestarts(of: id)
    containers[id]?.isRestarting = true
    containers[id]?.restartDue = nil
    let (engine, reports, name) = (engine, reports, container.name)
    try WorkerThread.start {
      let note: HookNote = { line in do { try reports.add(.said(line)) } catch { fatalError("\(error)") } }
      var end = ScheduledStart.started
      do throws(EngineError) {
        if try !engine.startScheduled(name, due: due, replaces: schedule.overlap == .replace, note: note) {
          end = .left
        }
      } catch {
        end = .failed(error.message)
      }
      do { try reports.add(.ran(id: id, due: due, end)) } catch { fatalError("\(error)") }
    }
  }

  func take(_ id: String, _ due: Int64, _ end: ScheduledStart) throws {
    guard let container = containers[id] else { return }
    containers[id]?.isRestarting = false
    switch end {
    case .started: break
    case .left: engine.tell(StackEngine.event(container.name, due: due, "skipped"))
    case .failed(let message):
      engine.tell(StackEngine.event(container.name, due: due, "failed"))
      try log("start of \(id): \(message)")
    }
    if let schedule = container.schedule {
      let record = ScheduleRecord(next: container.due, schedule: schedule.text)
      try Kernel.replace(settings.schedule(id), with: Array(record.text.utf8))
    }
    containers[id]?.hasEnded = false
    try watch(id)
    try tellNeighbours(of: id)
    try updateZones()
  }
}
