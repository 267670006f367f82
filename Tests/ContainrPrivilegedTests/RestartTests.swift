// Restarts by the supervisor: of what has ended, by the policy in full, and of what is unhealthy.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Restarts", .serialized, .asRoot)
struct RestartTests {
  /// Well until its file is taken away.
  private static let fragile = """
    services:
      web:
        layers: [./base]
        command: [sh, -c, "touch /tmp/well; exec sleep 100000"]
        stop_signal: SIGKILL
        healthcheck: {test: [CMD, test, -e, /tmp/well], interval: 100ms, retries: 2}
        x-containr: {on-unhealthy: restart}
    """

  private func lines(_ bed: Bed, _ action: String) throws -> [String] {
    let words = ["events", "-f", Bed.file, "--since", "1h", "--until", "0s", "--filter", "event=\(action)"]
    return try bed.run("containr", words).succeeding().output.split(separator: "\n").map(String.init)
  }

  /// Of a file that is replaced whenever it is written.
  private func inode(_ bed: Bed, _ path: String) throws -> UInt64? {
    try FileManager.default.attributesOfItem(atPath: "\(bed.path)/\(path)")[.systemFileNumber] as? UInt64
  }

  private func makeUnwell(_ bed: Bed) throws {
    try bed.run("containr", ["exec", "-f", Bed.file, "web", "rm", "/tmp/well"]).succeeding()
  }

  private func awaitAnother(_ bed: Bed, than pid: Int32) throws {
    try eventually("another one runs and is healthy") {
      let row = try bed.container("web")
      return row.state == "running" && row.pid != pid && row.health == "healthy"
    }
  }

  @Test("one that becomes unhealthy is ended and started again, and the event says why; well again, it is left alone")
  func unhealthy() throws {
    try Bed.use(Self.fragile) { bed in
      try bed.up("--wait")
      let pid = try bed.pid("web")
      #expect(try lines(bed, "restart").isEmpty)
      try makeUnwell(bed)
      try awaitAnother(bed, than: pid)
      // Between the start and its event.
      try eventually("the restart is told") { try lines(bed, "restart").count == 1 }
      let told = try lines(bed, "restart")
      #expect(told.allSatisfy { $0.contains("t-web-1") && $0.contains("reason=unhealthy") }, "\(told)")
      #expect(try lines(bed, "stop").count == 1)
      #expect(try bed.plan().hasPrefix("nothing to do"))
      // In place: nothing of the process changes.
      let second = try bed.pid("web")
      try bed.edit("on-unhealthy: restart", "on-unhealthy: none")
      #expect(try bed.plan().contains("x-containr.on-unhealthy: restart →"))
      try bed.up()
      try makeUnwell(bed)
      try eventually("it is unhealthy") { try bed.container("web").health == "unhealthy" }
      try bed.edit("on-unhealthy: none", "on-unhealthy: restart")
      #expect(try bed.pid("web") == second)
      try bed.up()
      try awaitAnother(bed, than: second)
    }
  }

