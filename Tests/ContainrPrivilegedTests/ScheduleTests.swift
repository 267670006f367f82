// Jobs with a schedule: made by up, started by the supervisor at their times, whoever is killed meanwhile.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Scheduled jobs", .serialized, .asRoot)
struct ScheduleTests {
  private struct Row: Decodable {
    var service: String
    var state: String
    var exitCode: Int?
    var nextRun: Int?
  }

  private func row(_ bed: Bed, _ service: String) throws -> Row {
    let text = try bed.run("containr", ["ps", "--json", "-p", "t"]).succeeding().output
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try #require(try decoder.decode([Row].self, from: Data(text.utf8)).first { $0.service == service })
  }

  private func runs(_ bed: Bed, _ service: String) throws -> Int {
    bed.exists("out/\(service)") ? try bed.read("out/\(service)").split(separator: "\n").count : 0
  }

  /// What the events say of a job's times, without these: `started`, `missed`.
  private func results(_ bed: Bed, _ service: String) throws -> [String] {
    let words = ["events", "-f", Bed.file, "--since", "1h", "--until", "0s", "--filter", "event=schedule", service]
    return try bed.run("containr", words).succeeding().output.split(separator: "\n").map { line in
      String(line.components(separatedBy: "result=").last?.prefix { $0 != ")" && $0 != "," } ?? "")
    }
  }

  private func record(_ bed: Bed, _ service: String) -> String {
    "\(bed.sandbox.stateDirectory)/containers/t-\(service)-1/schedule"
  }

  private static let minutely = """
    x-job: &job {layers: [./base], volumes: ["./out:/out"], stop_signal: SIGKILL}
    services:
      job:
        <<: *job
        command: [sh, -c, "echo run >> /out/job"]
        x-containr: {schedule: "* * * * *"}
      fails:
        <<: *job
        command: [sh, -c, "echo run >> /out/fails; exit 3"]
        restart: on-failure:1
        x-containr: {schedule: "* * * * *"}
      long:
        <<: *job
        command: [sh, -c, "echo run >> /out/long; exec sleep 100000"]
        x-containr: {schedule: "CRON_TZ=UTC */1 * * * *"}
      again:
        <<: *job
        command: [sh, -c, "echo run >> /out/again; exec sleep 100000"]
        x-containr: {schedule: {cron: "* * * * *", overlap: replace}}
      web: {<<: *job, command: [sleep, "100000"]}

    """

  @Test("jobs run at their times and at no other; one that goes on is left or replaced, one that fails is tried again")
  func times() throws {
    try Bed.use(Self.minutely) { bed in
      // Not right before the minute is over.
      try eventually("there is time") { Int(Date().timeIntervalSince1970) % 60 < 45 }
      try bed.up("--wait")
      for service in ["job", "fails", "long", "again"] {
        let row = try row(bed, service)
        #expect(row.state == "scheduled" && row.exitCode == nil, "\(row)")
        let left = try #require(row.nextRun) - Int(Date().timeIntervalSince1970)
        #expect((-2...60).contains(left) && row.nextRun.map { $0 % 60 } == 0, "\(row)")
      }
      #expect(try row(bed, "web").nextRun == nil)
      #expect(try bed.plan().hasPrefix("nothing to do"))
      #expect(try bed.run("containr", ["ps", "-p", "t"]).output.contains("scheduled, next in "))
      try eventually("the first time has come", timeout: 90) { try runs(bed, "job") == 1 && runs(bed, "fails") == 2 }
      let supervisor = try #require(try bed.supervisor())
      kill(supervisor, SIGKILL)
      try eventually("what is over is told") {
        let (job, fails) = (try row(bed, "job"), try row(bed, "fails"))
        return job.state == "exited" && job.exitCode == 0 && fails.exitCode == 3
      }
      #expect(try row(bed, "long").state == "running")
      #expect(try bed.plan().hasPrefix("nothing to do"), "how it ended is nothing to a job")
      try eventually("the second time has come", timeout: 90) {
        try runs(bed, "job") == 2 && runs(bed, "fails") == 4 && runs(bed, "again") == 2
          && results(bed, "long") == ["started", "skipped"]
      }
      #expect(try runs(bed, "long") == 1)
      #expect(try results(bed, "job") == ["started", "started"])
      #expect(try results(bed, "again") == ["started", "started"])
      // Stopped, they wait for no time; started again, they wait for the next one.
      try bed.run("containr", ["stop", "-f", Bed.file]).succeeding()
      #expect(try row(bed, "job").state == "stopped" && row(bed, "job").nextRun == nil)
      #expect(try row(bed, "long").state == "stopped")
      let count = try runs(bed, "job")
      try eventually("there is time") { Int(Date().timeIntervalSince1970) % 60 < 45 }
      try bed.run("containr", ["start", "-f", Bed.file, "job"]).succeeding()
      try eventually("it has a time again") { try row(bed, "job").nextRun != nil }
      #expect(try runs(bed, "job") == count, "a start is no run")
    }
  }

