// Containers of services that left the file.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Orphans of a stack", .serialized, .asRoot)
struct OrphanTests {
  private static let stack = """
    services:
      a: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
      b:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
        networks: [side, default]
        ports: ["8081:80"]
    networks: { default: { internal: true }, side: { internal: true } }
    """
  private static let alone = """
    services:
      a: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
    networks: { default: { internal: true } }
    """

  private func use(_ body: (Bed) throws -> Void) throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try bed.write(Self.alone)
      try body(bed)
    }
  }

  @Test(
    "stay with their networks and are named by plan and up; --remove-orphans takes them, their network and nothing else"
  )
  func keptAndRemoved() throws {
    try use { bed in
      let pids = try bed.pids()
      let plan = try bed.run("containr", ["plan", Bed.file])
      #expect(plan.code == 0 && plan.output.contains("orphan: container t-b-1 stays"), "\(plan)")
      let up = try bed.up()
      #expect(up.output.contains("orphan: container t-b-1 stays"), "\(up)")
      #expect(try bed.pids() == pids)
      let asked = try bed.run("containr", ["plan", "--remove-orphans", Bed.file])
      #expect(asked.code == 2 && asked.output.contains("-   container t-b-1   remove"), "\(asked)")
      #expect(asked.output.contains("-   network t_side   remove"), "\(asked)")
      try bed.up("--remove-orphans")
      #expect(try bed.pids() == ["a-1": pids["a-1"]])
      #expect(try bed.plan() == "nothing to do: 1 container matches\n")
    }
  }

  @Test("COMPOSE_REMOVE_ORPHANS removes them, --no-remove-orphans is stronger, COMPOSE_IGNORE_ORPHANS is silent")
  func environment() throws {
    try use { bed in
      let ignored = try bed.run("containr", ["plan", Bed.file], environment: ["COMPOSE_IGNORE_ORPHANS": "true"])
      #expect(ignored.code == 0 && !ignored.output.contains("orphan"), "\(ignored)")
      let both = try bed.tryUp(["--remove-orphans"], environment: ["COMPOSE_IGNORE_ORPHANS": "1"])
      #expect(both.code == 1 && both.errors.contains("cannot be removed and ignored"), "\(both)")
      let kept = try bed.tryUp(["--no-remove-orphans"], environment: ["COMPOSE_REMOVE_ORPHANS": "1"])
      #expect(kept.code == 0 && kept.output.contains("orphan: container t-b-1"), "\(kept)")
      #expect(try bed.pids().count == 2)
      try bed.tryUp(environment: ["COMPOSE_REMOVE_ORPHANS": "1"]).succeeding()
      #expect(try bed.pids().count == 1)
    }
  }

  @Test("that hold a port or stand on a network that has to be made again are told before anything is changed")
  func inTheWay() throws {
    try use { bed in
      let pids = try bed.pids()
      try bed.edit("stop_signal: SIGKILL }", "stop_signal: SIGKILL, ports: [\"8081:80\"] }")
      let port = try bed.tryUp()
      #expect(port.code == 2 && port.errors.contains("8081/tcp is taken by b of stack t"), "\(port)")
      try bed.write(
        Self.alone.replacingOccurrences(
          of: "{ internal: true }", with: "{ internal: true, ipam: { config: [{ subnet: 10.123.7.0/24 }] } }"))
      let network = try bed.tryUp()
      #expect(
        network.code == 2 && network.errors.contains("are on it: t-b-1") && network.errors.contains("--remove-orphans"),
        "\(network)")
      #expect(try bed.pids() == pids)
      try bed.up("--remove-orphans")
      #expect(try bed.pids().count == 1)
    }
  }

  @Test("go with the stack, and what other stacks made never is one")
  func down() throws {
    try use { bed in
      try bed.sandbox.directory.write(
        "name: t-b\nservices:\n  x: { layers: [./base], command: [sleep, \"1000\"], stop_signal: SIGKILL }\n",
        to: "other.yaml")
      try bed.run("containr-up", ["-d", "other.yaml"]).succeeding()
      let plan = try bed.run("containr", ["plan", "--remove-orphans", Bed.file]).output
      #expect(plan.contains("t-b-1") && !plan.contains("t-b-x-1"), "\(plan)")
      try bed.down("--remove-orphans")
      let rows = try bed.run("containr", ["ps", "--all-stacks", "-q"]).succeeding().output
      #expect(rows == "t-b-x-1\n", "\(rows)")
      try bed.run("containr-down", ["other.yaml"]).succeeding()
    }
  }

  @Test("a service whose profile is not active any more is left alone")
  func profiles() throws {
    let stack = """
      services:
        a: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
        debug: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, profiles: [x] }
      """
    try Bed.use(stack) { bed in
      try bed.up("--profile", "x")
      let pids = try bed.pids()
      #expect(pids.count == 2)
      #expect(try bed.plan() == "nothing to do: 1 container matches\n")
      try bed.up("--remove-orphans")
      #expect(try bed.pids() == pids)
    }
  }
}