  @Test("a supervisor that is killed after it has ended an unhealthy one is followed by one that starts it")
  func killedBetween() throws {
    try Bed.use(Self.fragile) { bed in
      try bed.up("--wait")
      let pid = try bed.pid("web")
      try bed.killSupervision()
      try bed.supervise("3>/dev/null", environment: ["CONTAINR_FAILPOINT": "unhealthy:t-web-1:stopped"])
      try makeUnwell(bed)
      try eventually("the supervisor has died in between") { try bed.supervisor() == nil }
      #expect(try bed.container("web").state == "exited")
      try bed.supervise("3>/dev/null")
      try awaitAnother(bed, than: pid)
      try eventually("the restart is told") { try lines(bed, "restart").count == 1 }
      #expect(try lines(bed, "restart").allSatisfy { $0.contains("reason=unhealthy") })
      // This supervisor had no keeper, which a plan tells.
      try bed.up()
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("one that starts do not help is left as it is after max_attempts")
  func givenUp() throws {
    let stack = """
      services:
        web:
          layers: [./base]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          healthcheck: {test: [CMD, "false"], interval: 100ms, retries: 1}
          deploy: {restart_policy: {condition: on-failure, max_attempts: 2}}
          x-containr: {on-unhealthy: restart}
      """
    try Bed.use(stack) { bed in
      try bed.up()
      try eventually("it is given up") {
        try bed.read("run/stacks/t/supervisor.log").contains("stays as it is after 2")
      }
      #expect(try lines(bed, "restart").count == 2)
      let row = try bed.container("web")
      #expect(row.state == "running" && row.health == "unhealthy", "\(row)")
      try eventually("it is told") { try lines(bed, "give_up").count == 1 }
      #expect(try lines(bed, "give_up")[0].contains("reason=unhealthy, attempts=2"))
      let shown = "running, unhealthy, given up after 2 starts"
      #expect(try bed.run("containr", ["ps", "-p", "t"]).output.contains(shown))
      // Another supervisor knows of it, and does not tell it again.
      let pid = try #require(try bed.supervisor())
      kill(pid, SIGKILL)
      try eventually("another one is there") { try bed.supervisor().map { $0 != pid } ?? false }
      for probe in 1...2 {
        let health = try inode(bed, "run/stacks/t/health/t-web-1")
        try eventually("it has probed, \(probe)") { try inode(bed, "run/stacks/t/health/t-web-1") != health }
      }
      #expect(try lines(bed, "give_up").count == 1 && lines(bed, "restart").count == 2)
      #expect(try bed.run("containr", ["ps", "-p", "t"]).output.contains(shown))
      #expect(try bed.pid("web") == row.pid)
      // Begun anew it has all of its starts again.
      try bed.run("containr", ["restart", "-f", Bed.file]).succeeding()
      try eventually("it is given up once more") { try lines(bed, "give_up").count == 2 }
    }
  }

  @Test(
    "who shares a container's IPC namespace is started again with it, whoever is killed meanwhile, whatever its policy says",
    arguments: ["restart:t-base-1:started", "sharer:t-guest-1:stopped"])
  func sharers(point: String) throws {
    let stack = """
      x-some: &some {layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL}
      services:
        base: {<<: *some, restart: always}
        guest: {<<: *some, ipc: "service:base"}
      """
    try Bed.use(stack) { bed in
      try bed.up()
      let guest = try bed.pid("guest")
      try bed.killSupervision()
      try bed.supervise("3>/dev/null", environment: ["CONTAINR_FAILPOINT": point])
      kill(try bed.pid("base"), SIGKILL)
      try eventually("the supervisor has died in between") { try bed.supervisor() == nil }
      let between = try bed.container("guest")
      #expect(point.hasPrefix("sharer") ? between.pid == nil : between.pid == guest, "\(between)")
      try bed.supervise("3>/dev/null")
      try eventually("it runs in the namespace that there is") {
        let pid = try bed.container("guest").pid
        return pid != nil && pid != guest && !bed.exists("run/stacks/t/health/t-guest-1.starting")
      }
      // This supervisor had no keeper, which a plan tells.
      try bed.up()
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("condition, delay and max_attempts are kept, whoever is killed meanwhile, and what is over stays over")
  func policy() throws {
    let stack = """
      services:
        job:
          layers: [./base]
          volumes: ["./out:/out"]
          command: [sh, -c, "read now rest < /proc/uptime; echo $$now >> /out/starts; exit 0"]
          deploy: {restart_policy: {condition: any, delay: 2s, max_attempts: 2}}
      """
    try Bed.use(stack) { bed in
      try bed.up()
      func starts() throws -> [Double] {
        bed.exists("out/starts") ? try bed.read("out/starts").split(separator: "\n").compactMap { Double($0) } : []
      }
      func killSupervisor() throws {
        let pid = try #require(try bed.supervisor())
        kill(pid, SIGKILL)
        try eventually("another one is there") { try bed.supervisor().map { $0 != pid } ?? false }
      }
      try eventually("it has run twice") { try starts().count == 2 }
      try eventually("its start has been counted") {
        let path = "run/stacks/t/health/t-job-1.restarts"
        return try bed.exists(path) && bed.read(path).hasPrefix("1 ")
      }
      try killSupervisor()
      #expect(try bed.run("containr", ["wait", "-f", Bed.file, "job"], timeout: 60).code == 0)
      let all = try starts()
      #expect(all.count == 3, "\(all)")
      for (former, later) in zip(all, all.dropFirst()) { #expect(later - former >= 1.9, "\(all)") }
      try killSupervisor()
      try bed.run("containr", ["wait", "-f", Bed.file, "job"]).succeeding()
      #expect(try starts().count == 3)
      #expect(try lines(bed, "give_up").map { $0.contains("reason=ended, attempts=2, exitCode=0") } == [true])
      #expect(try bed.run("containr", ["ps", "-p", "t"]).output.contains("exited (0), given up after 2 starts"))
      // By hand it begins anew, and so do its attempts.
      try bed.run("containr", ["start", "-f", Bed.file, "job"]).succeeding()
      try eventually("it has run three times more") { try starts().count == 6 }
      try bed.run("containr", ["wait", "-f", Bed.file, "job"]).succeeding()
      #expect(try starts().count == 6)
    }
  }
}
