// post_start and pre_stop: commands in a container, at its start and before its end.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Hooks", .serialized, .asRoot)
struct HookTests {
  private func containr(_ bed: Bed, _ words: String...) throws -> CommandResult {
    try bed.run("containr", [words[0], "-f", Bed.file] + words.dropFirst())
  }

  private func hooks(_ bed: Bed) throws -> [String] {
    let past = try containr(bed, "events", "--since", "1h", "--until", "0s", "--filter", "event=hook").succeeding()
    return past.output.split(separator: "\n").map(String.init)
  }

  private func lines(_ bed: Bed, _ name: String) throws -> [String] {
    bed.exists("out/\(name)") ? try bed.read("out/\(name)").split(separator: "\n").map(String.init) : []
  }

  private static let full = """
    services:
      web:
        layers: [./base]
        volumes: ["./out:/out"]
        environment: {A: one, B: two}
        command: [sh, -c, "trap 'echo signal > /out/signal; exit 0' TERM; while :; do sleep 0.05; done"]
        post_start:
          - command: [sh, -c, "echo $$A $$B $$PWD $$(id -u) > /out/first; echo said by a hook"]
            user: worker
            working_dir: /tmp
            environment: {B: three}
          - command: sh -c "test -e /out/first && grep CapEff /proc/self/status > /out/second"
            privileged: true
        pre_stop:
          - command: [sh, -c, "test ! -e /out/signal && echo one >> /out/end"]
          - command: [sh, -c, "test ! -e /out/signal && echo two >> /out/end"]

    """

