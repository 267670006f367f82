// At a terminal: coloured, prefixed logs, Ctrl-C that stops in order; and --wait, which says why something is not well.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Attached and waiting", .serialized, .asRoot)
struct AttachedTests {
  private func terminal(_ bed: Bed, _ program: String, _ arguments: [String]) throws -> Terminal {
    let namespace = try #require(bed.sandbox.networkNamespace)
    return try Terminal(
      ["nsenter", "--net=/run/netns/\(namespace)"] + bed.sandbox.words(program, arguments),
      environment: bed.sandbox.environment, directory: bed.path)
  }

  private static let talking = """
    x-talk: &talk
      layers: [./base]
      volumes: ["./out:/out"]
      stop_grace_period: 10s
      command: [sh, -c, "trap 'echo bye from $$NAME; echo $$NAME >> /out/stopped; exit 0' TERM; echo hello from $$NAME; while :; do sleep 0.05; done"]
    services:
      first: { <<: *talk, environment: { NAME: first } }
      second: { <<: *talk, environment: { NAME: second }, depends_on: [first] }
    """

  @Test(
    "up shows the logs with coloured names; Ctrl-C stops dependents first, shows their last words, and keeps the containers"
  )
  func controlC() throws {
    try Bed.use(Self.talking) { bed in
      let terminal = try terminal(bed, "containr-up", [Bed.file])
      try terminal.expect("hello from first")
      try terminal.expect("hello from second")
      #expect(terminal.text.contains("first-1") && terminal.text.contains("second-1"), "\(terminal.text)")
      #expect(terminal.screen.contains("\u{1B}["), "a terminal gets colours")
      try terminal.type("\u{3}")
      let code = try terminal.end()
      #expect(code == 0, "\(terminal.text)")
      #expect(terminal.text.contains("bye from first") && terminal.text.contains("bye from second"), "\(terminal.text)")
      #expect(try bed.read("out/stopped") == "second\nfirst\n")
      #expect(try bed.ps().map(\.state) == ["stopped", "stopped"] || bed.ps().allSatisfy { $0.pid == nil })
      // What was stopped is started again.
      try bed.up()
      #expect(try bed.pids().count == 2)
    }
  }

  @Test("a second Ctrl-C kills what does not stop")
  func secondControlC() throws {
    try Bed.use(
      """
      services:
        deaf:
          layers: [./base]
          stop_grace_period: 100s
          command: [sh, -c, "trap '' TERM; echo all deaf; while :; do sleep 1; done"]
      """
    ) { bed in
      let terminal = try terminal(bed, "containr-up", [Bed.file])
      try terminal.expect("all deaf")
      try terminal.type("\u{3}")
      try terminal.expect("again kills")
      let start = Date()
      try terminal.type("\u{3}")
      _ = try terminal.end()
      #expect(Date().timeIntervalSince(start) < 50 * TestPace.factor, "half of its patience")
      #expect(try bed.ps().allSatisfy { $0.pid == nil })
    }
  }

  @Test("attached up ends by itself when everything has ended: with 0 if all went well, with 6 if not")
  func endsByItself() throws {
    try Bed.use(
      """
      services:
        job: { layers: [./base], command: [sh, -c, "echo working; sleep 0.3; echo done"] }
      """
    ) { bed in
      let up = try bed.run("containr-up", [Bed.file])
      #expect(up.code == 0, "\(up)")
      #expect(up.output.contains("job-1") && up.output.contains("done"), "\(up)")
      #expect(!up.output.contains("\u{1B}") && !up.errors.contains("\u{1B}"), "no colours where no terminal is")
      try bed.edit("echo done", "exit 4")
      let failed = try bed.run("containr-up", ["-y", Bed.file])
      #expect(failed.code == 6, "\(failed)")
    }
  }

  @Test("attached up shows what is written from its beginning on, not what was written before")
  func fromNowOn() throws {
    try Bed.use(
      """
      services:
        a:
          layers: [./base]
          command: [sh, -c, "echo old; until [ -e /out/go ]; do sleep 0.05; done; echo new"]
          volumes: ["./out:/out"]
      """
    ) { bed in
      try bed.up()
      try eventually("it has written") { try bed.run("containr", ["logs", "-p", "t"]).output.contains("old") }
      let up = try bed.sandbox.start("containr-up", [Bed.file])
      try eventually("it has begun") { up.errorsSoFar.contains("nothing to do") }
      try bed.sandbox.directory.write("", to: "out/go")
      let end = up.wait()
      #expect(end.code == 0 && end.output.contains("a-1 | new\n") && !end.output.contains("old"), "\(end)")
    }
  }

  @Test("at a terminal progress is one live line a resource")
  func progress() throws {
    try Bed.use(Self.talking) { bed in
      let terminal = try terminal(bed, "containr-up", ["-d", Bed.file])
      let code = try terminal.end()
      #expect(code == 0, "\(terminal.text)")
      #expect(terminal.text.contains("container t-first-1") && terminal.text.contains("t is up"), "\(terminal.text)")
      let down = try self.terminal(bed, "containr-down", [Bed.file])
      #expect(try down.end() == 0, "\(down.text)")
      #expect(down.text.contains("t is down"), "\(down.text)")
    }
  }

