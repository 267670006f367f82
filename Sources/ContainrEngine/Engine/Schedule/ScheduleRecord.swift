// When a job is due next, in a file that outlives its supervisor and the boot. Pure.
internal import ContainrSpec

/// One line: the next time, the time of a run that is being started or 0, and the schedule that they are of.
struct ScheduleRecord: Sendable, Hashable {
  /// Seconds since 1970; 0: never.
  var next: Int64
  /// Of a run that is being started; nil: there is none.
  var starting: Int64?
  /// `SchedulePlan.text`.
  var schedule: String

  init(next: Int64?, starting: Int64? = nil, schedule: String) {
    self.next = next ?? 0
    self.starting = starting
    self.schedule = schedule
  }

  var text: String { "\(next) \(starting ?? 0) \(schedule)\n" }

  /// nil for text that is none.
  init?(text: String) {
    let words = text.prefix { $0 != "\n" }.split(separator: " ", maxSplits: 2)
    guard words.count == 3, let next = Int64(words[0]), let starting = Int64(words[1]) else { return nil }
    self.init(next: next, starting: starting == 0 ? nil : starting, schedule: String(words[2]))
  }
}

/// What is to be done about a time that has come. Pure; seconds since 1970.
enum DueRun: Sendable, Hashable {
  /// It is run, so late.
  case run
  /// Nobody was there for a minute or more: it is told, and run only if it is to be caught up.
  case missed
  /// It has not come yet.
  case wait

  /// A schedule knows minutes: what is less late than one is on time.
  private static let tolerance: Int64 = 60

  init(_ due: Int64, now: Int64) {
    self = now < due ? .wait : now - due < Self.tolerance ? .run : .missed
  }
}