  private static let yearly = """
    services:
      job:
        layers: [./base]
        volumes: ["./out:/out"]
        stop_signal: SIGKILL
        command: [sh, -c, "echo run >> /out/job"]
        x-containr: {schedule: {cron: "0 0 1 1 *", timezone: UTC}}

    """

  /// Of an ordinary user networks are there for as long as anybody is in them: between two supervisors this one is.
  private static let stays = "  stays: {layers: [./base], stop_signal: SIGKILL, command: [sleep, \"100000\"]}\n"

  @Test(
    "what came while the host was off is told after the boot, and run once if that is asked for",
    arguments: ["told", "caught up", "made again"])
  func boot(what: String) throws {
    let catchesUp = what == "caught up"
    let stack = Self.yearly.replacingOccurrences(
      of: "timezone: UTC", with: "timezone: UTC\(catchesUp ? ", catch-up: true" : "")")
    try Bed.use(stack) { bed in
      try bed.up()
      try eventually("it has a time") { FileManager.default.fileExists(atPath: record(bed, "job")) }
      try bed.killSupervision()
      try setDue(bed, secondsAgo: 86_400)
      try bed.forgetBoot()
      if what == "made again" { try bed.edit("/out/job\"]", "/out/job; exit 0\"]") }
      try bed.up()
      let expected = catchesUp ? ["missed", "started"] : ["missed"]
      try eventually("it is told") { try results(bed, "job") == expected }
      #expect(try bed.read("run/stacks/t/supervisor.log").contains("nobody was there"))
      if catchesUp {
        try eventually("it has run") { try row(bed, "job").state == "exited" && runs(bed, "job") == 1 }
      } else {
        #expect(try row(bed, "job").state == "scheduled")
      }
      #expect(try row(bed, "job").nextRun.map { $0 > Int(Date().timeIntervalSince1970) } == true)
      #expect(try bed.plan().hasPrefix("nothing to do"))
      // Once: after the next boot there is nothing to tell.
      let written = try bed.read(record(bed, "job"))
      try bed.forgetBoot()
      try bed.up()
      try eventually("it has a time") { try row(bed, "job").nextRun != nil }
      #expect(try bed.read(record(bed, "job")) == written && results(bed, "job").isEmpty)
      #expect(try runs(bed, "job") == (catchesUp ? 1 : 0))
      // Whether one that was about to begin when the host went has run, nobody knows.
      try bed.killSupervision()
      try setDue(bed, secondsAgo: -3600, starting: 600)
      try bed.forgetBoot()
      try bed.up()
      try eventually("it is told") { try results(bed, "job") == expected }
      // Stopped, it waits for nothing, and misses nothing.
      if catchesUp { try eventually("it has run again") { try runs(bed, "job") == 2 } }
      try bed.run("containr", ["stop", "-f", Bed.file]).succeeding()
      #expect(!FileManager.default.fileExists(atPath: record(bed, "job")))
    }
  }

