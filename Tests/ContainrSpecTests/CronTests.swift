// When a job runs: expressions, the calendar, and what clocks show.
import Testing

@testable import ContainrSpec

/// Seconds since 1970 of a time in UTC.
private func utc(_ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0, _ minute: Int = 0, _ second: Int = 0) -> Int64
{
  CivilDay.number(year: year, month: month, day: day) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
}

/// `2026-03-29 03:00` in UTC.
private func words(_ time: Int64?) -> String {
  guard let time else { return "never" }
  let day = CivilDay(number: time.floored(by: 86_400))
  let second = Int(time - day.number * 86_400)
  func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
  return "\(day.year)-\(two(day.month))-\(two(day.day)) \(two(second / 3600)):\(two(second % 3600 / 60))"
    + (second % 60 == 0 ? "" : ":\(two(second % 60))")
}

/// Big-endian bytes.
private func big(_ value: Int64, _ width: Int) -> [UInt8] {
  var bytes: [UInt8] = []
  for place in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> Int64((width - 1 - place) * 8))) }
  return bytes
}

/// A TZif file of version 2: transitions with offsets, the offset before them, and the rule at its end.
private func file(_ transitions: [(Int64, Int)], first: Int, footer: String) -> [UInt8] {
  func header(_ times: Int, _ types: Int) -> [UInt8] {
    var bytes = Array("TZif2".utf8)
    bytes += [UInt8](repeating: 0, count: 15)
    for count in [0, 0, 0, times, types, 4] { bytes += big(Int64(count), 4) }
    return bytes
  }
  func type(_ offset: Int) -> [UInt8] { big(Int64(offset), 4) + [0, 0] }
  let names = Array("ABC\0".utf8)
  var bytes = header(0, 1)
  bytes += type(first)
  bytes += names
  bytes += header(transitions.count, transitions.count + 1)
  for transition in transitions { bytes += big(transition.0, 8) }
  for index in transitions.indices { bytes.append(UInt8(index + 1)) }
  bytes += type(first)
  for transition in transitions { bytes += type(transition.1) }
  bytes += names
  bytes += Array("\n\(footer)\n".utf8)
  return bytes
}

private let berlin = TimeZoneRules(file([], first: 3600, footer: "CET-1CEST,M3.5.0,M10.5.0/3"))!
private let sydney = TimeZoneRules(file([], first: 36_000, footer: "AEST-10AEDT,M10.1.0,M4.1.0/3"))!

private func runs(_ text: String, _ zone: TimeZoneRules = .utc, after time: Int64, _ count: Int = 1) -> [String] {
  guard let expression = CronExpression(text) else { return ["no expression"] }
  let schedule = CronSchedule(expression, zone: zone)
  var times: [String] = []
  var last = time
  for _ in 0..<count {
    guard let next = schedule.next(after: last) else { return times + ["never"] }
    times.append(words(next))
    last = next
  }
  return times
}

