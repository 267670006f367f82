// A second `up` changes only what differs, and says why, with the place in the file.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Reconciling", .serialized, .asRoot)
struct ReconcileTests {
  private static let stack = """
    services:
      a:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
        mem_limit: 64m
        pids_limit: 20
        cpus: 0.5
      b:
        layers: [./base]
        command: [sleep, "100001"]
        stop_signal: SIGKILL
        depends_on: [a]
      c:
        layers: [./base]
        command: [sleep, "100002"]
        stop_signal: SIGKILL
    """

  /// Kind, path, old and new of the reasons of a change to a container.
  private func reasons(_ changes: [PlannedChange], _ words: String) throws -> [String] {
    guard let change = changes.first(where: { $0.words == words }) else {
      throw TestSupportError("no '\(words)' in \(changes.map(\.words))")
    }
    return change.reasons.map { reason in
      let place = reason.origin.map { " \($0.file):\($0.line):\($0.column)" } ?? ""
      return "\(reason.kind) \(reason.path) \(reason.old ?? "-") \(reason.new ?? "-") \(reason.effect)\(place)"
    }
  }

  @Test(
    "a second up says that nothing differs, keeps every pid and writes nothing")
  func nothingToDo() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let pids = try bed.pids()
      #expect(pids.count == 3)
      // The supervisor has come to rest.
      try bed.awaitStill("t-a-1", "t-b-1", "t-c-1")
      let files = try bed.fileTimes()
      let host = try bed.sandbox.snapshot()
      let second = try bed.up()
      #expect(second.output == "nothing to do: 3 containers match\n")
      #expect(second.errors == "")
      #expect(try bed.pids() == pids)
      #expect(host.difference(to: try bed.sandbox.snapshot()) == [])
      #expect(try bed.fileTimes() == files, "a second up writes nothing")
      #expect(try bed.plan() == "nothing to do: 3 containers match\n")
      #expect(try bed.run("containr-up", ["--plan", Bed.file]).code == 0)
    }
  }

  @Test("moved lines, comments and other spellings of the same values are no change")
  func moved() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try bed.write(
        """
        # A comment that moves everything.

        services:
          c: { stop_signal: KILL, command: "sleep 100002", layers: ["./base/"] }
          b: { depends_on: { a: { condition: service_started } }, stop_signal: "9", command: [sleep, "100001"], layers: [base] }
          a:
            deploy: { resources: { limits: { memory: 65536k, cpus: "0.50", pids: 20 } } }
            stop_signal: sigkill
            command: ["sleep", '100000']
            layers:
              - ./base
        """)
      #expect(try bed.plan() == "nothing to do: 3 containers match\n")
    }
  }

  @Test("a memory, CPU and process limit is written in place: same pid, new value in the cgroup")
  func limitsInPlace() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let pids = try bed.pids()
      #expect(try bed.cgroup("memory", "a", "memory.limit_in_bytes") == "67108864")
      try bed.edit("mem_limit: 64m", "mem_limit: 96m")
      try bed.edit("pids_limit: 20", "pids_limit: 30")
      try bed.edit("cpus: 0.5", "cpus: 0.25")
      let plan = try bed.plan()
      #expect(plan.contains("~   container t-a-1"), "\(plan)")
      #expect(plan.contains("mem_limit: 67108864 → 100663296   stack.yaml:7:16   in place"), "\(plan)")
      #expect(plan.hasSuffix("1 to change; 2 containers match\n"), "\(plan)")
      #expect(
        try reasons(try bed.changes(), "update container t-a-1") == [
          "field cpus 0.5 0.25 in place stack.yaml:9:11",
          "field mem_limit 67108864 100663296 in place stack.yaml:7:16",
          "field pids_limit 20 30 in place stack.yaml:8:17",
        ])
      try bed.up()
      #expect(try bed.pids() == pids)
      #expect(try bed.cgroup("memory", "a", "memory.limit_in_bytes") == "100663296")
      #expect(try bed.cgroup("pids", "a", "pids.max") == "30")
      #expect(try bed.cgroup("cpu", "a", "cpu.cfs_quota_us") == "25000")
      #expect(try bed.plan().hasPrefix("nothing to do"))
      // Taken away, the limit is gone as well.
      try bed.edit("    mem_limit: 96m\n", "")
      try bed.up()
      #expect(try bed.pids() == pids)
      #expect((Int(try bed.cgroup("memory", "a", "memory.limit_in_bytes")) ?? 0) > 1 << 50)
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("another command makes only its own service again")
  func command() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let pids = try bed.pids()
      try bed.edit("\"100000\"", "\"123456\"")
      let plan = try bed.plan()
      #expect(plan.contains("-/+ container t-a-1   recreate"), "\(plan)")
      #expect(
        plan.contains("command: [\"sleep\", \"100000\"] → [\"sleep\", \"123456\"]   stack.yaml:5:14   recreate"),
        "\(plan)")
      #expect(plan.hasSuffix("1 to recreate; 2 containers match\n"), "\(plan)")
      try bed.up()
      let after = try bed.pids()
      #expect(after["b-1"] == pids["b-1"] && after["c-1"] == pids["c-1"])
      let pid = try #require(after["a-1"])
      #expect(pid != pids["a-1"])
      #expect(try bed.read("/proc/\(pid)/cmdline") == "sleep\0123456\0")
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("a dependent that asks for it restarts with its dependency, others do not")
  func restartsWithDependency() throws {
    try Bed.use(Self.stack) { bed in
      try bed.edit("depends_on: [a]", "depends_on: { a: { condition: service_started, restart: true } }")
      try bed.up()
      let pids = try bed.pids()
      try bed.edit("\"100000\"", "\"123456\"")
      let plan = try bed.plan()
      #expect(plan.contains("service a restarts"), "\(plan)")
      try bed.up()
      let after = try bed.pids()
      #expect(after["b-1"] != pids["b-1"] && after["b-1"] != nil)
      #expect(after["c-1"] == pids["c-1"])
    }
  }

  @Test("a service that is added comes, one that is taken out goes if orphans are to go, the others stay")
  func addedAndRemoved() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let pids = try bed.pids()
      try bed.edit("  c:\n", "  d:\n")
      let plan = try bed.run("containr", ["plan", "--remove-orphans", Bed.file]).output
      #expect(plan.contains("+   container t-d-1   create"), "\(plan)")
      #expect(plan.contains("-   container t-c-1   remove"), "\(plan)")
      #expect(plan.contains("service c is not in the file any more"), "\(plan)")
      try bed.up("--remove-orphans")
      let after = try bed.pids()
      #expect(Set(after.keys) == ["a-1", "b-1", "d-1"])
      #expect(after["a-1"] == pids["a-1"] && after["b-1"] == pids["b-1"])
      #expect(kill(try #require(pids["c-1"]), 0) != 0, "the process of c is gone")
    }
  }

  @Test("labels, restart policy, health check and stop settings change without a restart")
  func supervised() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let pids = try bed.pids()
      try bed.edit(
        "    mem_limit: 64m\n",
        """
            mem_limit: 64m
            labels: { colour: blue }
            restart: unless-stopped
            stop_grace_period: 1s
            healthcheck: { test: [CMD, "true"], interval: 1s, start_interval: 50ms, start_period: 1s }

        """)
      let change = try #require(try bed.changes().first { $0.words == "update container t-a-1" })
      #expect(change.effect == "in place")
      #expect(
        Set(change.reasons.map(\.path)).isSuperset(of: [
          "labels.colour", "restart", "stop_grace_period", "healthcheck.test",
        ]))
      try bed.up("--wait")
      #expect(try bed.pids() == pids)
      try eventually("the new health check is run") { try bed.container("a").health == "healthy" }
      #expect(try bed.plan().hasPrefix("nothing to do"))
      // The new restart policy holds: a kill is answered by a start.
      kill(try #require(pids["a-1"]), SIGKILL)
      try eventually("a runs again") { try bed.pids()["a-1"].map { $0 != pids["a-1"] } ?? false }
    }
  }

  @Test("a port that is added is published without a restart, one that is taken away is closed")
  func ports() throws {
    try Bed.use(
      """
      services:
        web:
          layers: [./base]
          command: [sh, -c, "mkdir /www; echo page > /www/index.html; exec httpd -f -p 80 -h /www"]
          stop_signal: SIGKILL
      """
    ) { bed in
      try bed.up()
      let pids = try bed.pids()
      try bed.edit("    stop_signal: SIGKILL", "    stop_signal: SIGKILL\n    ports: [\"8081:80\"]")
      try bed.up()
      #expect(try bed.pids() == pids)
      try bed.expectPage("127.0.0.1:8081", "page\n")
      try bed.edit("8081:80", "8082:80")
      try bed.up()
      try bed.expectPage("127.0.0.1:8082", "page\n")
      #expect(try bed.fetch("127.0.0.1:8081", timeout: 1) != "page\n")
      #expect(try bed.pids() == pids)
    }
  }

  @Test("replicas come and go by number")
  func replicas() throws {
    try Bed.use(
      """
      services:
        a: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, scale: 2 }
      """
    ) { bed in
      try bed.up()
      let pids = try bed.pids()
      #expect(Set(pids.keys) == ["a-1", "a-2"])
      try bed.edit("scale: 2", "scale: 3")
      try bed.up()
      let more = try bed.pids()
      #expect(more["a-1"] == pids["a-1"] && more["a-2"] == pids["a-2"] && more["a-3"] != nil)
      try bed.edit("scale: 3", "scale: 1")
      try bed.up()
      #expect(try bed.pids() == ["a-1": try #require(pids["a-1"])])
    }
  }

  @Test("up --json prints the plan and the outcome, and up --plan changes nothing")
  func json() throws {
    try Bed.use(Self.stack) { bed in
      let host = try bed.sandbox.snapshot()
      let plan = try bed.run("containr-up", ["--plan", Bed.file])
      #expect(plan.code == 2)
      #expect(plan.output.contains("+   container t-a-1   create"), "\(plan)")
      // An ordinary user's command is in namespaces, whose holder ends a moment after it.
      try eventually("the plan has left nothing: \(plan)") { host.difference(to: try bed.sandbox.snapshot()) == [] }
      let up = try bed.run("containr-up", ["--json", "-y", Bed.file])
      #expect(up.code == 0)
      let object = try #require(JSONSerialization.jsonObject(with: Data(up.output.utf8)) as? [String: Any], "\(up)")
      let outcome = try #require(object["outcome"] as? [String: Any])
      #expect((outcome["failures"] as? [Any])?.isEmpty == true)
      #expect((outcome["done"] as? Int ?? 0) > 3)
    }
  }

  @Test("the same name of another file is refused and says whose it is; a second command has to wait its turn")
  func foreign() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let pids = try bed.pids()
      try bed.sandbox.directory.write(
        "name: t\n" + Self.stack.replacingOccurrences(of: "100000", with: "9"), to: "elsewhere/stack.yaml")
      try FileManager.default.createSymbolicLink(atPath: bed.path + "/elsewhere/base", withDestinationPath: "../base")
      let other = try bed.run("containr-up", ["-d", "-y", "elsewhere/stack.yaml"])
      #expect(other.code == 2 && other.errors.contains("stack.yaml"), "\(other)")
      #expect(try bed.pids() == pids)
    }
  }
}