  @Test(
    "commands run in order, as whom and where they are to, before the start is told done and before the stop signal")
  func inOrder() throws {
    try Bed.use(Self.full) { bed in
      let up = try bed.up()
      #expect(try bed.read("out/first") == "one three /tmp 1000\n")
      // All that this process may: more than a container's own.
      let rights = try bed.read("out/second").split(separator: "\t").last.flatMap { UInt64($0.dropLast(), radix: 16) }
      #expect(try #require(rights) & (1 << 21) != 0, "CAP_SYS_ADMIN")
      #expect((up.output + up.errors).contains("t-web-1 post_start: said by a hook"), "\(up)")
      let told = try hooks(bed)
      #expect(
        told.count == 2 && told[0].contains("hook=post_start, number=1, exitCode=0")
          && told[1].contains("number=2, exitCode=0"), "\(told)")
      #expect(try bed.plan().hasPrefix("nothing to do"))
      // What is done before the end is only written down; what is done at the start makes a new container.
      let pid = try bed.pid("web")
      try bed.edit("echo two >> /out/end", "echo three >> /out/end")
      #expect(try Set(bed.changes().map(\.effect)) == ["none", "in place"])
      try bed.up()
      #expect(try bed.pid("web") == pid)
      try bed.edit("said by a hook", "said by another hook")
      let changes = try bed.changes()
      #expect(changes.contains { $0.effect == "recreate" && $0.address == "container t-web-1" }, "\(changes)")
      #expect(changes.flatMap(\.reasons).contains { $0.path == "post_start.1.command" && $0.origin?.line == 9 })
      try bed.up()
      #expect(try bed.pid("web") != pid)
      #expect(try lines(bed, "end") == ["one", "three"])
      #expect(try lines(bed, "signal") == ["signal"])
      #expect(try hooks(bed).count == 6)
    }
  }

  @Test(
    "a command that fails at the start fails it: the container ends, who depends on it does not start, the next up goes on"
  )
  func failingStart() throws {
    let stack = """
      services:
        web:
          layers: [./base]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          post_start: [{command: [sh, -c, "echo no luck; exit 3"]}]
          pre_stop: [{command: [touch, /out/stopped]}]
          volumes: ["./out:/out"]
        app: {layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, depends_on: [web]}
      """
    try Bed.use(stack) { bed in
      let up = try bed.tryUp()
      #expect(up.code == 4, "\(up)")
      let words = "t-web-1: command 1 of post_start ended with exit code 3: no luck"
      #expect((up.output + up.errors).contains(words), "\(up)")
      #expect(try bed.container("web").state == "exited")
      #expect(try !bed.ps().contains { $0.service == "app" && $0.state == "running" })
      #expect(!bed.exists("out/stopped"), "what has not come to the end of its start is not taken leave of")
      #expect(try bed.plan().contains("its start was interrupted"))
      try bed.edit("exit 3", "exit 0")
      try bed.up()
      #expect(try bed.pids().count == 2)
      #expect(try bed.plan().hasPrefix("nothing to do"))
      // A program that is not there.
      try bed.edit("[sh, -c, \"echo no luck; exit 0\"]", "[nowhere]")
      let second = try bed.tryUp()
      #expect(second.code != 0 && (second.output + second.errors).contains("nowhere"), "\(second)")
    }
  }

  @Test("before an end commands have the grace period and no more, and one that fails keeps nobody from stopping")
  func withinGrace() throws {
    let stack = """
      services:
        slow:
          layers: [./base]
          command: [sleep, "100000"]
          stop_grace_period: 1s
          pre_stop: [{command: [sleep, "100000"]}, {command: [touch, /out/late]}]
          volumes: ["./out:/out"]
        bad:
          layers: [./base]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          pre_stop: [{command: [sh, -c, "echo it is over; exit 5"]}, {command: [touch, /out/second]}]
          volumes: ["./out:/out"]

      """
    try Bed.use(stack) { bed in
      try bed.up()
      let stop = try containr(bed, "stop").succeeding()
      let said = stop.output + stop.errors
      #expect(said.contains("t-slow-1: command 1 of pre_stop was ended: its time was over"), "\(stop)")
      #expect(said.contains("t-bad-1: command 1 of pre_stop ended with exit code 5: it is over"), "\(stop)")
      #expect(!bed.exists("out/late") && bed.exists("out/second"))
      #expect(try bed.ps().allSatisfy { $0.state == "stopped" })
      let told = try hooks(bed)
      #expect(told.contains { $0.contains("t-slow-1") && $0.contains("failure=time is over") }, "\(told)")
      #expect(told.contains { $0.contains("t-bad-1") && $0.contains("exitCode=5") }, "\(told)")
      // Without time nothing is run.
      try containr(bed, "start").succeeding()
      try FileManager.default.removeItem(atPath: bed.path + "/out/second")
      try containr(bed, "stop", "-t", "0").succeeding()
      #expect(!bed.exists("out/second"))
    }
  }

  private static let counting = """
    services:
      web:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
        restart: always
        volumes: ["./out:/out"]
        post_start:
          - command: [sh, -c, "test ! -e /out/bad && echo one >> /out/log"]
          - command: [sh, -c, "echo two >> /out/log"]

    """

  @Test("an up that is killed between two commands is no start: the next one makes the container again, and runs both")
  func killedUp() throws {
    try Bed.use(Self.counting) { bed in
      let died = try bed.tryUp(environment: ["CONTAINR_FAILPOINT": "hook:t-web-1:post_start.1"])
      #expect(died.code != 0, "\(died)")
      #expect(try lines(bed, "log") == ["one"])
      #expect(try bed.plan().contains("its start was interrupted"))
      try bed.up()
      #expect(try lines(bed, "log") == ["one", "one", "two"])
      #expect(try bed.plan().hasPrefix("nothing to do"))
      // Also where the container only starts again.
      try containr(bed, "stop").succeeding()
      let second = try bed.tryUp(environment: ["CONTAINR_FAILPOINT": "hook:t-web-1:post_start.1"])
      #expect(second.code != 0, "\(second)")
      try bed.up()
      #expect(try lines(bed, "log").suffix(3) == ["one", "one", "two"])
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("each start by the supervisor runs them; one that is killed before is followed by one that does")
  func supervised() throws {
    try Bed.use(Self.counting) { bed in
      try bed.up()
      kill(try bed.pid("web"), SIGKILL)
      try eventually("both were run again") { try lines(bed, "log") == ["one", "two", "one", "two"] }
      try bed.wait("web", "running")
      try bed.killSupervision()
      try bed.supervise("3>/dev/null", environment: ["CONTAINR_FAILPOINT": "hook:t-web-1:started"])
      kill(try bed.pid("web"), SIGKILL)
      try eventually("the supervisor has died in between") { try bed.supervisor() == nil }
      let pid = try bed.wait("web", "running").pid
      #expect(try lines(bed, "log").count == 4)
      try bed.supervise("3>/dev/null")
      try eventually("the start is brought to its end") {
        try lines(bed, "log").count == 6 && !bed.exists("run/stacks/t/health/t-web-1.starting")
      }
      // This supervisor had no keeper, which a plan tells.
      try bed.up()
      #expect(try bed.container("web").pid == pid, "it is the same process")
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("a command of a start by the supervisor that does not end keeps nobody from stopping the stack")
  func hanging() throws {
    let stack = Self.counting.replacingOccurrences(
      of: "test ! -e /out/bad && echo one >> /out/log",
      with: "if test -e /out/hang; then touch /out/hangs; sleep 100000; fi; echo one >> /out/log")
    try Bed.use(stack) { bed in
      try bed.up()
      try bed.sandbox.directory.write("", to: "out/hang")
      kill(try bed.pid("web"), SIGKILL)
      try eventually("its command hangs") { bed.exists("out/hangs") }
      try containr(bed, "stop").succeeding()
      #expect(try bed.container("web").state == "stopped")
      try eventually("that is told") {
        try bed.read("run/stacks/t/supervisor.log").contains("command 1 of post_start ended with the container")
      }
      try FileManager.default.removeItem(atPath: bed.path + "/out/hang")
      try containr(bed, "start").succeeding()
      try eventually("both were run") { try lines(bed, "log") == ["one", "two", "one", "two"] }
      #expect(try bed.plan().hasPrefix("nothing to do"))
      // Made again meanwhile, the new one runs its own, and the old one's ends with it.
      try bed.sandbox.directory.write("", to: "out/hang")
      try FileManager.default.removeItem(atPath: bed.path + "/out/hangs")
      kill(try bed.pid("web"), SIGKILL)
      try eventually("its command hangs") { bed.exists("out/hangs") }
      try FileManager.default.removeItem(atPath: bed.path + "/out/hang")
      try bed.up("--force-recreate")
      #expect(try lines(bed, "log").suffix(2) == ["one", "two"])
      try bed.wait("web", "running")
      #expect(try bed.plan().hasPrefix("nothing to do") && lines(bed, "log").count == 6)
    }
  }

  @Test("of starts that were cut each is brought to its end by itself: one whose command hangs holds up no other")
  func cutTogether() throws {
    func service(_ name: String) -> String {
      """
        \(name):
          layers: [./base]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          restart: always
          volumes: ["./out:/out"]
          post_start:
            - command: [sh, -c, "if test -e /out/hang-\(name); then touch /out/hangs-\(name); sleep 100000; fi; echo x >> /out/log-\(name)"]

      """
    }
    try Bed.use("services:\n" + service("a") + service("b")) { bed in
      try bed.up()
      for name in ["a", "b"] {
        try bed.sandbox.directory.write("", to: "out/hang-\(name)")
        kill(try bed.pid(name), SIGKILL)
        try eventually("the command of \(name) hangs") { bed.exists("out/hangs-\(name)") }
      }
      try bed.killSupervision()
      for file in ["hangs-a", "hangs-b", "hang-b"] {
        try FileManager.default.removeItem(atPath: bed.path + "/out/" + file)
      }
      try bed.supervise("3>/dev/null")
      try eventually("that of a hangs again, and b's start is done") {
        try bed.exists("out/hangs-a") && lines(bed, "log-b").count == 2
          && !bed.exists("run/stacks/t/health/t-b-1.starting")
      }
      #expect(try lines(bed, "log-a").count == 1)
    }
  }

  @Test("a start by the supervisor that fails for a command is tried again by the policy")
  func triedAgain() throws {
    try Bed.use(Self.counting.replacingOccurrences(of: "restart: always", with: "restart: on-failure")) { bed in
      try bed.up()
      try bed.sandbox.directory.write("", to: "out/bad")
      kill(try bed.pid("web"), SIGKILL)
      try eventually("it has failed more than once") {
        try bed.read("run/stacks/t/supervisor.log").components(separatedBy: "command 1 of post_start ended").count > 2
      }
      try FileManager.default.removeItem(atPath: bed.path + "/out/bad")
      try eventually("it runs, and both were run") { try lines(bed, "log") == ["one", "two", "one", "two"] }
      try bed.wait("web", "running")
    }
  }
}