@Suite("Cron") struct CronTests {
  @Test(
    "the next time of an expression",
    arguments: [
      ("* * * * *", "2026-11-27 10:16"), ("*/15 * * * *", "2026-11-27 10:30"), ("5/15 * * * *", "2026-11-27 10:20"),
      ("0 * * * *", "2026-11-27 11:00"), ("@hourly", "2026-11-27 11:00"), ("30 3 * * *", "2026-11-28 03:30"),
      ("@daily", "2026-11-28 00:00"), ("@midnight", "2026-11-28 00:00"), ("@weekly", "2026-11-29 00:00"),
      ("@monthly", "2026-12-01 00:00"), ("@yearly", "2027-01-01 00:00"), ("@Annually", "2027-01-01 00:00"),
      ("15 10 * * *", "2026-11-28 10:15"), ("16 10 * * *", "2026-11-27 10:16"),
      ("0 9-17 * * mon-fri", "2026-11-27 11:00"), ("0 9-17/4 * * *", "2026-11-27 13:00"),
      ("0 0 * * 7", "2026-11-29 00:00"), ("0 0 * * 0", "2026-11-29 00:00"), ("0 0 * * SUN,sat", "2026-11-28 00:00"),
      ("0 0 * * 5-7", "2026-11-28 00:00"), ("0 12 1,15 * *", "2026-12-01 12:00"), ("0 0 31 * *", "2026-12-31 00:00"),
      ("0 0 29 2 *", "2028-02-29 00:00"), ("0 0 30 1-3 *", "2027-01-30 00:00"),
      ("59 23 31 dec *", "2026-12-31 23:59"),
      // Two lists of days: one is enough.
      ("0 0 13 * fri", "2026-12-04 00:00"), ("0 0 28 * fri", "2026-11-28 00:00"),
      // One that begins with a star is no list.
      ("0 0 */2 * fri", "2026-12-11 00:00"), ("0 0 13 * */2", "2026-12-13 00:00"),
      ("1,3,5 10 27 11 *", "2027-11-27 10:01"),
    ])
  func next(text: String, expected: String) {
    #expect(runs(text, after: utc(2026, 11, 27, 10, 15, 30)) == [expected])
  }

  @Test("a minute that has begun is over")
  func exactly() {
    #expect(runs("* * * * *", after: utc(2026, 1, 1, 0, 0, 0)) == ["2026-01-01 00:01"])
    #expect(runs("30 3 * * *", after: utc(2026, 1, 1, 3, 30)) == ["2026-01-02 03:30"])
    #expect(runs("30 3 * * *", after: utc(2026, 1, 1, 3, 29, 59)) == ["2026-01-01 03:30"])
  }

  @Test("a leap day over the end of a century")
  func century() { #expect(runs("0 0 29 2 *", after: utc(2097, 1, 1)) == ["2104-02-29 00:00"]) }

  @Test(
    "what is no expression",
    arguments: [
      "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * 0 *",
      "* * * * 8", "a * * * *", "5-1 * * * *", "1,,2 * * * *", "*/0 * * * *", "*/x * * * *", "1-2-3 * * * *",
      "-1 * * * *",
      "1/2/3 * * * *", "* * * * mon-sun", "@reboot", "@every 5m", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "? * * * *",
      "0 0 L * *", "٣ * * * *",
    ])
  func wrong(text: String) { #expect(CronExpression(text) == nil) }

  @Test("days of all weeks and years are themselves")
  func calendar() {
    for number in Int64(-800_000)...Int64(-799_000) + 1000 where number % 37 == 0 {
      let day = CivilDay(number: number)
      #expect(CivilDay.number(year: day.year, month: day.month, day: day.day) == number)
    }
    var last = CivilDay(number: -1)
    #expect(last.year == 1969 && last.month == 12 && last.day == 31 && last.weekday == 3)
    for number in Int64(0)...60_000 {
      let day = CivilDay(number: number)
      let follows =
        day.day == last.day + 1 && day.month == last.month
        || day.day == 1 && last.day == CivilDay.days(inMonth: last.month, of: last.year)
      if !follows || day.weekday != (last.weekday + 1) % 7 { Issue.record("\(day) after \(last)") }
      last = day
    }
  }
}

@Suite("Clocks of a place") struct TimeZoneTests {
  @Test("a time of each day is that of the clocks, summer and winter")
  func local() {
    #expect(runs("30 3 * * *", berlin, after: utc(2026, 1, 1)) == ["2026-01-01 02:30"])
    #expect(runs("30 3 * * *", berlin, after: utc(2026, 7, 1)) == ["2026-07-01 01:30"])
    #expect(runs("0 12 * * *", sydney, after: utc(2026, 1, 1)) == ["2026-01-01 01:00"])
    #expect(runs("0 12 * * *", sydney, after: utc(2026, 7, 1)) == ["2026-07-01 02:00"])
  }

  @Test("what falls into the hour that is left out runs when the clocks are put forward, once")
  func gap() {
    // 2026-03-29 02:00 becomes 03:00, which is 01:00 UTC.
    #expect(
      runs("30 2 * * *", berlin, after: utc(2026, 3, 28, 0), 3) == [
        "2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30",
      ])
    #expect(
      runs("10,40 2 * * *", berlin, after: utc(2026, 3, 29, 0), 2) == ["2026-03-29 01:00", "2026-03-30 00:10"])
    #expect(runs("0 3 * * *", berlin, after: utc(2026, 3, 29, 0), 2) == ["2026-03-29 01:00", "2026-03-30 01:00"])
  }