  @Test(
    "with queue one run waits for the end of the one before, and no more than one; a stop or a boot ends the waiting")
  func queue() throws {
    let stack = Self.yearly
      .replacingOccurrences(of: "timezone: UTC", with: "timezone: UTC, overlap: queue")
      .replacingOccurrences(
        of: "echo run >> /out/job", with: "echo run >> /out/job; until rm /out/go 2> /dev/null; do sleep 0.1; done")
    try Bed.use(stack + Self.stays) { bed in
      try bed.up()
      try eventually("it has a time") { FileManager.default.fileExists(atPath: record(bed, "job")) }
      func come(_ expected: [String]) throws {
        try bed.killSupervision()
        try setDue(bed, secondsAgo: 0)
        try bed.supervise("3>/dev/null")
        try eventually("\(expected) is told") { try results(bed, "job") == expected }
      }
      func go() throws { try bed.sandbox.directory.write("", to: "out/go") }
      try come(["started"])
      try eventually("it runs") { try runs(bed, "job") == 1 }
      try come(["started", "queued"])
      try come(["started", "queued", "skipped"])
      #expect(try runs(bed, "job") == 1 && bed.read(record(bed, "job")).contains(" queued="))
      // Whoever comes after a supervisor that was killed knows who waits.
      try bed.killSupervision()
      try go()
      try eventually("the first has ended") { try row(bed, "job").state == "exited" }
      try bed.supervise("3>/dev/null")
      try eventually("the second runs") { try runs(bed, "job") == 2 && row(bed, "job").state == "running" }
      #expect(try results(bed, "job") == ["started", "queued", "skipped", "started"])
      #expect(try !bed.read(record(bed, "job")).contains(" queued="))
      // The same with one that lives.
      try come(["started", "queued", "skipped", "started", "queued"])
      try go()
      try eventually("the third runs") { try runs(bed, "job") == 3 && row(bed, "job").state == "running" }
      try come(["started", "queued", "skipped", "started", "queued", "started", "queued"])
      try bed.run("containr", ["stop", "-f", Bed.file]).succeeding()
      try bed.run("containr", ["start", "-f", Bed.file]).succeeding()
      try eventually("it has a time") { try row(bed, "job").nextRun != nil }
      #expect(try row(bed, "job").state == "exited" || row(bed, "job").state == "scheduled")
      #expect(try runs(bed, "job") == 3 && !bed.read(record(bed, "job")).contains(" queued="))
      // Nor does one wait over a boot: it is missed, as whatever comes while the host is off.
      try bed.killSupervision()
      let text = try bed.read(record(bed, "job"))
      let words = text.split(separator: " ", maxSplits: 2)
      try "\(words[0]) 0 queued=\(Int(Date().timeIntervalSince1970) - 600) boot=before \(words[2])".write(
        toFile: record(bed, "job"), atomically: true, encoding: .utf8)
      try bed.forgetBoot()
      try bed.up()
      try eventually("it is told") { try results(bed, "job") == ["missed"] }
      #expect(try runs(bed, "job") == 3)
    }
  }

  @Test("a supervisor that is killed when it has ended the run before is followed by one that starts the next")
  func replaced() throws {
    let stack = Self.yearly
      .replacingOccurrences(of: "timezone: UTC", with: "timezone: UTC, overlap: replace")
      .replacingOccurrences(of: "echo run >> /out/job", with: "echo run >> /out/job; exec sleep 100000")
    try Bed.use(stack + Self.stays) { bed in
      try bed.up()
      try eventually("it has a time") { FileManager.default.fileExists(atPath: record(bed, "job")) }
      try bed.killSupervision()
      try setDue(bed, secondsAgo: 0)
      try bed.supervise("3>/dev/null")
      try eventually("it runs") { try runs(bed, "job") == 1 && row(bed, "job").state == "running" }
      try bed.killSupervision()
      try setDue(bed, secondsAgo: 0)
      try bed.supervise("3>/dev/null", environment: ["CONTAINR_FAILPOINT": "schedule:t-job-1:stopped"])
      try eventually("the supervisor has died in between") { try bed.supervisor() == nil }
      #expect(try runs(bed, "job") == 1)
      try bed.supervise("3>/dev/null")
      try eventually("it runs again") { try runs(bed, "job") == 2 && row(bed, "job").state == "running" }
      #expect(try results(bed, "job") == ["started", "started"])
    }
  }

  /// Writes when it is due, as a supervisor would have, while there is none.
  private func setDue(_ bed: Bed, secondsAgo: Int, starting: Int? = nil) throws {
    let path = record(bed, "job")
    let words = try bed.read(path).split(separator: " ", maxSplits: 2)
    let now = Int(Date().timeIntervalSince1970)
    let text = "\(now - secondsAgo) \(starting.map { now - $0 } ?? 0) \(words[2])"
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }

