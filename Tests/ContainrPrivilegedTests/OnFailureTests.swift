// What becomes of a stack whose up fails: back, kept, or stopped.
import ContainrTestSupport
import Foundation
import Testing

@Suite("An up that fails", .serialized, .asRoot)
struct OnFailureTests {
  private static let stack = """
    services:
      db:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
        healthcheck: { test: ["CMD", "true"], interval: 100ms, retries: 2 }
      web:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
        mem_limit: 64m
        depends_on: { db: { condition: service_healthy } }
      other: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
    networks: { default: { internal: true } }
    """

  /// The stack runs as revision 1, and the file asks for what cannot become healthy.
  private func use(_ body: (Bed) throws -> Void) throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try bed.edit("[\"CMD\", \"true\"]", "[\"CMD\", \"sh\", \"-c\", \"echo no socket; exit 3\"]")
      try bed.edit(
        "db:\n    layers: [./base]\n    command: [sleep, \"100000\"]",
        "db:\n    layers: [./base]\n    command: [sleep, \"200000\"]")
      try bed.edit(
        "web:\n    layers: [./base]\n    command: [sleep, \"100000\"]",
        "web:\n    layers: [./base]\n    command: [sleep, \"200000\"]")
      try bed.edit("64m", "128m")
      try bed.edit(
        "networks: {", "  new: { layers: [./base], command: [sleep, \"1000\"], stop_signal: SIGKILL }\nnetworks: {")
      try body(bed)
    }
  }

  @Test("returns the whole stack to the revision before, with what came new, and ends with code 7")
  func rollback() throws {
    try use { bed in
      let up = try bed.tryUp()
      #expect(up.code == 7, "\(up)")
      for words in [
        "service db: t-db-1 is unhealthy: no socket", "returning to revision 1", "the stack is back at revision 1",
      ] {
        #expect(up.errors.contains(words), "\(words): \(up)")
      }
      #expect(Set(try bed.pids().keys) == ["db-1", "other-1", "web-1"])
      #expect(try bed.container("web").memoryLimit == 64 << 20)
      #expect(try bed.outcomes() == ["1 applied", "2 rolled back", "3 applied"])
      let exec = try bed.run("containr", ["exec", "-p", "t", "db", "--", "cat", "/proc/1/cmdline"])
      #expect(exec.output.contains("100000"), "\(exec)")
      // The file is as it was: the next up tries again.
      #expect(try bed.run("containr", ["plan", Bed.file]).code == 2)
      let diff = try bed.run("containr", ["diff", "1", "2", "-p", "t"])
      #expect(diff.output.contains("mem_limit: 67108864 → 134217728"), "\(diff)")
    }
  }

  @Test("keep leaves everything as it is, and the next up goes on")
  func keep() throws {
    try use { bed in
      let up = try bed.tryUp(["--on-failure", "keep"])
      #expect(up.code == 4 && !up.errors.contains("returning"), "\(up)")
      #expect(try bed.outcomes() == ["1 applied", "2 failed"])
      #expect(try bed.pids()["db-1"] != nil)
      // From there the way back is one command.
      try bed.run("containr", ["rollback", "-y", "-p", "t"]).succeeding()
      #expect(try bed.container("web").memoryLimit == 64 << 20)
    }
  }

  @Test("stop stops what was started and nothing else")
  func stop() throws {
    try use { bed in
      let up = try bed.tryUp(["--on-failure", "stop"])
      #expect(up.code == 4 && up.errors.contains("what was started is stopped"), "\(up)")
      let states = Dictionary(uniqueKeysWithValues: try bed.ps().map { ($0.service, $0.state) })
      #expect(states == ["db": "stopped", "new": "stopped", "other": "running", "web": "created"], "\(states)")
    }
  }

  @Test("a first up has nothing to return to: what it made stays, so that it can be looked at")
  func first() throws {
    try Bed.use(Self.stack.replacingOccurrences(of: "[\"CMD\", \"true\"]", with: "[\"CMD\", \"false\"]")) { bed in
      let up = try bed.tryUp()
      #expect(up.code == 4 && !up.errors.contains("revision"), "\(up)")
      #expect(try bed.pids()["db-1"] != nil)
      let asked = try bed.tryUp(["--on-failure", "rollback"])
      #expect(asked.code == 4 && asked.errors.contains("there is no earlier revision to return to"), "\(asked)")
    }
  }

  @Test("--wait that finds a service unwell is a failure as well; one that changed nothing takes nothing back")
  func wait() throws {
    let stack = """
      services:
        a:
          layers: [./base]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          healthcheck: { test: ["CMD", "test", "-e", "/bin/sh"], interval: 100ms, retries: 2 }
      networks: { default: { internal: true } }
      """
    try Bed.use(stack) { bed in
      try bed.up("--wait")
      try bed.edit("/bin/sh", "/bin/none")
      try bed.edit("\"100000\"", "\"200000\"")
      let up = try bed.tryUp(["--wait"])
      #expect(up.code == 7 && up.errors.contains("the stack is back at revision 1"), "\(up)")
      #expect(try bed.outcomes() == ["1 applied", "2 rolled back", "3 applied"])
      try eventually("it is healthy again") { try bed.container("a").health == "healthy" }
      #expect(try bed.tryUp(["--wait", "--on-failure", "keep"]).code == 6)
      // The same once more: what is there is what the file asks for, and it is not well.
      let again = try bed.tryUp(["--wait"])
      #expect(again.code == 6 && !again.errors.contains("returning"), "\(again)")
    }
  }

  @Test("the JSON has the containers that are not well and the way back")
  func json() throws {
    try use { bed in
      let up = try bed.tryUp(["--json"])
      let value = try JSONSerialization.jsonObject(with: Data(up.output.utf8)) as? [String: Any]
      let containers = value?["containers"] as? [[String: Any]]
      #expect(up.code == 7 && containers?.first?["container"] as? String == "t-db-1", "\(up)")
      #expect(containers?.first?["kind"] as? String == "unhealthy")
      #expect((containers?.first?["probe"] as? [String: Any])?["exit_code"] as? Int == 3)
      let back = value?["returned"] as? [String: Any]
      #expect(back?["to"] as? Int == 1 && back?["outcome"] is [String: Any], "\(up)")
    }
  }

  @Test("killed on its way back at any boundary: up and rollback converge")
  func crash() throws {
    try use { bed in
      let record = bed.path + "/boundaries"
      try Data().write(to: URL(fileURLWithPath: record))
      #expect(try bed.tryUp(environment: ["CONTAINR_FAILPOINT": "record:\(record)"]).code == 7)
      let all = try bed.read("boundaries").split(separator: "\n").map(String.init)
      let begin = try #require(all.firstIndex(of: "store:revision:after"))
      // Names that the apply itself has as well would kill it earlier.
      let own = all[..<begin]
      let boundaries = all[begin...].filter { !own.contains($0) } + ["store:revision:after"]
      #expect(boundaries.count > 6, "\(all)")
      for boundary in boundaries {
        let died = try bed.tryUp(environment: ["CONTAINR_FAILPOINT": boundary])
        #expect(died.code == 128 + SIGKILL, "\(boundary): \(died)")
        let back = try bed.run("containr", ["rollback", "-y", "-p", "t"])
        #expect(back.code == 0, "\(boundary): \(back)")
        #expect(Set(try bed.pids().keys) == ["db-1", "other-1", "web-1"], "\(boundary)")
        #expect(try bed.container("web").memoryLimit == 64 << 20, "\(boundary)")
      }
    }
  }

  @Test("Ctrl-C takes nothing back, and says how")
  func interrupt() throws {
    try use { bed in
      try bed.edit("exit 3", "sleep 100")
      let process = try bed.sandbox.start("containr-up", ["-d", "-y", Bed.file])
      try eventually("the new service runs") { try bed.pids()["new-1"] != nil }
      process.signal(SIGINT)
      let result = process.wait()
      #expect(result.code == 130, "\(result)")
      #expect(
        result.errors.contains("nothing is taken back") && result.errors.contains("containr rollback"), "\(result)")
      #expect(try bed.outcomes() == ["1 applied", "2 interrupted"])
      try bed.run("containr", ["rollback", "-y", "-p", "t"]).succeeding()
      #expect(Set(try bed.pids().keys) == ["db-1", "other-1", "web-1"])
    }
  }
}
