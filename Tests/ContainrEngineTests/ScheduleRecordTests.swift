import ContainrSpec
import ContainrSystem
import Testing

@testable import ContainrEngine

@Suite("What is known of a job's times")
struct ScheduleRecordTests {
  private let minute: Int64 = 60
  /// 2026-11-27 03:30 UTC.
  private let night: Int64 = 1_795_750_200

  @Test("a record survives being written, with all of it and with nothing; what is none is none")
  func text() {
    var record = ScheduleRecord(next: night, schedule: "30 3 * * * timezone=UTC overlap=queue")
    #expect(record.text == "\(night) 0 30 3 * * * timezone=UTC overlap=queue\n")
    #expect(ScheduleRecord(text: record.text) == record)
    record.starting = night - 60
    record.former = ProcessIdentity(pid: 71, startTime: 99)
    record.queued = night - 120
    record.boot = "b-1"
    record.last = night - 60
    #expect(
      record.text == "\(night) \(night - 60) former=71.99 queued=\(night - 120) boot=b-1 last=\(night - 60) "
        + "30 3 * * * timezone=UTC overlap=queue\n")
    #expect(ScheduleRecord(text: record.text) == record)
    #expect(ScheduleRecord(next: nil, schedule: "@daily").text == "0 0 @daily\n")
    for wrong in [
      "", "1", "1 2", "1 2 last=3", "a 0 @daily", "1 2 former=3 @daily", "1 2 queued=x @daily", "1 2 last= *",
    ] {
      #expect(ScheduleRecord(text: wrong) == nil, "\(wrong)")
    }
  }

  @Test("what waited or was about to begin when the host went off is the first of what is still to be looked at")
  func afterBoot() {
    var record = ScheduleRecord(next: night, schedule: "@daily")
    record.last = night - 86_400
    #expect(record.inBoot("now") == record)
    record.queued = night - 300
    record.starting = night - 600
    record.former = ProcessIdentity(pid: 1, startTime: 2)
    record.boot = "now"
    #expect(record.inBoot("now") == record)
    record.boot = "before"
    let after = record.inBoot("now")
    #expect(after.next == night - 600 && after.last == record.last)
    #expect(after.starting == nil && after.former == nil && after.queued == nil && after.boot == nil)
    var last = ScheduleRecord(next: nil, schedule: "0 0 1 1 *")
    last.boot = "before"
    #expect(last.inBoot("now").next == 0)
    last.queued = night
    #expect(last.inBoot("now").next == night)
  }

  @Test("a time is on time for a minute, and missed after it")
  func due() {
    #expect(DueRun(night, now: night - 1) == .wait)
    #expect(DueRun(night, now: night) == .run)
    #expect(DueRun(night, now: night + 59) == .run)
    #expect(DueRun(night, now: night + 60) == .missed)
    #expect(DueRun(night, now: night + 400 * 86_400) == .missed)
  }

  @Test("where a clock is put back by less than three hours nothing comes twice; by more it is another clock")
  func moment() {
    #expect(DueRun.moment(now: night, last: nil) == night)
    #expect(DueRun.moment(now: night, last: night - 60) == night)
    #expect(DueRun.moment(now: night, last: night + 3599) == night + 3599)
    #expect(DueRun.moment(now: night, last: night + 3 * 3600 - 1) == night + 3 * 3600 - 1)
    #expect(DueRun.moment(now: night, last: night + 3 * 3600) == night)
  }

  @Test("what was missed is counted, up to a limit")
  func times() {
    let daily = SchedulePlan(expression: "30 3 * * *")
    func count(_ plan: SchedulePlan, until last: Int64, limit: Int = 1000) -> Int {
      plan.times(from: night, until: last, in: .utc, limit: limit)
    }
    #expect(count(daily, until: night) == 1)
    #expect(count(daily, until: night + 86_399) == 1)
    #expect(count(daily, until: night + 86_400) == 2)
    #expect(count(daily, until: night + 10 * 86_400) == 11)
    #expect(count(SchedulePlan(expression: "* * * * *"), until: night + 400 * 86_400, limit: 50) == 50)
  }

  @Test("another overlap is the same schedule, another zone or expression is not")
  func same() {
    var plan = SchedulePlan(expression: "@daily")
    let other = plan
    (plan.overlap, plan.catchesUp) = (.queue, true)
    #expect(plan.hasTimes(of: other))
    plan.timeZone = "UTC"
    #expect(!plan.hasTimes(of: other) && !plan.hasTimes(of: nil))
  }
}
