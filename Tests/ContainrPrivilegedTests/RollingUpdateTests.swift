// Rolling updates before a steady load: nobody notices a good one, and a bad one changes nothing.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Rolling updates", .serialized, .asRoot)
struct RollingUpdateTests {
  /// A load from the host or from outside of it, through the published port.
  private func load(_ bed: Bed, outside: Bool = false, workers: Int = 4) throws -> Command {
    let namespace = try #require(outside ? bed.sandbox.outside : bed.sandbox.networkNamespace)
    let host = outside ? TestSandbox.hostAddress : "127.0.0.1"
    let load = try Command(
      "nsenter",
      ["--net=/run/netns/\(namespace)", try LoadGenerator.path(), host, "8080", "\(workers)", bed.path + "/enough"])
    try Self.awaitAnswers("v1", of: [load])
    return load
  }

  /// Waits until each has been answered by a version.
  private static func awaitAnswers(_ version: String, of loads: [Command]) throws {
    for load in loads {
      try eventually("a load is answered by \(version)") { load.outputSoFar.contains("answered \(version)\n") }
    }
  }

  private func end(_ bed: Bed, _ loads: [Command]) throws -> [LoadResult] {
    try Data().write(to: URL(fileURLWithPath: bed.path + "/enough"))
    return try loads.map { try LoadResult($0.wait().output) }
  }

  @Test(
    "four updates under a steady load, by the published port from here and from outside, and by name: no request fails")
  func steadyLoad() throws {
    try Rolling.use(Rolling.web()) { bed in
      try bed.up()
      let loads = [try load(bed), try load(bed, outside: true, workers: 2)]
      let inside = try bed.sandbox.start(
        "containr", ["exec", "-p", "t", "client", "--", "load", "web", "80", "2", "/tmp/enough"])
      try Self.awaitAnswers("v1", of: [inside])
      var pids: Set<Int32> = [try bed.pid("web")]
      for version in 2...5 {
        try bed.edit("echo v\(version - 1)", "echo v\(version)")
        #expect(try bed.plan().contains("-/+ container t-web-1   recreate (start-first)\n"))
        try bed.up()
        #expect(try bed.fetch("127.0.0.1:8080/index.html") == "v\(version)\n")
        #expect(pids.insert(try bed.pid("web")).inserted)
        #expect(try Rolling.ids(bed) == [version % 2 == 0 ? "t-web-1.b" : "t-web-1"], "the old one is gone")
        #expect(try bed.container("web").name == "t-web-1")
        try Self.awaitAnswers("v\(version)", of: loads + [inside])
      }
      try bed.run("containr", ["exec", "-p", "t", "client", "--", "touch", "/tmp/enough"]).succeeding()
      let results = try end(bed, loads) + [try LoadResult(inside.wait().output)]
      for result in results {
        #expect(result.bad == 0, "\(result)")
        #expect(result.good > 20, "\(result)")
        #expect(Set(result.versions.keys) == ["v1", "v2", "v3", "v4", "v5"], "\(result)")
      }
      #expect(try bed.plan() == "nothing to do: 2 containers match\n")
      let name = try bed.run("containr", ["exec", "-p", "t", "web", "--", "hostname"]).succeeding().output
      #expect(name == "t-web-1\n", "the name inside does not show the slot")
    }
  }

