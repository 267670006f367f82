// An attached `up` that ends with a container: --abort-on-container-exit, --abort-on-container-failure, --exit-code-from,
// and how long --wait waits.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Ending with a container", .serialized, .asRoot)
struct AbortTests {
  private static let pair = """
    services:
      web: { layers: [./base], command: [sh, -c, "trap 'exit 5' TERM; touch /out/web; while :; do sleep 0.05; done"], volumes: ["./out:/out"] }
      job: { layers: [./base], command: [sh, -c, "until test -e /out/web; do sleep 0.05; done; exit 3"], volumes: ["./out:/out"] }
    """

  @Test("--abort-on-container-exit stops everything when one has ended and passes its code on")
  func exit() throws {
    try Bed.use(Self.pair) { bed in
      let up = try bed.run("containr-up", ["--abort-on-container-exit", Bed.file])
      #expect(up.code == 3, "\(up)")
      #expect(up.errors.contains("t-job-1 exited with code 3: everything is stopped"), "\(up)")
      #expect(try bed.ps().count == 2, "they stay")
      #expect(try bed.pids().isEmpty)
      // What had ended with 3 is there; without the option everything goes on.
      try bed.up()
      #expect(try bed.container("web").pid != nil)
    }
  }

  @Test("--exit-code-from passes on the code of a service, whoever ended first, and knows its services")
  func codeFrom() throws {
    try Bed.use(Self.pair) { bed in
      let web = try bed.run("containr-up", ["--exit-code-from", "web", Bed.file])
      #expect(web.code == 5, "what it ended with when it was stopped: \(web)")
      try bed.down()
      let job = try bed.run("containr-up", ["--exit-code-from", "job", Bed.file])
      #expect(job.code == 3, "\(job)")
      try bed.down()
      let wrong = try bed.run("containr-up", ["--exit-code-from", "jobb", Bed.file])
      #expect(wrong.code == 2 && wrong.errors.contains("there are job, web"), "\(wrong)")
      #expect(try bed.run("containr", ["ps", "--json", "-p", "t"]).output.contains("t-web-1") == false)
      let detached = try bed.run("containr-up", ["-d", "--exit-code-from", "job", Bed.file])
      #expect(detached.code == 1 && detached.errors.contains("cannot be combined with -d"), "\(detached)")
    }
  }

  @Test("--abort-on-container-failure goes on after what ends well, and ends with what does not")
  func failure() throws {
    try Bed.use(
      """
      services:
        web: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
        good: { layers: [./base], command: [sh, -c, "touch /out/good"], volumes: ["./out:/out"] }
        bad: { layers: [./base], command: [sh, -c, "until test -e /out/good; do sleep 0.05; done; sleep 0.3; exit 7"], volumes: ["./out:/out"] }
      """
    ) { bed in
      let up = try bed.run("containr-up", ["--abort-on-container-failure", Bed.file])
      #expect(up.code == 7, "\(up)")
      #expect(up.errors.contains("t-bad-1 exited with code 7: everything is stopped"), "\(up)")
      #expect(try bed.pids().isEmpty)
      try bed.write(
        """
        services:
          one: { layers: [./base], command: [sh, -c, "sleep 0.1"] }
          two: { layers: [./base], command: [sh, -c, "sleep 0.2"] }
        """)
      let well = try bed.run("containr-up", ["--abort-on-container-failure", "--remove-orphans", "-y", Bed.file])
      #expect(well.code == 0, "all of it ended well: \(well)")
    }
  }

  @Test("one that its policy begins again has ended as well, and is not begun after that")
  func restarts() throws {
    try Bed.use(
      """
      services:
        web: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
        job: { layers: [./base], command: [sh, -c, "echo once >> /out/runs; sleep 0.3; exit 2"], volumes: ["./out:/out"], restart: always }
      """
    ) { bed in
      let up = try bed.run("containr-up", ["--exit-code-from", "job", Bed.file])
      #expect(up.code == 2, "\(up)")
      #expect(try bed.ps().allSatisfy { $0.pid == nil })
      let runs = try bed.read("out/runs")
      #expect(try bed.container("job").state == "stopped")
      #expect(try bed.read("out/runs") == runs)
    }
  }

  @Test("stop also keeps down what has ended and waits to be started again")
  func stopBetweenLives() throws {
    try Bed.use(
      """
      services:
        job: { layers: [./base], command: [sh, -c, "echo once >> /out/runs; exit 2"], volumes: ["./out:/out"], restart: always }
      """
    ) { bed in
      try bed.up()
      // By now it waits for longer than the look takes.
      try eventually("it has been started again") {
        guard bed.exists("out/runs") else { return false }
        return try bed.read("out/runs").split(separator: "\n").count >= 4 && bed.container("job").state == "exited"
      }
      try bed.run("containr", ["stop", "-f", Bed.file]).succeeding()
      #expect(try bed.container("job").state == "stopped")
    }
  }

  @Test("--wait-timeout bounds the waiting for a dependency as well")
  func waitTimeout() throws {
    try Bed.use(
      """
      services:
        job: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
        app: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, depends_on: { job: { condition: service_completed_successfully } } }
      """
    ) { bed in
      let up = try bed.tryUp(["--wait", "--wait-timeout", "1"])
      #expect(up.code == 4 && up.errors.contains("t-job-1 has not ended yet"), "\(up)")
      #expect(up.seconds < 60 * TestPace.factor, "\(up)")
      #expect(try bed.pids().keys.sorted() == ["job-1"])
    }
  }

  @Test("start --wait returns when what was started is healthy, and says with 6 what is not")
  func startWaits() throws {
    try Bed.use(
      """
      services:
        slow:
          layers: [./base]
          command: [sh, -c, "sleep 0.6; touch /tmp/ready; sleep 100000"]
          stop_signal: SIGKILL
          healthcheck: { test: [CMD, test, -e, /tmp/ready], interval: 1s, start_interval: 50ms, start_period: 60s, timeout: 20s }
        bad: { layers: [./base], command: [sh, -c, "exit 9"] }
      """
    ) { bed in
      try bed.run("containr", ["create", "-f", Bed.file]).succeeding()
      let well = try bed.run("containr", ["start", "-f", Bed.file, "--wait", "slow"])
      #expect(well.code == 0, "\(well)")
      #expect(try bed.container("slow").health == "healthy" && bed.container("bad").state == "created")
      let unwell = try bed.run("containr", ["start", "-f", Bed.file, "--wait", "--wait-timeout", "60"])
      #expect(unwell.code == 6 && unwell.errors.contains("t-bad-1 exited with code 9"), "\(unwell)")
      #expect(try bed.run("containr", ["start", "--wait-timeout", "1", "-p", "t"]).code == 1, "without --wait")
    }
  }
}
