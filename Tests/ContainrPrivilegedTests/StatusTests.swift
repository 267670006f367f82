// `containr status` and `containr plan --explain`, run as a user would.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Status and explanations", .serialized, .asRoot)
struct StatusTests {
  private static let stack = """
    services:
      web:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
        mem_limit: ${LIMIT}
        configs: [app]
      app:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
        depends_on: {web: {condition: service_started, restart: true}}
    configs: {app: {file: ./app.conf}}
    """

  private func use(_ body: (Bed) throws -> Void) throws {
    try Bed.use(Self.stack) { bed in
      try bed.sandbox.directory.write("LIMIT=64m\n", to: ".env")
      try bed.sandbox.directory.write("one\n", to: "app.conf")
      try body(bed)
    }
  }

  @Test("it ends with 2 before the stack is up, with 0 while all is as applied, by file, by name, and for all stacks")
  func inOrder() throws {
    try use { bed in
      let down = try bed.run("containr", ["status", Bed.file])
      #expect(down.code == 2 && down.errors.contains("error: stack t is not up"), "\(down)")
      #expect(try bed.run("containr", ["status", "-p", "nobody"]).code == 2)
      try bed.up()
      for words in [[Bed.file], ["-p", "t"], []] {
        let result = try bed.run("containr", ["status"] + words)
        #expect(result.code == 0 && result.errors.isEmpty, "\(result)")
        #expect(result.output.hasPrefix("stack t   \(bed.path)/stack.yaml   revision 1\n"), "\(result)")
        #expect(result.output.hasSuffix("in order\n"), "\(result)")
        #expect(result.output.contains("t-web-1") && result.output.contains("t-app-1"))
      }
      // The file does not matter for what was applied, even if it is broken.
      try bed.write("services: [\n")
      #expect(try bed.run("containr", ["status", Bed.file]).code == 0)
    }
  }

  @Test(
    "an edit that is not applied is counted and no drift; a changed config is drift; both survive a look at the JSON")
  func edited() throws {
    try use { bed in
      try bed.up()
      try bed.edit(
        "[sleep, \"100000\"]\n    stop_signal: SIGKILL\n    mem_limit",
        "[sleep, \"200000\"]\n    stop_signal: SIGKILL\n    mem_limit")
      let pending = try bed.run("containr", ["status", Bed.file])
      #expect(pending.code == 0, "\(pending)")
      #expect(pending.output.contains("the stack file asks for more: "), "\(pending)")
      try bed.sandbox.directory.write("two\n", to: "app.conf")
      let drift = try bed.run("containr", ["status", Bed.file])
      #expect(drift.code == 2 && drift.output.contains("content./app: digest "), "\(drift)")
      #expect(drift.output.contains("stack.yaml:14:23   in place\n"), "\(drift)")
      // Without the file nobody knows where it comes from.
      #expect(try bed.run("containr", ["status", "-p", "t"], environment: ["COMPOSE_FILE": "/none"]).code == 0)
      let json = try bed.run("containr", ["status", "--json", Bed.file])
      let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
      let stacks = try #require(object["stacks"] as? [[String: Any]])
      #expect(json.code == 2 && stacks.count == 1 && stacks[0]["in_order"] as? Bool == false)
      #expect((stacks[0]["containers"] as? [Any])?.count == 2)
    }
  }

  @Test(
    "explained, a plan says the rule, the way of the value, what was compared and what follows, as text and as JSON")
  func explained() throws {
    try use { bed in
      try bed.up()
      try bed.sandbox.directory.write("LIMIT=96m\n", to: ".env")
      try bed.edit(
        "command: [sleep, \"100000\"]\n    stop_signal: SIGKILL\n    mem_limit",
        "command: [sleep, \"300000\"]\n    stop_signal: SIGKILL\n    mem_limit")
      let result = try bed.run("containr", ["plan", "--explain", Bed.file])
      #expect(result.code == 2)
      for words in [
        "mem_limit: 67108864 → 100663296   stack.yaml:7:16 (LIMIT from .env:1, through ${LIMIT})   in place\n",
        "        in place, because it is a value of the container's cgroup: the kernel takes a new one while the process runs\n",
        "        the new value comes from stack.yaml:7:16 (LIMIT from .env:1, through ${LIMIT})\n",
        "        compared with the applied plan in the record of container t-web-1\n",
        "        recreate, because it is what the process was born with: ", "      then: container t-app-1 (start)",
        "        restart, because 'depends_on' says that it starts again with what it depends on\n",
      ] { #expect(result.output.contains(words), "\(words)\n\(result.output)") }
      #expect(try bed.run("containr-up", ["--plan", "--explain", Bed.file]).output == result.output)
      #expect(try bed.run("containr-up", ["--explain", Bed.file]).code == 1)
      let json = try bed.run("containr", ["plan", "--explain", "--json", Bed.file])
      let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
      let changes = try #require(object["changes"] as? [[String: Any]])
      let reasons = changes.flatMap { $0["reasons"] as? [[String: Any]] ?? [] }
      #expect(reasons.allSatisfy { $0["why"] is String && $0["compared_with"] is String })
      #expect(Set(reasons.compactMap { $0["rule"] as? String }).isSuperset(of: ["limit", "born"]))
      #expect(changes.allSatisfy { $0["then"] is [Any] })
    }
  }
}
