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
  /// The one before goes on.
  case busy
  /// Nobody wants it any more.
  case unwanted
  case failed(String)
}

extension Supervisor {
  private var wallTime: Int64 { Int64(clamping: Kernel.realTime() / 1_000_000_000) }

  /// Goes on where another supervisor was, in this boot or before it, or begins. Of one that is stopped no time is kept.
  func resumeSchedule(of id: String) throws {
    guard let container = containers[id], let schedule = container.schedule, container.stage == .running,
      container.isServing
    else { return }
    let now = wallTime
    guard let record = try engine.scheduleRecord(of: container.name)?.inBoot(engine.bootID) else {
      return try setNext(of: id, after: now)
    }
    let known = SchedulePlan(text: record.schedule)
    guard schedule.hasTimes(of: known) else {
      // These times are no more; what was missed of them is told all the same.
      if record.next > 0, DueRun(record.next, now: now) == .missed {
        try tellMissed(id, from: record.next, times: known.map { try count($0, from: record.next, until: now) } ?? 1)
      }
      return try setNext(of: id, after: now)
    }
    containers[id]?.due = record.next == 0 ? nil : record.next
    containers[id]?.last = record.last
    if let queued = record.queued {
      if schedule.overlap == .queue { containers[id]?.queued = queued } else { try leave(id, queued, "skipped") }
    }
    if let starting = record.starting, try !engine.hasStarted(container.name, after: record.former) {
      // As if its time had come a moment later: it is on time, or missed.
      containers[id]?.due = starting
    } else if record.next == 0 || DueRun(record.next, now: now) == .wait {
      // The zone's rules may be others by now.
      try setNext(of: id, after: now)
    }
  }

  /// What has come to its time, or has waited for the end of the run before.
  func startDueRuns() throws {
    let now = wallTime
    for id in containers.jobs {
      guard let container = containers[id], let schedule = container.schedule else { continue }
      if let queued = container.queued, !container.goesOn {
        containers[id]?.queued = nil
        try begin(id, due: queued)
        continue
      }
      guard let due = container.due else { continue }
      switch DueRun(due, now: now) {
      case .wait: continue
      case .run: try startScheduled(id, due: due)
      case .missed:
        try tellMissed(id, from: due, times: try count(schedule, from: due, until: now))
        containers[id]?.last = due
        if schedule.catchesUp { try startScheduled(id, due: due) } else { try setNext(of: id, after: now) }
      }
    }
  }

  /// How many times are told; of more it is said that there are more.
  private static let countLimit = 1000

  private func count(_ schedule: SchedulePlan, from first: Int64, until last: Int64) throws -> Int {
    do throws(EngineError) {
      return schedule.times(from: first, until: last, in: try engine.zone(of: schedule), limit: Self.countLimit)
    } catch {
      // Which times there were is not known without its zone; that this one was is.
      return 1
    }
  }

  private func tellMissed(_ id: String, from due: Int64, times: Int) throws {
    guard let name = containers[id]?.name else { return }
    let number = "\(times)\(times < Self.countLimit ? "" : "+")"
    engine.tell(StackEngine.event(name, due: due, "missed").with("times", number))
    let more = times == 1 ? "" : ", the first of \(number) times"
    try log("\(id) was not started at \(UTCTime.text(Int(due)))\(more): nobody was there")
  }

  /// The clock was set: what was to come is to come at other moments.
  func resetSchedules() throws {
    let now = wallTime
    for id in containers.jobs {
      guard let container = containers[id] else { continue }
      if let due = container.due, due <= now { continue }
      if container.stage == .running { try setNext(of: id, after: now) }
    }
  }

  /// Sets the clock to the next of all times.
  func armClock() throws {
    let next = containers.jobs.compactMap { containers[$0]?.due }.min()
    if next == armed { return }
    try Kernel.arm(wallTimer: clock.raw, at: next)
    armed = next
  }

  /// A zone that cannot be read keeps a job from its times, and is tried again with the next reload.
  private func setNext(of id: String, after time: Int64) throws {
    guard let container = containers[id], let schedule = container.schedule else { return }
    do throws(EngineError) {
      containers[id]?.due = try engine.next(schedule, after: DueRun.moment(now: time, last: container.last))
    } catch {
      containers[id]?.due = nil
      try log("\(id) waits for no time: \(error.message)")
    }
    try writeTimes(of: id)
  }

