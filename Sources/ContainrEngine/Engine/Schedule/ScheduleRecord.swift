// When a job is due next, in a file that outlives its supervisor and the boot. Pure.
internal import ContainrSpec
internal import ContainrSystem

/// One line: the next time, the time of a run that is being started or 0, more where there is more, and the schedule that
/// all of it is of.
struct ScheduleRecord: Sendable, Hashable {
  /// Seconds since 1970; 0: never.
  var next: Int64
  /// Of a run that is being started; nil: there is none.
  var starting: Int64?
  /// The process that was there when that began, and is no sign of it; nil: there was none.
  var former: ProcessIdentity?
  /// Of a run that waits for the end of the one before; nil: none waits.
  var queued: Int64?
  /// In which boot it is being started, or waits; nil: there is nothing of the kind.
  var boot: String?
  /// The latest time about which something was done, or said; nil: there was none.
  var last: Int64?
  /// `SchedulePlan.text`.
  var schedule: String

  init(next: Int64?, starting: Int64? = nil, schedule: String) {
    self.next = next ?? 0
    self.starting = starting
    self.schedule = schedule
  }

  private static let formerWord = "former=", queuedWord = "queued=", bootWord = "boot=", lastWord = "last="

  var text: String {
    var words = ["\(next)", "\(starting ?? 0)"]
    if let former { words.append("\(Self.formerWord)\(former.pid).\(former.startTime)") }
    if let queued { words.append("\(Self.queuedWord)\(queued)") }
    if let boot { words.append("\(Self.bootWord)\(boot)") }
    if let last { words.append("\(Self.lastWord)\(last)") }
    return (words + [schedule]).joined(separator: " ") + "\n"
  }

  /// nil for text that is none.
  init?(text: String) {
    var words = text.prefix { $0 != "\n" }.split(separator: " ").map(String.init)[...]
    guard let next = words.popFirst().flatMap({ Int64($0) }), let starting = words.popFirst().flatMap({ Int64($0) })
    else { return nil }
    var (former, queued, boot, last): (ProcessIdentity?, Int64?, String?, Int64?)
    while let word = words.first {
      if word.hasPrefix(Self.formerWord) {
        let parts = word.dropFirst(Self.formerWord.count).split(separator: ".")
        guard parts.count == 2, let pid = Int32(parts[0]), let start = UInt64(parts[1]) else { return nil }
        former = ProcessIdentity(pid: pid, startTime: start)
      } else if word.hasPrefix(Self.queuedWord) {
        guard let time = Int64(word.dropFirst(Self.queuedWord.count)) else { return nil }
        queued = time
      } else if word.hasPrefix(Self.bootWord) {
        boot = String(word.dropFirst(Self.bootWord.count))
      } else if word.hasPrefix(Self.lastWord) {
        guard let time = Int64(word.dropFirst(Self.lastWord.count)) else { return nil }
        last = time
      } else {
        break
      }
      words.removeFirst()
    }
    if words.isEmpty { return nil }
    self.init(next: next, starting: starting == 0 ? nil : starting, schedule: words.joined(separator: " "))
    (self.former, self.queued, self.boot, self.last) = (former, queued, boot, last)
  }

  /// What is left of it in a boot. Of what waited or was about to begin in one that is gone nobody knows that it has run, and
  /// its time is the first of those that are still to be looked at.
  func inBoot(_ now: String) -> ScheduleRecord {
    if boot == nil || boot == now { return self }
    var record = ScheduleRecord(next: next == 0 ? nil : next, schedule: schedule)
    record.last = last
    if let first = [starting, queued].compactMap(\.self).min() { record.next = next == 0 ? first : min(first, next) }
    return record
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
  /// Clocks that are set back by less are those of the same day: what has been is not done again, as in cron(8).
  private static let repeated: Int64 = 3 * 3600

  init(_ due: Int64, now: Int64) {
    self = now < due ? .wait : now - due < Self.tolerance ? .run : .missed
  }

  /// The moment after which the next time is looked for.
  static func moment(now: Int64, last: Int64?) -> Int64 {
    guard let last, last > now, last - now < repeated else { return now }
    return last
  }
}

extension SchedulePlan {
  /// How many times there are from one on that has come up to another, `limit` at most.
  func times(from first: Int64, until last: Int64, in zone: TimeZoneRules, limit: Int) -> Int {
    guard let expression = CronExpression(expression) else { return 1 }
    let schedule = CronSchedule(expression, zone: zone)
    var (count, time) = (1, first)
    while count < limit, let next = schedule.next(after: time), next <= last {
      count += 1
      time = next
    }
    return count
  }

  /// Whether both come at the same times, whatever becomes of these.
  func hasTimes(of other: SchedulePlan?) -> Bool {
    expression == other?.expression && timeZone == other?.timeZone
  }
}
