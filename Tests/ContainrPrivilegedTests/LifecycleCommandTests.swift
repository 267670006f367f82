// Containers that are stopped, begun again and signalled by hand, and what is shown of them.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Commands about containers that are there", .serialized, .asRoot)
struct LifecycleCommandTests {
  private static let stack = """
    services:
      web:
        layers: [./base]
        command: [sh, -c, "trap 'echo hup >> /out/signals' HUP; trap 'echo end >> /out/signals; exit 3' TERM; touch /out/ready; while :; do sleep 0.05; done"]
        restart: always
        volumes: ["./out:/out"]
        depends_on: [base]
        ports: ["127.0.0.1:8080:80", "127.0.0.1:8053:53/udp"]
      base:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
      job:
        layers: [./base]
        command: [sh, -c, "echo ran >> /out/runs; sleep 0.3; exit 4"]
        volumes: ["./out:/out"]

    """

  /// Its signals mean something to it from now on.
  private func awaitReady(_ bed: Bed) throws { try eventually("web is ready") { bed.exists("out/ready") } }

  private func state(_ bed: Bed, _ service: String) throws -> String { try bed.container(service).state }

  private func containr(_ bed: Bed, _ words: String...) throws -> CommandResult {
    try bed.run("containr", [words[0], "-f", Bed.file] + words.dropFirst())
  }

  @Test("what a killed stop has left running is started anew by the next up, and its policy holds again")
  func cutStop() throws {
    let stack = """
      services:
        web:
          layers: [./base]
          command: [sh, -c, "trap 'test -e /out/stay || exit 0' TERM; touch /out/ready; while :; do sleep 0.05; done"]
          restart: always
          stop_grace_period: 300s
          volumes: ["./out:/out"]
      """
    try Bed.use(stack) { bed in
      try bed.sandbox.directory.write("", to: "out/stay")
      try bed.up()
      try awaitReady(bed)
      let pid = try bed.pid("web")
      let stop = try bed.sandbox.start("containr", ["stop", "-p", "t"])
      try eventually("its stop is written down") { try state(bed, "web") == "stopped" }
      stop.signal(SIGKILL)
      _ = stop.wait()
      #expect(try bed.container("web").pid == pid)
      #expect(try bed.plan().contains("runs, but a stop of it was begun and cut off"))
      try FileManager.default.removeItem(atPath: bed.path + "/out/stay")
      try bed.up()
      let row = try bed.container("web")
      #expect(row.state == "running" && row.pid != pid, "\(row)")
      #expect(try bed.plan().hasPrefix("nothing to do"))
      try bed.shell("kill -9 \(try #require(row.pid))")
      try eventually("its policy begins it again") {
        let now = try bed.container("web")
        return now.state == "running" && now.pid != nil && now.pid != row.pid
      }
    }
  }

