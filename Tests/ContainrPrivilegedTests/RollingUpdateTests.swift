// Rolling updates before a steady load: nobody notices a good one, and a bad one changes nothing.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Rolling updates", .serialized, .asRoot)
struct RollingUpdateTests {
  /// A web server that answers with its version. SIGKILL ends it in the middle of whatever it does: nothing but the drain
  /// keeps a request whole.
  private static func web(_ version: String = "v1", _ more: String = "") -> String {
    """
    services:
      web:
        layers: [./base]
        command: [sh, -c, "echo \(version) > /tmp/index.html; exec httpd -f -p 80 -h /tmp"]
        stop_signal: SIGKILL
        ports: ["8080:80"]
        healthcheck: {test: [CMD, probe-page], interval: 1s, timeout: 2s, retries: 2}
        deploy: {update_config: {order: start-first\(more)}}
      client:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL

    """
  }

  private func use(_ stack: String, _ body: (Bed) throws -> Void) throws {
    try Bed.use { bed in
      // Says why, as a probe should.
      let probe =
        "#!/bin/sh\nread page < /tmp/index.html\n"
        + "case $page in v*) exit 0 ;; esac\necho \"the page is $page\"\nexit 1\n"
      try bed.sandbox.directory.write(probe, to: "base/bin/probe-page")
      chmod(bed.path + "/base/bin/probe-page", 0o755)
      try run("cp", [try LoadGenerator.path(), bed.path + "/base/bin/load"]).succeeding()
      try bed.write(stack)
      try body(bed)
    }
  }

  /// A load from the host or from outside of it, through the published port.
  private func load(_ bed: Bed, outside: Bool = false, workers: Int = 4) throws -> Command {
    let namespace = try #require(outside ? bed.sandbox.outside : bed.sandbox.networkNamespace)
    let host = outside ? TestSandbox.hostAddress : "127.0.0.1"
    return try Command(
      "nsenter",
      ["--net=/run/netns/\(namespace)", try LoadGenerator.path(), host, "8080", "\(workers)", bed.path + "/enough"])
  }

  private func end(_ bed: Bed, _ loads: [Command]) throws -> [LoadResult] {
    try Data().write(to: URL(fileURLWithPath: bed.path + "/enough"))
    return try loads.map { try LoadResult($0.wait(timeout: 30).output) }
  }

