// What happens to containers, told as events: of what is over and of what happens now.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Events", .serialized, .asRoot)
struct EventTests {
  private static let stack = """
    services:
      web:
        layers: [./base]
        command: [sh, -c, "trap 'exit 5' USR1; touch /tmp/well; while :; do sleep 0.05; done"]
        restart: always
        healthcheck: {test: [CMD, "test", "-e", "/tmp/well"], interval: 100ms, retries: 1}
      job:
        layers: [./base]
        command: [sh, -c, "exit 4"]
      glutton:
        layers: [./base]
        command: [sh, -c, "head -c 100000000 /dev/zero | tail"]
        mem_limit: 16m
        memswap_limit: 16m
        profiles: [later]

    """

  private struct Event: Decodable, Equatable {
    var time: String
    var type: String
    var action: String
    var id: String
    var service: String
    var stack: String
    var attributes: [String: String]
  }

  private func events(_ text: String) throws -> [Event] {
    try text.split(separator: "\n").map { try JSONDecoder().decode(Event.self, from: Data($0.utf8)) }
  }

  private func containr(_ bed: Bed, _ words: String...) throws -> CommandResult {
    try bed.run("containr", [words[0], "-f", Bed.file] + words.dropFirst())
  }

  @Test("what happens is shown while it happens, once each, and what has happened is still known")
  func lives() throws {
    try Bed.use(Self.stack) { bed in
      let begin = Date()
      try bed.up()
      let follower = try bed.sandbox.start("containr", ["events", "-f", Bed.file, "--json", "--since", "1h"])
      // Whatever fails below, it does not stay.
      defer { follower.signal(SIGKILL) }
      func seen() throws -> [Event] { try events(follower.outputSoFar) }
      func words(_ service: String) throws -> [String] {
        try seen().filter { $0.service == service }.map { event in
          let more = ["signal", "exitCode", "health"].compactMap { event.attributes[$0] }.joined(separator: ",")
          return event.action + (more.isEmpty ? "" : " \(more)")
        }
      }
      try eventually("the job is over") { try words("job") == ["create", "start", "die 4"] }
      // Before it has come to its file it may have been found unhealthy.
      try eventually("it is healthy") { try words("web").last == "health_status healthy" }
      #expect(try words("web").prefix(2) == ["create", "start"])
      try containr(bed, "exec", "web", "rm", "/tmp/well").succeeding()
      try eventually("it is unhealthy") { try words("web").last == "health_status unhealthy" }
      try containr(bed, "pause", "web").succeeding()
      try containr(bed, "unpause", "web").succeeding()
      try containr(bed, "kill", "-s", "USR1", "web").succeeding()
      try eventually("its policy begins it again") { try words("web").contains("restart") }
      try eventually("it is healthy again") { try words("web").last == "health_status healthy" }
      try containr(bed, "stop", "-t", "0", "web").succeeding()
      try eventually("it has stopped") { try words("web").last == "stop" }
      let all = try words("web")
      #expect(
        all.filter { !$0.hasPrefix("health") } == [
          "create", "start", "pause", "unpause", "kill 10", "die 5", "start", "restart", "kill 15", "die 9,137",
          "stop",
        ], "\(all)")
      let first = try #require(try seen().first { $0.service == "web" })
      #expect(first.type == "container" && first.id == "t-web-1" && first.stack == "t", "\(first)")
      #expect(first.attributes["name"] == "t-web-1")
      // Of what is over, in both forms, cut by time and by kind.
      let past = try containr(bed, "events", "--since", "1h", "--until", "0s", "--filter", "event=die", "--json")
      #expect(
        try events(past.output).map { "\($0.service) \($0.attributes["exitCode"] ?? "")" }.sorted() == [
          "job 4", "web 137", "web 5",
        ], "\(past)")
      let text = try containr(bed, "events", "--since", "1h", "--until", "0s", "job")
      #expect(text.output.contains(" container die t-job-1 (service=job, stack=t, exitCode=4)\n"), "\(text)")
      let formatter = ISO8601DateFormatter()
      let none = try containr(bed, "events", "--until", formatter.string(from: begin.addingTimeInterval(-5)))
      #expect(none.code == 0 && none.output == "", "\(none)")
      let soon = try containr(
        bed, "events", "--until", formatter.string(from: Date().addingTimeInterval(2)))
      #expect(soon.code == 0 && soon.output == "", "\(soon)")
      for wrong in [["--since", "whenever"], ["--filter", "event=birth"], ["--filter", "x"]] {
        #expect(try bed.run("containr", ["events", "-p", "t"] + wrong).code == 2, "\(wrong)")
      }
      try bed.down()
      try eventually("its end is shown", showing: "\(follower.outputSoFar.suffix(3000)) \(follower.errorsSoFar)") {
        try words("web").last == "destroy" && words("job").last == "destroy"
      }
      follower.signal(SIGTERM)
      _ = follower.wait()
    }
  }

  @Test("of a SIGKILL the kill is told before the end that it brings, each time")
  func killBeforeDie() throws {
    try Bed.use("services: {web: {layers: [./base], command: [sleep, '100000']}}") { bed in
      for round in 1...8 {
        try bed.up()
        try containr(bed, "kill", "web").succeeding()
        let past = try containr(bed, "events", "--since", "1h", "--until", "0s", "--json").output
        let ends = try events(past).map(\.action).filter { $0 == "kill" || $0 == "die" }
        #expect(ends == Array(repeating: ["kill", "die"], count: round).flatMap(\.self), "\(past)")
      }
      let none = try containr(bed, "kill", "web")
      #expect(none.code == 1, "\(none)")
      let past = try containr(bed, "events", "--since", "1h", "--until", "0s", "--filter", "event=kill").output
      #expect(past.split(separator: "\n").count == 8, "nobody was asked to end: \(past)")
    }
  }

  @Test("one that the kernel kills for want of memory says so, and so does an end that its shim did not see")
  func hardEnds() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up("--profile", "later")
      func past() throws -> [Event] {
        try events(containr(bed, "events", "--since", "1h", "--until", "0s", "--json").output)
      }
      try eventually("it was killed") { try past().contains { $0.service == "glutton" && $0.action == "die" } }
      // The kernel may take its shell as well, and is told of twice.
      let all = try past().filter { $0.service == "glutton" }.map(\.action)
      #expect(all.starts(with: ["create", "start", "oom"]) && all.last == "die", "\(all)")
      #expect(all.dropFirst(2).dropLast().allSatisfy { $0 == "oom" }, "\(all)")
      let kill = try #require(try past().first { $0.action == "oom" })
      #expect(kill.attributes["limit"] == "\(16 << 20)" && (Int(kill.attributes["kills"] ?? "") ?? 0) > 0, "\(kill)")
    }
  }

  @Test(
    "a process that the kernel kills for want of memory is told at once with limit and number, though the container goes on"
  )
  func partialKill() throws {
    let stack = """
      services:
        web:
          layers: [./base]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          mem_limit: 24m
          memswap_limit: 24m
      """
    try Bed.use(stack) { bed in
      try bed.up()
      let pid = try bed.pid("web")
      func told() throws -> [Event] {
        try events(containr(bed, "events", "--since", "1h", "--until", "0s", "--json", "--filter", "event=oom").output)
      }
      for round in 1...2 {
        // Its first process is small, and the kernel takes the largest.
        let killed = try bed.run(
          "containr", ["exec", "-p", "t", "-T", "web", "dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1"])
        #expect(killed.code == 137, "\(killed)")
        try eventually("it is told") { try told().count == round }
        let event = try #require(try told().last)
        #expect(event.service == "web" && event.attributes["limit"] == "\(24 << 20)", "\(event)")
        #expect(event.attributes["kills"] == "1" && event.attributes["total"] == "\(round)", "\(event)")
      }
      #expect(try bed.pid("web") == pid)
      let rows = try bed.run("containr", ["stats", "-p", "t", "--no-stream", "--json", "--interval", "0"]).output
      #expect(rows.contains("\"oom_kills\":2"), "\(rows)")
      // An end by another cause tells no kill that was told of before.
      try containr(bed, "kill", "web").succeeding()
      try bed.wait("web", "stopped")
      #expect(try told().count == 2)
    }
  }

  @Test(
    "a container that its limit of processor time holds up is told with limit and share; one without a limit is not")
  func throttled() throws {
    let busy = "layers: [./base], command: [sh, -c, 'while :; do :; done'], stop_signal: SIGKILL"
    try Bed.use("services:\n  held: {\(busy), cpus: 0.05}\n  free: {\(busy)}\n") { bed in
      try bed.up()
      func told() throws -> [Event] {
        try events(
          containr(bed, "events", "--since", "1h", "--until", "0s", "--json", "--filter", "event=throttle").output)
      }
      try eventually("it is told", timeout: 90) { try !told().isEmpty }
      let all = try told()
      let event = try #require(all.first)
      #expect(all.count == 1 && event.service == "held" && event.attributes["cpus"] == "0.05", "\(all)")
      let (throttled, periods) = (
        Int(event.attributes["throttled"] ?? "") ?? 0, Int(event.attributes["periods"] ?? "") ?? 0
      )
      #expect(periods > 0 && throttled * 4 >= periods && throttled <= periods, "\(event)")
      #expect(
        (Int(event.attributes["held_up_ms"] ?? "") ?? 0) > 0 && (Int(event.attributes["seconds"] ?? "") ?? 0) >= 5)
    }
  }
}