  @Test("stop ends in order and nothing begins it again; start and restart do, also what had done its work")
  func stopAndStart() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let job = try containr(bed, "wait", "job")
      #expect(job.code == 4 && job.output == "t-job-1 4\n", "\(job)")
      let before = try bed.pids()
      try awaitReady(bed)
      let stop = try containr(bed, "stop", "web")
      #expect(stop.code == 0 && stop.output.hasPrefix("1 container stopped"), "\(stop)")
      #expect(try bed.read("out/signals") == "end\n")
      // Longer than the first pause of a restart policy.
      usleep(500_000)
      #expect(try state(bed, "web") == "stopped" && bed.pids()["base-1"] == before["base-1"])
      #expect(try containr(bed, "stop", "web").output.hasPrefix("nothing to do"))
      #expect(try bed.plan().contains("is stopped"))
      try containr(bed, "start", "web").succeeding()
      #expect(try state(bed, "web") == "running")
      #expect(try !bed.plan().contains("t-web-1"))
      try containr(bed, "start", "job").succeeding()
      #expect(try containr(bed, "wait", "job").code == 4)
      #expect(try bed.read("out/runs") == "ran\nran\n")
      let running = try bed.pids()
      let restart = try containr(bed, "restart", "-t", "3", "web", "base")
      #expect(restart.code == 0 && restart.output.hasPrefix("2 containers restarted"), "\(restart)")
      let after = try bed.pids()
      #expect(after["web-1"] != running["web-1"] && after["base-1"] != running["base-1"])
      #expect(after["web-1"] != nil && after["base-1"] != nil)
    }
  }

  @Test("the file may have changed or be gone: start begins what was brought up")
  func startWithoutFile() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try bed.run("containr", ["stop", "-p", "t", "base"]).succeeding()
      try bed.write("services: {base: {layers: [./base], command: [sleep, '7']}}")
      let start = try bed.run("containr", ["start", "-p", "t", "base"])
      #expect(start.code == 0, "\(start)")
      let top = try bed.run("containr", ["top", "-p", "t", "base"])
      #expect(top.output.contains("sleep 100000"), "\(top)")
      try bed.write(Self.stack)
    }
  }

  @Test("kill sends what is asked; after SIGKILL a policy does not begin it again")
  func kill() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      _ = try containr(bed, "wait", "job")
      try awaitReady(bed)
      let hup = try containr(bed, "kill", "-s", "hup", "web")
      #expect(hup.code == 0 && hup.output == "t-web-1   SIGHUP\n", "\(hup)")
      try eventually("it has heard") { (try? bed.read("out/signals")) == "hup\n" }
      // Its own end is the policy's affair.
      let pid = try bed.pids()["web-1"]
      try containr(bed, "kill", "-s", "15", "web").succeeding()
      try eventually("the policy begins it again") { try bed.pids()["web-1"].map { $0 != pid } ?? false }
      let killed = try containr(bed, "kill", "web")
      #expect(killed.code == 0 && killed.output == "t-web-1   SIGKILL\n", "\(killed)")
      usleep(500_000)
      #expect(try state(bed, "web") == "stopped")
      #expect(try containr(bed, "kill", "job").errors.contains("none of these containers runs"))
      #expect(try containr(bed, "kill", "-s", "NOPE").errors.contains("'NOPE' is no signal"))
      #expect(try containr(bed, "kill", "nope").errors.contains("there are base, job, web"))
      try bed.up()
      #expect(try state(bed, "web") == "running")
    }
  }

  @Test("top, port and ls show processes, places and stacks; wait takes the stack down if asked")
  func looking() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let pid = try #require(try bed.pids()["base-1"])
      let top = try containr(bed, "top", "--json", "base")
      let list = try #require(
        try JSONSerialization.jsonObject(with: Data(top.output.utf8)) as? [[String: Any]], "\(top)")
      #expect(list.count == 1 && list[0]["pid"] as? Int == Int(pid) && list[0]["uid"] as? Int == 0, "\(top)")
      #expect(list[0]["command"] as? [String] == ["sleep", "100000"])
      #expect(try containr(bed, "port", "web", "80").output == "127.0.0.1:8080\n")
      #expect(try containr(bed, "port", "--protocol", "udp", "web", "53").output == "127.0.0.1:8053\n")
      let none = try containr(bed, "port", "web", "81")
      #expect(none.code == 1 && none.errors.contains("is not published"), "\(none)")
      #expect(try containr(bed, "port", "--index", "2", "web", "80").errors.contains("no container number 2"))
      let stacks = try bed.run("containr", ["ls", "--format", "json", "--filter", "name=t"])
      #expect(stacks.output.contains(#""Name":"t""#) && stacks.output.contains("stack.yaml"), "\(stacks)")
      #expect(try bed.run("containr", ["ls", "-q", "--filter", "name=zzz"]).output == "")
      try containr(bed, "stop").succeeding()
      #expect(try bed.run("containr", ["ls", "-q"]).output == "")
      #expect(try bed.run("containr", ["ls", "-a", "-q"]).output == "t\n")
      try containr(bed, "start").succeeding()
      let wait = try containr(bed, "wait", "--down-project", "job")
      #expect(wait.code == 4, "\(wait)")
      #expect(try bed.run("containr", ["ls", "-a", "-q"]).output == "")
    }
  }
}