  @Test("long work shows a bar at a terminal, and none elsewhere")
  func bar() throws {
    try Bed.use(
      """
      services:
        a: { layers: [./base.tar], command: [sleep, "100000"], stop_signal: SIGKILL }
      """
    ) { bed in
      try bed.shell("head -c 60000000 /dev/urandom > \(bed.path)/base/ballast")
      try BaseLayer.pack(bed.path + "/base", into: bed.path + "/base.tar")
      let terminal = try terminal(bed, "containr-up", ["-d", Bed.file])
      #expect(try terminal.end() == 0, "\(terminal.text)")
      #expect(terminal.text.contains("layer base.tar") && terminal.text.contains("0%"), "\(terminal.text)")
      try bed.down()
      let plain = try bed.up()
      #expect(plain.errors.contains("layer base.tar") && !plain.errors.contains("\u{1B}"), "\(plain)")
    }
  }

  @Test("data is lost only after a yes at a terminal; -v without one needs none")
  func asks() throws {
    try Bed.use(
      """
      services:
        a: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, volumes: ["data:/data"] }
      volumes: { data: {} }
      """
    ) { bed in
      try bed.up()
      let no = try terminal(bed, "containr-down", ["-v", Bed.file])
      try no.expect("Data will be lost")
      try no.type("n\n")
      #expect(try no.end() == 2, "\(no.text)")
      #expect(try bed.pids().count == 1)
      let yes = try terminal(bed, "containr-down", ["-v", Bed.file])
      try yes.expect("Data will be lost")
      try yes.type("y\n")
      #expect(try yes.end() == 0, "\(yes.text)")
      bed.expectNothingLeft()
    }
  }

  @Test("--wait returns when all are healthy or completed")
  func waits() throws {
    try Bed.use(
      """
      services:
        slow:
          layers: [./base]
          command: [sh, -c, "sleep 0.6; touch /tmp/ready; sleep 100000"]
          stop_signal: SIGKILL
          healthcheck: { test: [CMD, test, -e, /tmp/ready], interval: 1s, start_interval: 50ms, start_period: 60s }
        job: { layers: [./base], command: [sh, -c, "sleep 0.4"] }
      """
    ) { bed in
      let up = try bed.up("--wait")
      #expect(up.seconds > 0.5, "\(up)")
      #expect(try bed.container("slow").health == "healthy")
    }
  }

  @Test("--wait fails with 6 and the reason if something is unhealthy, failed, or too late")
  func waitFails() throws {
    try Bed.use(
      """
      services:
        sick:
          layers: [./base]
          command: [sh, -c, "echo the disk is full; sleep 100000"]
          stop_signal: SIGKILL
          healthcheck: { test: [CMD-SHELL, "echo probe says no; exit 3"], interval: 100ms, timeout: 20s, retries: 2 }
      """
    ) { bed in
      let up = try bed.tryUp(["--wait"])
      #expect(up.code == 6, "\(up)")
      #expect(up.errors.contains("t-sick-1") || up.errors.contains("service sick"), "\(up)")
      #expect(up.errors.contains("unhealthy"), "\(up)")
      #expect(up.errors.contains("probe says no"), "the probe's own words: \(up)")
      // The last lines of its log, once it has come to write them.
      try eventually("what it wrote is told") {
        try up.errors.contains("the disk is full") || bed.tryUp(["--wait"]).errors.contains("the disk is full")
      }
      #expect(try bed.container("sick").health == "unhealthy")
      try bed.write(
        "services:\n  bad: { layers: [./base], command: [sh, -c, \"echo my last words; sleep 0.2; exit 9\"] }\n")
      let failed = try bed.tryUp(["--wait"])
      #expect(failed.code == 6 && failed.errors.contains("t-bad-1") && failed.errors.contains("9"), "\(failed)")
      #expect(failed.errors.contains("my last words"), "\(failed)")
      try bed.write(
        """
        services:
          late:
            layers: [./base]
            command: [sleep, "100000"]
            stop_signal: SIGKILL
            healthcheck: { test: [CMD, "false"], interval: 1s, start_period: 100s, start_interval: 100ms }
        """)
      let late = try bed.run("containr-up", ["--wait", "--wait-timeout", "1", "-y", Bed.file])
      #expect(late.code == 6 && late.errors.contains("late") && late.seconds < 50 * TestPace.factor, "\(late)")
    }
  }

  @Test("a dependency that does not become healthy fails its dependents, with the reason, and they are not started")
  func unhealthyDependency() throws {
    try Bed.use(
      """
      services:
        sick:
          layers: [./base]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          healthcheck: { test: [CMD-SHELL, "echo no answer yet; exit 1"], interval: 100ms, timeout: 20s, retries: 2 }
        app:
          layers: [./base]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          depends_on: { sick: { condition: service_healthy } }
      """
    ) { bed in
      let up = try bed.tryUp()
      #expect(up.code == 4, "\(up)")
      #expect(up.errors.contains("sick") && up.errors.contains("no answer yet"), "\(up)")
      #expect(try bed.pids().keys.sorted() == ["sick-1"])
      try bed.edit("exit 1", "exit 0")
      try bed.up()
      #expect(try bed.pids().keys.sorted() == ["app-1", "sick-1"])
    }
  }

  @Test("two commands on one stack: the second one says that another is at work, or waits for it")
  func twoCommands() throws {
    try Bed.use(
      """
      services:
        job: { layers: [./base], command: [sleep, "1"] }
        app: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, depends_on: { job: { condition: service_completed_successfully } } }
      """
    ) { bed in
      let first = try bed.sandbox.start("containr-up", ["-d", Bed.file])
      try eventually("the first works") {
        try bed.run("containr", ["ps", "--json", "-p", "t"]).output.contains("running")
      }
      let second = try bed.run("containr-up", ["-d", Bed.file])
      #expect(second.code == 7 || second.code == 0, "\(second)")
      if second.code == 7 { #expect(second.errors.contains("another"), "\(second)") }
      #expect(first.wait().code == 0)
      #expect(try bed.pids().count == 1)
    }
  }
}
