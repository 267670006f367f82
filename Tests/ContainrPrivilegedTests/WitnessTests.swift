// What the supervisor hears of a container, and what a plan makes of it: nothing that moved is missed, whether the supervisor
// listens, is held up, or is gone.
import ContainrTestSupport
import Foundation
import Testing

@Suite("A supervisor that listens", .serialized, .asRoot)
struct WitnessTests {
  private static let stack = """
    services:
      web: {layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, mem_limit: 64m}
      app: {layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, pids_limit: 50}
      solo: {layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL}
    """
  private static let all = ["t-app-1", "t-solo-1", "t-web-1"]

  private func use(_ body: (Bed) throws -> Void) throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try bed.awaitStill("t-app-1", "t-solo-1", "t-web-1")
      try body(bed)
    }
  }

  /// At once for the one, and in a moment for those that something else on this host may have moved too.
  private func expectOnlyWebMoved(_ bed: Bed, sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try !bed.still().contains("t-web-1"), sourceLocation: sourceLocation)
    try bed.awaitStill("t-app-1", "t-solo-1")
    #expect(try !bed.still().contains("t-web-1"), sourceLocation: sourceLocation)
  }

  private func expectDrift(_ bed: Bed, _ words: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let plan = try bed.plan()
    #expect(plan.contains(words), "\(plan)", sourceLocation: sourceLocation)
    let before = try bed.pids()
    try bed.up()
    #expect(try bed.plan().hasPrefix("nothing to do"), sourceLocation: sourceLocation)
    #expect(try bed.pids() == before, sourceLocation: sourceLocation)
  }

  @Test(
    "a plan reads no limits, mounts or routes of containers that have not moved, and all of them where nobody listens")
  func reads() throws {
    try use { bed in
      let program = try BuiltPrograms.path("containr")
      func opened() throws -> [String] {
        let words = [
          "strace", "-f", "-qq", "-e", "trace=openat2", "-o", "\(bed.path)/trace", program, "plan", Bed.file,
        ]
        let plan = try bed.sandbox.runAsCaller(words)
        #expect(plan.code == 0 || plan.code == 2, "\(plan)")
        return try bed.read("trace").split(separator: "\n").map(String.init)
      }
      // What others do on this host may move all of them for a moment.
      try eventually("a plan reads none of it") {
        let heard = try opened().joined(separator: "\n")
        #expect(heard.contains("\"status\""))
        let reads = heard.contains("\"mountinfo\"") || heard.contains("\"net/route\"")
        return !reads && !heard.contains("memory.limit_in_bytes")
      }
      try bed.killSupervision()
      let alone = try opened()
      for name in ["\"mountinfo\"", "\"net/route\"", "memory.limit_in_bytes"] {
        #expect(alone.contains { $0.contains(name) }, "\(name)")
      }
    }
  }

  @Test("a plan lists the firewall only after somebody has changed a rule, be it one of another table")
  func firewall() throws {
    try use { bed in
      let program = try BuiltPrograms.path("containr")
      func lists() throws -> Bool {
        let words = ["strace", "-f", "-qq", "-e", "trace=openat", "-o", "\(bed.path)/trace", program, "plan", Bed.file]
        let plan = try bed.sandbox.runAsCaller(words)
        #expect(plan.code == 0, "\(plan)")
        return try bed.read("trace").contains("libnftables")
      }
      #expect(try !lists())
      _ = try bed.inside("nft add table ip stranger")
      #expect(try lists())
      _ = try bed.inside("nft delete table ip stranger")
      #expect(try lists())
      _ = try bed.inside("nft flush ruleset")
      #expect(try bed.plan().contains("firewall"))
      try bed.up()
      #expect(try !lists())
    }
  }

  @Test("a limit that is written from outside counts at once, and the container is still again after its repair")
  func limits() throws {
    try use { bed in
      try bed.setCgroup("memory", "web", "memory.limit_in_bytes", "\(96 << 20)")
      try expectOnlyWebMoved(bed)
      try expectDrift(bed, "memory.limit: 100663296 → 67108864 (drift)")
      try bed.awaitStill("t-app-1", "t-solo-1", "t-web-1")
      try bed.setCgroup("pids", "app", "pids.max", "max")
      try expectDrift(bed, "pids.limit: ")
    }
  }

  @Test(
    "devices that are taken away from the group above count for all below it",
    .notAsUser("device rules are root's"))
  func devices() throws {
    try use { bed in
      let above = URL(filePath: bed.cgroupDirectory("devices", "web")).deletingLastPathComponent().path
      try bed.shell("echo 'c 1:3 rwm' > \(above)/devices.deny")
      #expect(try bed.still().isEmpty)
      let plan = try bed.plan()
      #expect(plan.contains("devices: "), "\(plan)")
      try bed.shell("echo 'c 1:3 rwm' > \(above)/devices.allow")
      try bed.up()
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("a supervisor that is held up is not waited for: the plan looks for itself")
  func heldUp() throws {
    try use { bed in
      let supervisor = try #require(try bed.supervisor())
      kill(supervisor, SIGSTOP)
      defer { kill(supervisor, SIGCONT) }
      // More than its socket takes: a connection that nobody accepts must not hold up the next plan.
      for _ in 0..<20 { #expect(try bed.plan().hasPrefix("nothing to do")) }
      try bed.setCgroup("memory", "web", "memory.limit_in_bytes", "\(96 << 20)")
      #expect(try bed.plan().contains("memory.limit: "))
      // It answers all who did not wait, and goes on.
      kill(supervisor, SIGCONT)
      try eventually("it has answered") { try bed.still() == ["t-app-1", "t-solo-1"] }
      #expect(try bed.supervisor() == supervisor)
    }
  }

  @Test("a container is not still while nothing is written down of its start, and is looked at again without a word")
  func lateRecord() throws {
    try use { bed in
      // Neither a link nor a removal is told to the supervisor.
      let (state, kept) = ("\(bed.path)/run/containers/t-web-1/state", "\(bed.path)/run/state")
      #expect(link(state, kept) == 0 && unlink(state) == 0)
      try bed.setCgroup("memory", "web", "memory.limit_in_bytes", "\(64 << 20)")
      try expectOnlyWebMoved(bed)
      usleep(500_000)
      try expectOnlyWebMoved(bed)
      #expect(link(kept, state) == 0 && unlink(kept) == 0)
      try bed.awaitStill("t-web-1")
    }
  }

  @Test(
    "a container that cannot be listened for yet, as its links are still to come, is listened for once they are there")
  func lateLinks() throws {
    try use { bed in
      try bed.killSupervision()
      let link = try #require(try bed.hostLinks("web").first)
      for words in ["\(link) down", "\(link) name hidden"] { try bed.inside("ip link set \(words)") }
      try bed.supervise("3>/dev/null")
      try bed.awaitStill("t-app-1", "t-solo-1")
      try expectOnlyWebMoved(bed)
      for words in ["hidden name \(link)", "\(link) up"] { try bed.inside("ip link set \(words)") }
      try bed.awaitStill("t-web-1")
    }
  }

  @Test("a container that joins a network, and one that starts again, are listened to anew")
  func anew() throws {
    try use { bed in
      let old = try bed.pid("web")
      kill(old, SIGKILL)
      try bed.wait("web", "exited")
      try expectOnlyWebMoved(bed)
      try bed.up()
      try bed.awaitStill("t-app-1", "t-solo-1", "t-web-1")
      try run("nsenter", ["-t", "\(try bed.pid("web"))", "-n", "ip", "route", "delete", "default"]).succeeding()
      try expectOnlyWebMoved(bed)
      try expectDrift(bed, "its default route via ")
      try bed.edit("mem_limit: 64m", "mem_limit: 64m, networks: [default, side]")
      try bed.edit("services:", "networks: {side: }\nservices:")
      try bed.up()
      try bed.awaitStill("t-app-1", "t-solo-1", "t-web-1")
      try run("nsenter", ["-t", "\(try bed.pid("web"))", "-n", "ip", "link", "set", "eth1", "down"]).succeeding()
      try expectDrift(bed, "its interface eth1 on network side is down")
    }
  }
}
