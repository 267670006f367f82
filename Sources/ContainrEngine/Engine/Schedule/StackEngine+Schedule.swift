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

  /// Starts a job, if that is still wanted once the stack's lock is ours; false: the one before goes on, and is left to it.
  func startScheduled(_ name: ContainerName, due: Int64, replaces: Bool, note: HookNote) throws(EngineError) -> Bool {
    try withLock(name.stack) { () throws(EngineError) -> Bool in
      let record = try contents().containers.first { $0.id == name.id }
      guard let record, record.stage == .running, record.role == .serving,
        Self.schedule(PlanCoding.fields(record.fields)) != nil
      else { return false }
      if case .running = try process(of: name.id) {
        if !replaces { return false }
        try stopProcess(name, record: record, note: note)
      }
      settings.failpoint?("schedule:\(name.id):begun")
      try restartAlone(name, event: Self.event(name, due: due, "started"), note: note)
      settings.failpoint?("schedule:\(name.id):started")
      return true
    }
  }

  /// Whether a start that was begun for a time has come to a process.
  func hasStarted(_ name: ContainerName, since time: Int64) throws(EngineError) -> Bool {
    do {
      switch try runtime.observe(name.id) {
      case .absent, .incomplete: return false
      case .running: return true
      case .exited(let exit): return Int64(clamping: exit.time / 1_000_000_000) >= time
      // How it ended is not known: it is not started twice.
      case .died: return true
      }
    } catch {
      throw EngineError(.kernel, "\(error)")
    }
  }

  /// `schedule` with the time that it is about, and what became of it: started, skipped, missed, failed.
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
