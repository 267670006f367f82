// Starting a job at its time, and what is known of its times.
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

extension StackEngine {
  /// What a job is started at, as its record says; nil: it has no schedule.
  static func schedule(_ fields: [PlanField]) -> SchedulePlan? {
    fields.first { $0.path == "x-containr.schedule" }.flatMap { SchedulePlan(text: $0.value) }
  }

  /// Starts a job, if that is still wanted once the stack's lock is ours, and the one before does not go on.
  func startScheduled(
    _ name: ContainerName, due: Int64, replaces: Bool, note: HookNote
  ) throws(EngineError) -> ScheduledStart {
    try starting(name.stack, note: note) { (started) throws(EngineError) -> ScheduledStart in
      let record = try contents().containers.first { $0.id == name.id }
      guard let record, record.stage == .running, record.role == .serving,
        Self.schedule(PlanCoding.fields(record.fields)) != nil
      else { return .unwanted }
      if case .running = try process(of: name.id) {
        if !replaces { return .busy }
        try stopProcess(name, record: record, note: note)
        settings.failpoint?("schedule:\(name.id):stopped")
      }
      // After a loss of power it is known that this was begun.
      try syncTimes(of: name)
      settings.failpoint?("schedule:\(name.id):begun")
      try restartAlone(name, event: Self.event(name, due: due, "started"), &started)
      settings.failpoint?("schedule:\(name.id):started")
      return .started
    }
  }

  /// What is written down of a run that has begun is on the disk when this returns.
  func keepTimes(of name: ContainerName) throws(EngineError) {
    try syncTimes(of: name)
    settings.failpoint?("schedule:\(name.id):kept")
  }

  private func syncTimes(of name: ContainerName) throws(EngineError) {
    let path = settings.schedule(name.id)
    do throws(SyscallError) {
      // Stopped meanwhile, it has no times.
      try tolerating(2) { () throws(SyscallError) in
        try Kernel.sync(path)
        try Kernel.sync(path.removingLastComponent())
      }
    } catch {
      throw EngineError(error, "write down the times of \(name.display)")
    }
  }

  /// Whether a start that was begun has come to a process: one that is not the one which was there before. How it ended is
  /// nothing to that.
  func hasStarted(_ name: ContainerName, after former: ProcessIdentity?) throws(EngineError) -> Bool {
    let last = try lastProcess(of: name)
    return last != nil && last != former
  }

  /// The first process of a container's latest life in this boot, whether it lives or not.
  func lastProcess(of name: ContainerName) throws(EngineError) -> ProcessIdentity? {
    do { return try runtime.latestProcess(name.id) } catch { throw EngineError(.kernel, error.description) }
  }

  /// `schedule` with the time that it is about, and what became of it: started, queued, skipped, missed, failed.
  static func event(_ name: ContainerName, due: Int64, _ result: String) -> ContainerEvent {
    ContainerEvent(.schedule, name.eventSubject).with("due", UTCTime.text(Int(due))).with("result", result)
  }

  /// nil: nothing is known of its times yet.
  func scheduleRecord(of name: ContainerName) throws(EngineError) -> ScheduleRecord? {
    do throws(SyscallError) {
      return ScheduleRecord(text: try Kernel.text(of: settings.schedule(name.id)))
    } catch {
      if error.errno == 2 || error.errno == 20 { return nil }
      throw EngineError(error, "read the times of \(name.display)")
    }
  }

  /// It waits for no time any more: what it was to do until now is nobody's.
  func forgetTimes(of name: ContainerName) throws(EngineError) {
    do throws(SyscallError) {
      try tolerating(2, 20) { () throws(SyscallError) in try Kernel.remove(settings.schedule(name.id)) }
    } catch {
      throw EngineError(error, "forget the times of \(name.display)")
    }
  }

  /// What is left of its last life is about to go, and with it what says whether a start that was begun came to a process.
  func settleTimes(of name: ContainerName) throws(EngineError) {
    guard var record = try scheduleRecord(of: name), record.starting != nil,
      try hasStarted(name, after: record.former)
    else { return }
    (record.starting, record.former) = (nil, nil)
    do throws(SyscallError) {
      try Kernel.replace(settings.schedule(name.id), with: Array(record.text.utf8))
    } catch {
      throw EngineError(error, "write down the times of \(name.display)")
    }
  }

  /// The clocks that a schedule is about. Without a file of its own this host has those of UTC.
  func zone(of schedule: SchedulePlan) throws(EngineError) -> TimeZoneRules {
    guard let name = schedule.timeZone else { return try zone(at: settings.localZone) ?? .utc }
    if name == "UTC" { return .utc }
    if let zone = try zone(at: settings.zoneDirectory.appending(name)) { return zone }
    throw EngineError(.settings, "this host has no time zone \(name)")
  }

  private func zone(at path: FilePath) throws(EngineError) -> TimeZoneRules? {
    do throws(SyscallError) {
      if let zone = TimeZoneRules(try Kernel.contents(of: path)) { return zone }
    } catch {
      if error.errno == 2 { return nil }
      throw EngineError(error, "read the time zone \(path)")
    }
    throw EngineError(.settings, "\(path) holds no time zone")
  }

  /// The next time after another.
  func next(_ schedule: SchedulePlan, after time: Int64) throws(EngineError) -> Int64? {
    guard let expression = CronExpression(schedule.expression) else {
      throw EngineError(.store, "the schedule \(schedule.expression) cannot be read")
    }
    return CronSchedule(expression, zone: try zone(of: schedule)).next(after: time)
  }
}