  private func writeTimes(of id: String) throws {
    guard let container = containers[id], let schedule = container.schedule else { return }
    var record = ScheduleRecord(next: container.due, starting: container.starting, schedule: schedule.text)
    if container.starting != nil { record.former = container.former }
    (record.queued, record.last) = (container.queued, container.last)
    if container.starting != nil || container.queued != nil { record.boot = engine.bootID }
    try Kernel.replace(settings.schedule(id), with: Array(record.text.utf8))
  }

  /// Says that a time comes to no run of its own now.
  private func leave(_ id: String, _ due: Int64, _ result: String) throws {
    guard let name = containers[id]?.name else { return }
    engine.tell(StackEngine.event(name, due: due, result))
  }

  /// The run before is not over: this one waits, as the only one, or is left out.
  private func postpone(_ id: String, _ due: Int64) throws {
    guard let container = containers[id], let schedule = container.schedule else { return }
    let waits = schedule.overlap == .queue && container.queued == nil
    if waits { containers[id]?.queued = due }
    try leave(id, due, waits ? "queued" : "skipped")
  }

  /// Starts a job whose time has come, or says why not.
  private func startScheduled(_ id: String, due: Int64) throws {
    guard let container = containers[id], let schedule = container.schedule else { return }
    containers[id]?.last = max(due, container.last ?? due)
    let now = wallTime
    let isBusy =
      switch schedule.overlap {
      case .skip: container.isRestarting || container.exit != nil
      case .replace: container.isRestarting
      case .queue: container.goesOn || container.queued != nil
      }
    if isBusy {
      try postpone(id, due)
      return try setNext(of: id, after: now)
    }
    try setNext(of: id, after: now)
    try begin(id, due: due)
  }

  /// Before the first step of a start its time is written down, and after the last one that it is done: a supervisor that is
  /// killed in between is followed by one that looks how far it came.
  private func begin(_ id: String, due: Int64) throws {
    guard let container = containers[id], let schedule = container.schedule else { return }
    containers[id]?.starting = due
    containers[id]?.former = try engine.lastProcess(of: container.name)
    try writeTimes(of: id)
    try forgetRestarts(of: id)
    let attempt = token()
    containers[id]?.attempt = attempt
    containers[id]?.restartDue = nil
    let (engine, reports, name) = (engine, reports, container.name)
    try beside({ .ran(id: id, attempt: attempt, due: due, .failed("\($0)")) }) {
      let note: HookNote = { line in do { try reports.add(.said(line)) } catch { fatalError("\(error)") } }
      var end: ScheduledStart
      do throws(EngineError) {
        end = try engine.startScheduled(name, due: due, replaces: schedule.overlap == .replace, note: note)
      } catch {
        end = .failed(error.message)
      }
      do { try reports.add(.ran(id: id, attempt: attempt, due: due, end)) } catch { fatalError("\(error)") }
    }
  }

  /// After a loss of power it is known that this run has begun; a supervisor does not wait for the disk.
  private func keepTimes(of name: ContainerName) throws {
    let (engine, reports) = (engine, reports)
    try beside({ .said("the times of \(name.id) may not outlive a loss of power: \($0)") }) {
      do throws(EngineError) { try engine.keepTimes(of: name) } catch {
        do { try reports.add(.said(error.message)) } catch { fatalError("\(error)") }
      }
    }
  }

  func take(_ id: String, _ attempt: UInt64, _ due: Int64, _ end: ScheduledStart) throws {
    if case .failed(let message) = end { try log("start of \(id): \(message)") }
    guard let container = containers[id], container.attempt == attempt else { return }
    containers[id]?.attempt = nil
    containers[id]?.starting = nil
    containers[id]?.former = nil
    switch end {
    case .started: break
    case .busy: try postpone(id, due)
    case .unwanted: try leave(id, due, "skipped")
    case .failed: try leave(id, due, "failed")
    }
    // Who has been stopped meanwhile waits for no time.
    if container.stage == .running {
      try writeTimes(of: id)
      if case .started = end { try keepTimes(of: container.name) }
    }
    containers[id]?.hasEnded = false
    try watch(id)
    try tellNeighbours(of: id)
    try updateZones()
  }
}