  @Test("a new version that never becomes healthy: the old one serves on, no request fails, and the probe is named")
  func neverHealthy() throws {
    try Rolling.use(Rolling.web()) { bed in
      try bed.up()
      let pid = try bed.pid("web")
      let running = try load(bed)
      try bed.edit("echo v1", "echo broken")
      let update = try bed.tryUp()
      #expect(update.code == 4, "\(update)")
      #expect(
        update.errors.contains("t-web-1 is unhealthy: ") && update.errors.contains("the page is broken"), "\(update)")
      #expect(try bed.pid("web") == pid)
      #expect(try Rolling.ids(bed) == ["t-web-1"], "nothing of the new one is left")
      #expect(try bed.container("web").health == "healthy")
      let result = try #require(try end(bed, [running]).first)
      #expect(result.bad == 0 && result.good > 10 && Set(result.versions.keys) == ["v1"], "\(result)")
      #expect(try bed.plan().contains("recreate (start-first)"), "the next up tries again")
      // A command that cannot even start ends the same way.
      try bed.edit("[sh, -c, \"echo broken", "[no-such-program, \"echo broken")
      let missing = try bed.tryUp()
      #expect(missing.code == 4 && missing.errors.contains("no-such-program"), "\(missing)")
      #expect(!(update.errors + missing.errors).contains("t-web-1.b"), "the slot is nobody's business: \(missing)")
      #expect(try bed.pid("web") == pid)
      #expect(try bed.fetch("127.0.0.1:8080/index.html") == "v1\n")
    }
  }

  @Test("without a health check a new container has to run as long as it is watched")
  func monitor() throws {
    let stack = Rolling.web("v1", ", monitor: 5s").replacingOccurrences(
      of: "    healthcheck: {test: [CMD, probe-page], interval: 1s, timeout: 20s, retries: 3}\n", with: "")
    #expect(!stack.contains("healthcheck"))
    try Rolling.use(stack) { bed in
      try bed.up()
      let pid = try bed.pid("web")
      try bed.edit("exec httpd -f -p 80 -h /tmp", "sleep 0.3; echo out of luck; exit 3")
      let update = try bed.tryUp()
      #expect(
        update.code == 4 && update.errors.contains("did not keep running: it ended with exit code 3"), "\(update)")
      #expect(try bed.pid("web") == pid)
      try bed.edit("sleep 0.3; echo out of luck; exit 3", "exec httpd -f -p 80 -h /tmp -v")
      let good = try bed.up()
      #expect(good.seconds > 5, "it is watched for five seconds")
      #expect(try bed.pid("web") != pid)
    }
  }

  /// Waits until the container that there is works at a slow answer.
  private static func awaitServed(_ bed: Bed) throws {
    let server = try bed.pid("web")
    func children(_ pid: Int32) -> [Int32] {
      let text = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
      return text.split(separator: " ").compactMap { Int32($0) }
    }
    try eventually("a client is being served") {
      children(server).flatMap { [$0] + children($0) }.flatMap { [$0] + children($0) }.contains {
        (try? String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8))?.contains("2.0625") ?? false
      }
    }
  }

  @Test("who is being served when names and ports turn is served to the end")
  func drain() throws {
    try Rolling.use(Rolling.web()) { bed in
      let slow = "#!/bin/sh\nsleep 2.0625\nprintf 'Content-type: text/plain\\r\\n\\r\\n'\ncat /tmp/index.html\n"
      try FileManager.default.createDirectory(
        atPath: bed.path + "/base/srv/cgi-bin", withIntermediateDirectories: true)
      try bed.sandbox.directory.write(slow, to: "base/srv/cgi-bin/slow")
      // Long enough for an update on a machine that is full.
      let slower = slow.replacingOccurrences(of: "2.0625", with: "42.0625")
      try bed.sandbox.directory.write(slower, to: "base/srv/cgi-bin/slower")
      for name in ["slow", "slower"] { chmod(bed.path + "/base/srv/cgi-bin/" + name, 0o755) }
      try bed.edit("-h /tmp", "-h /srv")
      try bed.up()
      let namespace = try #require(bed.sandbox.networkNamespace)
      try bed.edit("echo v1", "echo v2")
      let old = try Command(
        "nsenter", ["--net=/run/netns/\(namespace)", "curl", "-s", "http://127.0.0.1:8080/cgi-bin/slow"])
      try Self.awaitServed(bed)
      try bed.up()
      let answer = old.wait()
      #expect(answer.code == 0 && answer.output == "v1\n", "\(answer)")
      #expect(try bed.fetch("127.0.0.1:8080/cgi-bin/slow") == "v2\n")
      // Nobody is waited for longer than a container may take to stop.
      try bed.edit("stop_signal: SIGKILL\n    ports", "stop_signal: SIGKILL\n    stop_grace_period: 1s\n    ports")
      try bed.up()
      try bed.edit("echo v2", "echo v3")
      let late = try Command(
        "nsenter", ["--net=/run/netns/\(namespace)", "curl", "-s", "http://127.0.0.1:8080/cgi-bin/slower"])
      try Self.awaitServed(bed)
      try bed.up()
      let end = late.wait(timeout: 30)
      #expect(end.code != 0 && !end.timedOut, "\(end)")
    }
  }

  @Test("a client of datagrams that never changes its port reaches the new one as well")
  func datagrams() throws {
    let stack = """
      services:
        echo:
          layers: [./base]
          command: [load, -u, "90", v1]
          stop_signal: SIGKILL
          healthcheck: {test: [CMD, grep, -q, ":005A ", /proc/net/udp], interval: 1s, timeout: 20s, start_interval: 50ms, start_period: 60s}
          ports: ["9090:90/udp"]
          deploy: {update_config: {order: start-first, monitor: 200ms}}

      """
    try Rolling.use(stack) { bed in
      try bed.up()
      // One socket, one question every 20 ms; a question without an answer in ten seconds is told.
      let client = """
        import os, socket, sys, time
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(10)
        s.connect(("127.0.0.1", 9090))
        while not os.path.exists(sys.argv[1]):
            s.send(b"?")
            try: print(s.recv(64).decode(), flush=True)
            except OSError as e: print("lost", e, flush=True)
            time.sleep(0.02)
        """
      let namespace = try #require(bed.sandbox.networkNamespace)
      let asking = try Command(
        "nsenter", ["--net=/run/netns/\(namespace)", "python3", "-c", client, bed.path + "/enough"])
      try eventually("the first answers") { asking.outputSoFar.contains("v1\n") }
      try bed.edit("v1]", "v2]")
      try bed.up()
      try eventually("answers of the new one") { asking.outputSoFar.contains("v2\n") }
      try Data().write(to: URL(fileURLWithPath: bed.path + "/enough"))
      let answers = asking.wait().output.split(separator: "\n")
      // What the old one answers after the turn finds no way back: one question may be lost, if it was asked just then.
      let lost = answers.count { $0.hasPrefix("lost") }
      #expect(lost <= 1, "\(answers)")
      #expect(answers.last == "v2" && Set(answers.filter { !$0.hasPrefix("lost") }) == ["v1", "v2"])
    }
  }

  // MARK: groups

  @Test("pause leaves the rest as it is, in either order", arguments: ["start-first", "stop-first"])
  func pause(order: String) throws {
    try Rolling.use(Rolling.crew("good", "order: \(order)")) { bed in
      try bed.up()
      let third = try #require(try bed.pids()["crew-3"])
      try bed.write(Rolling.crew("bad", "order: \(order)"))
      #expect(try bed.plan().contains("-/+ container t-crew-2   recreate (\(order), 2 of 3)\n"))
      let update = try bed.tryUp()
      #expect(update.code == 4, "\(update)")
      #expect(update.errors.contains("1 of 3 containers failed: the update pauses here"), "\(update)")
      #expect(try bed.pids()["crew-3"] == third)
      if order == "start-first" {
        #expect(try Rolling.versions(bed) == ["bad", "good", "good"])
      } else {
        #expect(try bed.ps().first { $0.index == 2 }?.state == "exited")
      }
      #expect(try bed.ps().count == 3)
      // What was fixed goes on from there.
      try bed.write(Rolling.crew("fine", "order: \(order)"))
      try bed.up()
      #expect(try Rolling.versions(bed) == ["fine", "fine", "fine"])
      #expect(try bed.plan() == "nothing to do: 3 containers match\n")
    }
  }

  @Test(
    "rollback takes what was updated back to the plan that was recorded of it",
    arguments: ["start-first", "stop-first"])
  func rollback(order: String) throws {
    try Rolling.use(Rolling.crew("good", "order: \(order)")) { bed in
      try bed.up()
      try bed.write(Rolling.crew("bad", "order: \(order), failure_action: rollback"))
      let update = try bed.tryUp(["--json"])
      #expect(update.code == 4, "\(update)")
      #expect(update.output.contains("1 of 3 containers failed: the update is taken back"), "\(update)")
      #expect(update.output.contains(#""rollbacks": [{"service": "crew", "containers": ["t-crew-1""#), "\(update)")
      #expect(try Rolling.versions(bed) == ["good", "good", "good"])
      try bed.write(Rolling.crew("good", "order: \(order)"))
      #expect(try bed.plan() == "nothing to do: 3 containers match\n")
    }
  }

  @Test("continue and a tolerated ratio go on past what failed")
  func goOn() throws {
    for rules in ["failure_action: continue", "max_failure_ratio: 0.34"] {
      try Rolling.use(Rolling.crew("good", "order: start-first, \(rules)")) { bed in
        try bed.up()
        try bed.write(Rolling.crew("bad", "order: start-first, \(rules)"))
        let update = try bed.tryUp()
        #expect(update.code == 4, "what failed is told: \(update)")
        #expect(try Rolling.versions(bed) == ["bad", "good", "bad"])
      }
    }
  }

  @Test("delay lies between the groups, and parallelism is the size of a group")
  func delay() throws {
    try Rolling.use(Rolling.crew("good", "order: start-first, parallelism: 2, delay: 2s")) { bed in
      try bed.up()
      try bed.write(Rolling.crew("fine", "order: start-first, parallelism: 2, delay: 2s"))
      let update = try bed.up()
      #expect(update.seconds > 2, "one delay between two groups: \(update)")
      #expect(try Rolling.versions(bed) == ["fine", "fine", "fine"])
    }
  }

  @Test("a saved plan does the same update")
  func savedPlan() throws {
    try Rolling.use(Rolling.web()) { bed in
      try bed.up()
      try bed.edit("echo v1", "echo v2")
      #expect(try bed.run("containr", ["plan", "-o", "p.json", "--graph", "p.dot", Bed.file]).code == 2)
      #expect(try bed.read("p.dot").contains("create (start-first)"))
      try bed.run("containr-up", ["-d", "-y", "p.json"]).succeeding()
      #expect(try bed.fetch("127.0.0.1:8080/index.html") == "v2\n")
      #expect(try Rolling.ids(bed) == ["t-web-1.b"])
    }
  }
}