  @Test("what was missed while nobody looked is told, and run once if that is asked for")
  func missed() throws {
    try Bed.use(Self.yearly) { bed in
      try bed.up()
      try eventually("it has a time") { FileManager.default.fileExists(atPath: record(bed, "job")) }
      try bed.killSupervision()
      try setDue(bed, secondsAgo: 3600)
      try bed.supervise("3>/dev/null")
      try eventually("it is told") { try results(bed, "job") == ["missed"] }
      #expect(try row(bed, "job").nextRun.map { $0 > Int(Date().timeIntervalSince1970) } == true)
      // This supervisor had no keeper, which a plan tells.
      try bed.up()
      try bed.edit("timezone: UTC", "timezone: UTC, catch-up: true")
      #expect(try Set(bed.changes().map(\.effect)) == ["none", "in place"])
      try bed.up()
      try eventually("it has a time") { try bed.read(record(bed, "job")).contains("catch-up=true") }
      try bed.killSupervision()
      try setDue(bed, secondsAgo: 3600)
      try bed.supervise("3>/dev/null")
      try eventually("it has run") { try runs(bed, "job") == 1 && row(bed, "job").state == "exited" }
      #expect(try results(bed, "job") == ["missed", "missed", "started"])
      // One that comes a moment late is on time.
      try bed.killSupervision()
      try setDue(bed, secondsAgo: 5)
      try bed.supervise("3>/dev/null")
      try eventually("it has run again") { try runs(bed, "job") == 2 }
    }
  }

  @Test(
    "a supervisor that is killed while it starts a job is followed by one that starts it, unless it had",
    arguments: ["begun", "started"])
  func killed(point: String) throws {
    try Bed.use(Self.yearly) { bed in
      try bed.up()
      try eventually("it has a time") { FileManager.default.fileExists(atPath: record(bed, "job")) }
      try bed.killSupervision()
      try setDue(bed, secondsAgo: 0)
      try bed.supervise("3>/dev/null", environment: ["CONTAINR_FAILPOINT": "schedule:t-job-1:\(point)"])
      try eventually("the supervisor has died in between") { try bed.supervisor() == nil }
      if point == "begun" { #expect(try runs(bed, "job") == 0) }
      try bed.supervise("3>/dev/null")
      try eventually("it has run") { try runs(bed, "job") == 1 && row(bed, "job").state == "exited" }
      try eventually("that is written down") { try bed.read(record(bed, "job")).split(separator: " ")[1] == "0" }
      #expect(try runs(bed, "job") == 1)
      try bed.up()
      #expect(try bed.plan().hasPrefix("nothing to do") && runs(bed, "job") == 1)
    }
  }

  @Test("a job that gets a schedule is made again and waits; one that loses it runs; another time is written down")
  func changed() throws {
    try Bed.use(Self.yearly) { bed in
      try bed.up()
      try eventually("it has a time") { try row(bed, "job").nextRun != nil }
      try bed.edit("0 0 1 1 *", "0 0 1 2 *")
      #expect(try Set(bed.changes().map(\.effect)) == ["none", "in place"])
      try bed.up()
      try eventually("it has another time") { try bed.read(record(bed, "job")).contains("0 0 1 2 *") }
      #expect(try runs(bed, "job") == 0)
      let schedule = "    x-containr: {schedule: {cron: \"0 0 1 2 *\", timezone: UTC}}\n"
      try bed.edit(schedule, "")
      try bed.up()
      try eventually("it runs with its stack") { try runs(bed, "job") == 1 && row(bed, "job").state == "exited" }
      #expect(try row(bed, "job").nextRun == nil)
      try bed.edit("/out/job\"]\n", "/out/job\"]\n" + schedule)
      #expect(try bed.changes().contains { $0.effect == "recreate" })
      try bed.up()
      try eventually("it waits") { try row(bed, "job").state == "scheduled" && row(bed, "job").nextRun != nil }
      #expect(try runs(bed, "job") == 1)
    }
  }

  @Test("a zone that this host does not have is found before anything starts")
  func noZone() throws {
    try Bed.use(Self.yearly.replacingOccurrences(of: "timezone: UTC", with: "timezone: Mars/Olympus")) { bed in
      let up = try bed.tryUp()
      #expect(up.code == 2 && up.errors.contains("this host has no time zone Mars/Olympus"), "\(up)")
    }
  }
}