  @Test("what falls into the hour that comes twice runs the first time")
  func fold() {
    // 2026-10-25 03:00 becomes 02:00, which is 01:00 UTC.
    #expect(
      runs("30 2 * * *", berlin, after: utc(2026, 10, 24, 1), 3) == [
        "2026-10-25 00:30", "2026-10-26 01:30", "2026-10-27 01:30",
      ])
    #expect(runs("30 2 * * *", berlin, after: utc(2026, 10, 25, 0, 45)) == ["2026-10-26 01:30"])
    #expect(runs("30 3 * * *", berlin, after: utc(2026, 10, 25, 0, 45)) == ["2026-10-25 02:30"])
  }

  @Test("with a star as its hour it is the hours that pass that count")
  func passing() {
    #expect(
      runs("30 * * * *", berlin, after: utc(2026, 10, 24, 23, 45), 4) == [
        "2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 02:30", "2026-10-25 03:30",
      ])
    #expect(
      runs("0 */2 * * *", berlin, after: utc(2026, 3, 28, 23), 2) == ["2026-03-29 02:00", "2026-03-29 04:00"],
      "at 04:00 and 06:00: there is no 02:00 on this day")
    #expect(runs("*/20 * 29 3 *", berlin, after: utc(2026, 3, 1)) == ["2026-03-28 23:00"])
    #expect(runs("0 * * * sun", sydney, after: utc(2026, 11, 27)) == ["2026-11-28 13:00"])
  }

  @Test("transitions of a file count before its rule")
  func transitions() throws {
    let zone = try #require(
      TimeZoneRules(file([(utc(1980, 4, 6, 1), 7200), (utc(1996, 10, 27, 1), 3600)], first: 5400, footer: "CET-1")))
    #expect(zone.offset(at: utc(1970, 1, 1)) == 5400)
    #expect(zone.offset(at: utc(1980, 4, 6, 0, 59, 59)) == 5400)
    #expect(zone.offset(at: utc(1980, 4, 6, 1)) == 7200)
    #expect(zone.offset(at: utc(1996, 10, 27, 0, 59, 59)) == 7200)
    #expect(zone.offset(at: utc(1996, 10, 27, 1)) == 3600)
    #expect(zone.offset(at: utc(2500, 1, 1)) == 3600)
  }

  @Test(
    "rules of years to come, at both ends of summer",
    arguments: [
      ("EST5EDT,M3.2.0,M11.1.0", "2026-03-08 07:00", "2026-11-01 06:00"),
      ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-10-03 15:30", "2026-04-04 15:00"),
      ("IST-2IDT,M3.4.4/26,M10.5.0", "2026-03-27 00:00", "2026-10-24 23:00"),
      ("XXX3YYY,J60,J300/1:30", "2026-03-01 05:00", "2026-10-27 03:30"),
      ("XXX3YYY,59/0,299", "2026-03-01 03:00", "2026-10-27 04:00"),
      ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29 01:00", "2026-10-25 01:00"),
    ])
  func rules(text: String, begin: String, end: String) throws {
    let zone = try #require(TimeZoneRules(file([], first: 0, footer: text)))
    let winter = min(zone.offset(at: utc(2026, 1, 1)), zone.offset(at: utc(2026, 7, 1)))
    var seen: [String] = []
    var last = zone.offset(at: utc(2026, 1, 1))
    for minute in Int64(0)..<(365 * 1440) {
      let time = utc(2026, 1, 1) + minute * 60
      let offset = zone.offset(at: time)
      if offset != last { seen.append("\(offset > winter ? "begin" : "end") \(words(time))") }
      last = offset
    }
    #expect(Set(seen) == ["begin \(begin)", "end \(end)"])
  }

  @Test("what is no file of a zone is none, however it is cut")
  func broken() {
    let whole = file([(0, 3600), (1000, 7200)], first: 0, footer: "CET-1CEST,M3.5.0,M10.5.0/3")
    #expect(TimeZoneRules(whole) != nil)
    for length in 0..<whole.count - 1 where TimeZoneRules(Array(whole.prefix(length))) != nil {
      // Whatever is before the rule is whole.
      if length < whole.count - 29 { Issue.record("\(length) bytes of \(whole.count) are a file") }
    }
    #expect(TimeZoneRules(Array("text".utf8)) == nil)
    #expect(TimeZoneRules(file([], first: 0, footer: "M3.5.0")) == nil)
    var wild = whole
    for index in 24..<44 { wild[index] = 0xff }
    #expect(TimeZoneRules(wild) == nil)
  }
}