  /// The ids on the host of everything that is there of a service.
  private func ids(_ bed: Bed, _ service: String = "web") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: bed.sandbox.runDirectory + "/containers").filter {
      $0.hasPrefix("t-\(service)-")
    }.sorted()
  }

  @Test(
    "four updates under a steady load, by the published port from here and from outside, and by name: no request fails")
  func steadyLoad() throws {
    try use(Self.web()) { bed in
      try bed.up()
      let loads = [try load(bed), try load(bed, outside: true, workers: 2)]
      let inside = try bed.sandbox.start(
        "containr", ["exec", "-p", "t", "client", "--", "load", "web", "80", "2", "/tmp/enough"])
      var pids: Set<Int32> = [try bed.pid("web")]
      for version in 2...5 {
        try bed.edit("echo v\(version - 1)", "echo v\(version)")
        #expect(try bed.plan().contains("-/+ container t-web-1   recreate (start-first)\n"))
        try bed.up()
        #expect(try bed.fetch("127.0.0.1:8080/index.html") == "v\(version)\n")
        #expect(pids.insert(try bed.pid("web")).inserted)
        #expect(try ids(bed) == [version % 2 == 0 ? "t-web-1.b" : "t-web-1"], "the old one is gone")
        #expect(try bed.container("web").name == "t-web-1")
      }
      try bed.run("containr", ["exec", "-p", "t", "client", "--", "touch", "/tmp/enough"]).succeeding()
      let results = try end(bed, loads) + [try LoadResult(inside.wait(timeout: 30).output)]
      for result in results {
        #expect(result.bad == 0, "\(result)")
        #expect(result.good > 100, "\(result)")
        #expect(Set(result.versions.keys) == ["v1", "v2", "v3", "v4", "v5"], "\(result)")
      }
      #expect(try bed.plan() == "nothing to do: 2 containers match\n")
      let name = try bed.run("containr", ["exec", "-p", "t", "web", "--", "hostname"]).succeeding().output
      #expect(name == "t-web-1\n", "the name inside does not show the slot")
    }
  }

  @Test("a new version that never becomes healthy: the old one serves on, no request fails, and the probe is named")
  func neverHealthy() throws {
    try use(Self.web()) { bed in
      try bed.up()
      let pid = try bed.pid("web")
      let running = try load(bed)
      try bed.edit("echo v1", "echo broken")
      let update = try bed.tryUp()
      #expect(update.code == 4, "\(update)")
      #expect(
        update.errors.contains("t-web-1 is unhealthy: ") && update.errors.contains("the page is broken"), "\(update)")
      #expect(try bed.pid("web") == pid)
      #expect(try ids(bed) == ["t-web-1"], "nothing of the new one is left")
      #expect(try bed.container("web").health == "healthy")
      let result = try #require(try end(bed, [running]).first)
      #expect(result.bad == 0 && result.good > 50 && Set(result.versions.keys) == ["v1"], "\(result)")
      #expect(try bed.plan().contains("recreate (start-first)"), "the next up tries again")
      // A command that cannot even start ends the same way.
      try bed.edit("[sh, -c, \"echo broken", "[no-such-program, \"echo broken")
      let missing = try bed.tryUp()
      #expect(missing.code == 4 && missing.errors.contains("no-such-program"), "\(missing)")
      #expect(try bed.pid("web") == pid)
      #expect(try bed.fetch("127.0.0.1:8080/index.html") == "v1\n")
    }
  }

  @Test("without a health check a new container has to run as long as it is watched")
  func monitor() throws {
    let stack = Self.web("v1", ", monitor: 1s").replacingOccurrences(
      of: "    healthcheck: {test: [CMD, probe-page], interval: 1s, timeout: 2s, retries: 2}\n", with: "")
    try use(stack) { bed in
      try bed.up()
      let pid = try bed.pid("web")
      try bed.edit("exec httpd -f -p 80 -h /tmp", "sleep 0.3; echo out of luck; exit 3")
      let update = try bed.tryUp()
      #expect(
        update.code == 4 && update.errors.contains("did not keep running: it ended with exit code 3"), "\(update)")
      #expect(try bed.pid("web") == pid)
      try bed.edit("sleep 0.3; echo out of luck; exit 3", "exec httpd -f -p 80 -h /tmp -v")
      let good = try bed.up()
      #expect(good.seconds > 1, "it is watched for a second")
      #expect(try bed.pid("web") != pid)
    }
  }

  @Test("who is being served when names and ports turn is served to the end")
  func drain() throws {
    try use(Self.web()) { bed in
      let slow = "#!/bin/sh\nsleep 2\nprintf 'Content-type: text/plain\\r\\n\\r\\n'\ncat /tmp/index.html\n"
      try FileManager.default.createDirectory(
        atPath: bed.path + "/base/srv/cgi-bin", withIntermediateDirectories: true)
      try bed.sandbox.directory.write(slow, to: "base/srv/cgi-bin/slow")
      chmod(bed.path + "/base/srv/cgi-bin/slow", 0o755)
      try bed.edit("-h /tmp", "-h /srv")
      try bed.up()
      let namespace = try #require(bed.sandbox.networkNamespace)
      try bed.edit("echo v1", "echo v2")
      let old = try Command(
        "nsenter", ["--net=/run/netns/\(namespace)", "curl", "-s", "http://127.0.0.1:8080/cgi-bin/slow"])
      usleep(300_000)
      try bed.up()
      let answer = old.wait(timeout: 20)
      #expect(answer.code == 0 && answer.output == "v1\n", "\(answer)")
      #expect(try bed.fetch("127.0.0.1:8080/cgi-bin/slow") == "v2\n")
      // Nobody is waited for longer than a container may take to stop.
      try bed.edit("stop_signal: SIGKILL\n    ports", "stop_signal: SIGKILL\n    stop_grace_period: 1s\n    ports")
      try bed.up()
      try bed.edit("echo v2", "echo v3")
      let late = try Command(
        "nsenter", ["--net=/run/netns/\(namespace)", "curl", "-s", "http://127.0.0.1:8080/cgi-bin/slow"])
      usleep(100_000)
      let update = try bed.up()
      #expect(update.seconds < 6, "\(update)")
      #expect(late.wait(timeout: 20).code != 0)
    }
  }

  // MARK: groups

  private static func crew(_ version: String, _ rules: String) -> String {
    """
    services:
      crew:
        layers: [./base]
        command: [sh, -c, "echo \(version) > /tmp/version; case \(version)$(hostname) in bad*-2) exit 3 ;; esac; exec sleep 100000"]
        stop_signal: SIGKILL
        deploy:
          replicas: 3
          update_config: {monitor: 300ms, \(rules)}

    """
  }

  private func versions(_ bed: Bed) throws -> [String] {
    try (1...3).map { index in
      guard let pid = try bed.pids()["crew-\(index)"] else {
        throw TestSupportError("crew-\(index) does not run: \(try bed.ps())")
      }
      return try String(contentsOfFile: "/proc/\(pid)/root/tmp/version", encoding: .utf8).trimmingCharacters(
        in: .newlines)
    }
  }

  @Test("pause leaves the rest as it is, in either order", arguments: ["start-first", "stop-first"])
  func pause(order: String) throws {
    try use(Self.crew("good", "order: \(order)")) { bed in
      try bed.up()
      let third = try #require(try bed.pids()["crew-3"])
      try bed.write(Self.crew("bad", "order: \(order)"))
      #expect(try bed.plan().contains("-/+ container t-crew-2   recreate (\(order), 2 of 3)\n"))
      let update = try bed.tryUp()
      #expect(update.code == 4, "\(update)")
      #expect(update.errors.contains("1 of 3 containers failed: the update pauses here"), "\(update)")
      #expect(try bed.pids()["crew-3"] == third)
      if order == "start-first" {
        #expect(try versions(bed) == ["bad", "good", "good"])
      } else {
        #expect(try bed.ps().first { $0.index == 2 }?.state == "exited")
      }
      #expect(try bed.ps().count == 3)
      // What was fixed goes on from there.
      try bed.write(Self.crew("fine", "order: \(order)"))
      try bed.up()
      #expect(try versions(bed) == ["fine", "fine", "fine"])
      #expect(try bed.plan() == "nothing to do: 3 containers match\n")
    }
  }

  @Test(
    "rollback takes what was updated back to the plan that was recorded of it",
    arguments: ["start-first", "stop-first"])
  func rollback(order: String) throws {
    try use(Self.crew("good", "order: \(order)")) { bed in
      try bed.up()
      try bed.write(Self.crew("bad", "order: \(order), failure_action: rollback"))
      let update = try bed.tryUp(["--json"])
      #expect(update.code == 4, "\(update)")
      #expect(update.output.contains("1 of 3 containers failed: the update is taken back"), "\(update)")
      #expect(update.output.contains(#""rollbacks": [{"service": "crew", "containers": ["t-crew-1""#), "\(update)")
      #expect(try versions(bed) == ["good", "good", "good"])
      try bed.write(Self.crew("good", "order: \(order)"))
      #expect(try bed.plan() == "nothing to do: 3 containers match\n")
    }
  }

  @Test("continue and a tolerated ratio go on past what failed")
  func goOn() throws {
    for rules in ["failure_action: continue", "max_failure_ratio: 0.34"] {
      try use(Self.crew("good", "order: start-first, \(rules)")) { bed in
        try bed.up()
        try bed.write(Self.crew("bad", "order: start-first, \(rules)"))
        let update = try bed.tryUp()
        #expect(update.code == 4, "what failed is told: \(update)")
        #expect(try versions(bed) == ["bad", "good", "bad"])
      }
    }
  }

  @Test("delay lies between the groups, and parallelism is the size of a group")
  func delay() throws {
    try use(Self.crew("good", "order: start-first, parallelism: 2, delay: 2s")) { bed in
      try bed.up()
      try bed.write(Self.crew("fine", "order: start-first, parallelism: 2, delay: 2s"))
      let update = try bed.up()
      #expect(update.seconds > 2, "one delay between two groups: \(update)")
      #expect(try versions(bed) == ["fine", "fine", "fine"])
    }
  }

  // MARK: crashes

  @Test(
    "killed at any boundary of a start-first update: somebody serves all the time, the next up converges, down leaves nothing"
  )
  func crashes() throws {
    let alone = Self.web().components(separatedBy: "  client:")[0]
    try use(alone) { bed in
      let up = ["-d", "-y", Bed.file]
      var version = 1
      func next() throws {
        version += 1
        let text = try bed.read(Bed.file)
        let range = try #require(text.range(of: "echo v[0-9]+", options: .regularExpression))
        try bed.sandbox.directory.write(text.replacingCharacters(in: range, with: "echo v\(version)"), to: Bed.file)
      }
      try bed.up()
      try next()
      try bed.run("containr-up", up, environment: ["CONTAINR_FAILPOINT": "record:\(bed.path)/boundaries"]).succeeding()
      let boundaries = try bed.read("boundaries").split(separator: "\n").map(String.init)
      #expect(Set(boundaries).count == boundaries.count && boundaries.count > 16, "\(boundaries)")
      for (number, boundary) in boundaries.enumerated() {
        try next()
        // The slots alternate, and with them the names in some boundaries.
        var wanted = boundary
        if try ids(bed) == ["t-web-1.b"], !boundary.hasPrefix("boundary:") {
          wanted =
            boundary.contains("t-web-1.b")
            ? boundary.replacingOccurrences(of: "t-web-1.b", with: "t-web-1")
            : boundary.replacingOccurrences(of: "t-web-1", with: "t-web-1.b")
        }
        let died = try bed.run("containr-up", up, environment: ["CONTAINR_FAILPOINT": wanted])
        guard died.code == 128 + SIGKILL else { throw TestSupportError("\(wanted) was not reached: \(died)") }
        let page = try bed.fetch("127.0.0.1:8080/index.html")
        #expect(page == "v\(version)\n" || page == "v\(version - 1)\n", "\(wanted): \(page)")
        if number % 3 == 2 {
          try bed.down()
          bed.expectNothingLeft()
          try bed.up()
          continue
        }
        try bed.up()
        #expect(try bed.plan() == "nothing to do: 1 container matches\n", "\(wanted)")
        #expect(try ids(bed).count == 1, "\(wanted): no third one is left")
        #expect(try bed.fetch("127.0.0.1:8080/index.html") == "v\(version)\n", "\(wanted)")
      }
    }
  }

  @Test("a saved plan does the same update")
  func savedPlan() throws {
    try use(Self.web()) { bed in
      try bed.up()
      try bed.edit("echo v1", "echo v2")
      #expect(try bed.run("containr", ["plan", "-o", "p.json", "--graph", "p.dot", Bed.file]).code == 2)
      #expect(try bed.read("p.dot").contains("create (start-first)"))
      try bed.run("containr-up", ["-d", "-y", "p.json"]).succeeding()
      #expect(try bed.fetch("127.0.0.1:8080/index.html") == "v2\n")
      #expect(try ids(bed) == ["t-web-1.b"])
    }
  }
}
