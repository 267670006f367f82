// What the supervisor knows of one container.
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import FoundationEssentials

/// One container under watch.
struct WatchedContainer {
  let name: ContainerName
  /// The fields that matter here; a change of others does not disturb.
  let settings: [PlanField]
  let stage: ContainerRecord.Stage
  /// Names and ports lead to it.
  var isServing: Bool
  /// Readable when it has ended; nil while it does not run.
  var exit: SharedFD?
  var token: UInt64 = 0
  var health: HealthTracker?
  var isProbing = false
  /// What the probe that is on its way says does not count: its container stood still meanwhile.
  var discardsProbe = false
  var restart: RestartTracker
  /// The times of a job; nil: it is none.
  let schedule: SchedulePlan?
  /// When it is due, in seconds since 1970; nil: it waits for no time.
  var due: Int64?
  /// The time of a run that waits for the end of the one before.
  var queued: Int64?
  /// The time of a run that is being started, and the process that was there before it.
  var starting: Int64?
  var former: ProcessIdentity?
  /// The latest time about which something was done, or said.
  var last: Int64?
  /// When it is started again, or ended and started again; nil: not planned.
  var restartDue: UInt64?
  /// The thread that starts it; nil: none does.
  var attempt: UInt64?
  var isRestarting: Bool { attempt != nil }
  /// Its end was seen, and it will not come back by itself.
  var hasEnded = false
  /// Its movements could not be listened for so far: when that is tried again.
  var listening: LookSchedule?

  init(_ record: ContainerRecord) throws(EngineError) {
    name = record.name
    settings = try record.runningFields().filter {
      RestartTracker.reads($0.path) || $0.path.hasPrefix("healthcheck.") || $0.path == "x-containr.schedule"
    }
    schedule = StackEngine.schedule(settings)
    stage = record.stage
    isServing = record.role == .serving
    restart = RestartTracker(settings)
  }

  /// A run of the job is under way, or what its restart policy makes of one that has failed.
  var goesOn: Bool { exit != nil || isRestarting || restartDue != nil }

  /// The fields of the health check.
  var checks: [PlanField] { settings.filter { $0.path.hasPrefix("healthcheck.") } }

  /// The health check; nil if there is none.
  func healthCheck() throws(EngineError) -> HealthCheck? {
    func value(_ path: String) -> String? { settings.first { $0.path == "healthcheck.\(path)" }?.value }
    func time(_ path: String) -> UInt64 { value(path).flatMap { UInt64($0.dropLast(2)) }.map { $0 * 1_000_000 } ?? 0 }
    guard let test = value("test") else { return nil }
    do {
      let command = try JSONDecoder().decode([String].self, from: Data(test.utf8))
      return HealthCheck(
        command: command, interval: max(time("interval"), 1_000_000),
        timeoutMilliseconds: Int(time("timeout") / 1_000_000), retries: value("retries").flatMap { Int($0) } ?? 3,
        startPeriod: time("start_period"), startInterval: max(time("start_interval"), 1_000_000))
    } catch {
      throw EngineError(.store, "the health check of \(name.id) cannot be read: \(error)")
    }
  }
}
