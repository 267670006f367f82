// Containers that stand still because somebody wants it so.
import ContainrTestSupport
import Foundation
import Testing

@Suite("pause and unpause", .serialized, .asRoot)
struct PauseTests {
  private static let stack = """
    services:
      web:
        layers: [./base]
        command: [sh, -c, "trap 'echo end >> /out/signals; exit 3' TERM; n=0; while :; do n=$$((n+1)); echo $$n > /out/count.new; busybox mv /out/count.new /out/count; sleep 0.02; done"]
        volumes: ["./out:/out"]
        restart: always
        stop_grace_period: 100s
        healthcheck: {test: [CMD, "true"], interval: 200ms, timeout: 1500ms, retries: 2}
      other:
        layers: [./base]
        command: [sleep, "100000"]
        stop_grace_period: 30s

    """

  private func containr(_ bed: Bed, _ words: String...) throws -> CommandResult {
    try bed.run("containr", [words[0], "-f", Bed.file] + words.dropFirst())
  }

  private func count(_ bed: Bed) -> Int {
    Int((try? bed.read("out/count"))?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "") ?? 0
  }

  @Test("A paused container stands still, is told as that, keeps its health, and goes on where it was")
  func standsStill() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up("--wait")
      try eventually("it is healthy") { try bed.ps().first { $0.service == "web" }?.health == "healthy" }
      try eventually("it counts") { count(bed) > 0 }
      let before = try bed.pids()
      let pause = try containr(bed, "pause", "web")
      #expect(pause.code == 0 && pause.output == "t-web-1   paused\n", "\(pause)")
      let stood = count(bed)
      // Longer than as many checks need as would make it unhealthy, had they no answer.
      usleep(4_000_000)
      #expect(count(bed) == stood && stood > 0)
      let row = try bed.container("web")
      #expect(row.state == "paused" && row.health == "healthy" && row.pid == before["web-1"], "\(row)")
      #expect(try bed.container("other").state == "running")
      let plan = try bed.plan()
      #expect(plan.hasPrefix("nothing to do") && plan.contains("is paused"), "\(plan)")
      let status = try bed.run("containr", ["status", Bed.file])
      #expect(status.code == 0 && status.output.contains("is paused"), "\(status)")
      let exec = try containr(bed, "exec", "web", "true")
      #expect(exec.code == 125 && exec.errors.contains("containr unpause"), "\(exec)")
      let again = try containr(bed, "pause", "web")
      #expect(again.code == 1 && again.errors.contains("paused already"), "\(again)")
      // Who supervises is another one now, and finds what he finds.
      try bed.killSupervision()
      try bed.up()
      usleep(700_000)
      #expect(try bed.container("web").state == "paused" && bed.pids() == before)
      let goes = try containr(bed, "unpause", "web")
      #expect(goes.code == 0 && goes.output == "t-web-1   goes on\n", "\(goes)")
      try eventually("it counts on") { count(bed) > stood }
      #expect(try bed.container("web").state == "running" && bed.pids() == before)
      usleep(700_000)
      #expect(try bed.container("web").health == "healthy")
      #expect(try containr(bed, "unpause").errors.contains("none of these containers is paused"))
    }
  }

  @Test("stop, restart, kill and down of what is paused work, in good time and with its own last words")
  func endings() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try eventually("it counts") { count(bed) > 0 }
      try containr(bed, "pause").succeeding()
      let stop = try containr(bed, "stop", "web")
      #expect(stop.code == 0 && stop.seconds < 50 * TestPace.factor, "half of its patience: \(stop)")
      #expect(try bed.read("out/signals") == "end\n")
      #expect(try bed.container("web").state == "stopped" && bed.container("other").state == "paused")
      try containr(bed, "start", "web").succeeding()
      #expect(try bed.container("web").state == "running")
      try containr(bed, "pause", "web").succeeding()
      let restart = try containr(bed, "restart", "web")
      #expect(restart.code == 0 && restart.seconds < 50 * TestPace.factor, "\(restart)")
      #expect(try bed.container("web").state == "running")
      try containr(bed, "pause", "web").succeeding()
      let kill = try containr(bed, "kill")
      #expect(kill.code == 0, "\(kill)")
      #expect(try bed.ps().map(\.state) == ["stopped", "stopped"])
      try bed.up()
      try containr(bed, "pause").succeeding()
      // SIGTERM means nothing to a first process that does not ask for it.
      let down = try bed.run("containr-down", ["-y", "-t", "1", Bed.file])
      #expect(down.code == 0 && down.seconds < 25 * TestPace.factor, "\(down)")
    }
  }

  @Test("What is paused can be made again, and what has ended meanwhile is not paused")
  func changes() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try containr(bed, "pause", "other").succeeding()
      try bed.edit("command: [sleep, \"100000\"]\n", "command: [sleep, \"100001\"]\n")
      try bed.edit("stop_grace_period: 30s", "stop_grace_period: 1s")
      try bed.up()
      #expect(try bed.container("other").state == "running")
      try containr(bed, "stop", "-t", "0", "other").succeeding()
      let nothing = try containr(bed, "pause", "other")
      #expect(nothing.code == 1 && nothing.errors.contains("none of these containers runs"), "\(nothing)")
    }
  }
}