@Suite("Schedules in the file") struct ScheduleTests {
  private func schedule(_ text: String) throws -> SchedulePlan {
    try #require(try loadWeb("x-containr: {schedule: \(text)}").service().schedule)
  }

  @Test("short, with a zone in front, and long")
  func forms() throws {
    #expect(try schedule(#""30  3 * * *""#).text == "30 3 * * *")
    #expect(try schedule(#""CRON_TZ=Europe/Berlin @daily""#).text == "@daily timezone=Europe/Berlin")
    let long = try schedule("{cron: '0 4 * * *', timezone: UTC, overlap: replace, catch-up: true}")
    #expect(long.text == "0 4 * * * timezone=UTC overlap=replace catch-up=true")
    #expect(SchedulePlan(text: long.text) == long)
    #expect(try schedule("{cron: '@daily', overlap: queue}").text == "@daily overlap=queue")
    #expect(SchedulePlan(text: "@daily overlap=queue")?.overlap == .queue)
    #expect(SchedulePlan(text: "@weekly") == SchedulePlan(expression: "@weekly"))
    for wrong in ["", "x", "@daily overlap=never", "@daily a=b", "timezone=UTC"] {
      #expect(SchedulePlan(text: wrong) == nil, "\(wrong)")
    }
    let service = try loadWeb("x-containr: {schedule: '@daily'}").service()
    #expect(service.fields.contains { $0.path == "x-containr.schedule" && $0.value == "@daily" })
    #expect(service.origins["x-containr.schedule"]?.line == 5)
  }

  @Test("what it excludes")
  func conflicts() {
    #expect(loadWeb("x-containr: {schedule: '@daily'}\nrestart: always").codes == ["C0222"])
    #expect(loadWeb("x-containr: {schedule: '@daily'}\nrestart: on-failure:3").codes.isEmpty)
    #expect(loadWeb("x-containr: {schedule: {cron: 'TZ=UTC @daily', timezone: Europe/Berlin}}").codes == ["C0222"])
    #expect(loadWeb("x-containr: {schedule: '@daily'}\ndeploy: {update_config: {}}").codes == ["C0312"])
    #expect(loadWeb("x-containr: {schedule: '@reboot'}").text.contains("a service without a schedule"))
    #expect(loadWeb("x-containr: {schedule: '0 0 30 2 *'}").text.contains("never comes"))
    #expect(loadWeb("x-containr: {schedule: 'CRON_TZ=../x @daily'}").text.contains("is no time zone"))
  }

  @Test("nobody waits for a job with a schedule")
  func waits() throws {
    let loaded = load(
      """
      services:
        job: {layers: [/], command: [x], x-containr: {schedule: "@daily"}}
        web: {layers: [/], command: [x], depends_on: [job]}
      """)
    #expect(loaded.codes == ["C0222"])
  }
}
