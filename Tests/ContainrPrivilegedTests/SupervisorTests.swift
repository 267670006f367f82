// The supervisor beside those who start it, kill it, and kill what it watches.
import ContainrTestSupport
import Foundation
import Testing

@Suite("A supervisor", .serialized, .asRoot)
struct SupervisorTests {
  private static let pair = """
    services:
      web: {layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL}
      app: {layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL}
    """

  @Test("a supervisor whose starter was killed supervises all the same, and a second one leaves it to the first")
  func orphaned() throws {
    try Bed.use(Self.pair) { bed in
      try bed.up()
      try bed.killSupervision()
      // Nobody has the other end of its pipe any more.
      try bed.supervise("3> >(exec true)")
      try bed.awaitStill("t-app-1", "t-web-1")
      let first = try #require(try bed.supervisor())
      let second = try bed.sandbox.runInShell("\(BuiltPrograms.path("containr")) supervise t 3>/dev/null")
      #expect(second.code != 0 && second.errors.contains("is supervised already"), "\(second)")
      #expect(try bed.supervisor() == first)
      try bed.awaitStill("t-app-1", "t-web-1")
    }
  }

  @Test(
    "a supervisor that is killed while a container becomes healthy is followed by another one, and the wait goes on")
  func replaced() throws {
    let stack = """
      services:
        web:
          layers: [./base]
          volumes: ["./out:/out"]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          healthcheck: { test: [CMD, test, -f, /out/well], interval: 1s, start_interval: 50ms, start_period: 60s }
      """
    try Bed.use(stack) { bed in
      let up = try bed.sandbox.start("containr-up", ["-d", "-y", "--wait", Bed.file])
      var killed: [Int32] = []
      for _ in 0..<2 {
        try eventually("it is probed") {
          guard bed.exists("run/stacks/t/health/t-web-1"), let pid = try bed.supervisor() else { return false }
          return !killed.contains(pid)
        }
        let pid = try #require(try bed.supervisor())
        kill(pid, SIGKILL)
        killed.append(pid)
      }
      try bed.sandbox.directory.write("", to: "out/well")
      let result = up.wait()
      #expect(result.code == 0, "\(result)")
      #expect(try bed.supervisor().map(killed.contains) == false)
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("a supervisor whose keeper was killed is replaced by the next up, with a keeper, and no container is touched")
  func unkept() throws {
    try Bed.use(Self.pair) { bed in
      try bed.up()
      let (pids, supervisor, keeper) = (
        try bed.pids(), try #require(try bed.supervisor()), try #require(try bed.keeper())
      )
      #expect(try bed.plan().hasPrefix("nothing to do"))
      kill(keeper, SIGKILL)
      try eventually("the keeper is gone") { kill(keeper, 0) != 0 || isZombie(keeper) }
      #expect(try bed.plan().contains("nobody would start it again: its keeper has ended"))
      try bed.up()
      let next = try #require(try bed.keeper())
      #expect(next != keeper)
      #expect(try bed.supervisor() != supervisor && bed.pids() == pids)
      #expect(try bed.plan().hasPrefix("nothing to do"))
      // And it is kept.
      let kept = try #require(try bed.supervisor())
      kill(kept, SIGKILL)
      try eventually("another one is there") { try bed.supervisor().map { $0 != kept } ?? false }
    }
  }

  @Test("a frozen container whose shim was killed is waited for, and started again when it has ended")
  func frozen() throws {
    try Bed.use(Self.pair.replacingOccurrences(of: "stop_signal: SIGKILL", with: "restart: always")) { bed in
      try bed.up()
      let (pid, supervisor) = (try bed.pid("web"), try #require(try bed.supervisor()))
      // A frozen process of v1 dies when it goes on; one of v2 at once, and its group with it.
      let directory = bed.cgroupDirectory("freezer", "web")
      let (freeze, thaw) =
        Bed.isUnified
        ? ("echo 1 > \(directory)/cgroup.freeze", "true")
        : ("echo FROZEN > \(directory)/freezer.state", "echo THAWED > \(directory)/freezer.state")
      try bed.shell(freeze)
      kill(try bed.shim(of: pid), SIGKILL)
      usleep(500_000)
      #expect(try bed.supervisor() == supervisor)
      if !Bed.isUnified { #expect(kill(pid, 0) == 0, "it is not dead yet, and nobody has started another one") }
      try bed.shell(thaw)
      try eventually("another one runs") {
        let row = try bed.container("web")
        return row.state == "running" && row.pid != pid
      }
      #expect(try bed.supervisor() == supervisor)
    }
  }

  @Test("a supervisor that cannot write what it has to goes on, and all is well once it can")
  func noRoom() throws {
    let stack = """
      services:
        web:
          layers: [./base]
          command: [sleep, "100000"]
          restart: always
          healthcheck: { test: [CMD, "true"], interval: 1s, start_interval: 50ms, start_period: 5s }
      """
    try Bed.use(stack) { bed in
      try bed.up("--wait")
      let (pid, supervisor) = (try bed.pid("web"), try #require(try bed.supervisor()))
      let health = "\(bed.path)/run/stacks/t/health"
      try bed.shell("rm -r \(health)")
      kill(pid, SIGKILL)
      usleep(1_500_000)
      #expect(try bed.supervisor() == supervisor)
      try bed.shell("mkdir \(health)")
      try eventually("it runs again, and is healthy") {
        let row = try bed.container("web")
        return row.state == "running" && row.pid != pid && row.health == "healthy"
      }
      #expect(try bed.supervisor() == supervisor)
    }
  }
}
