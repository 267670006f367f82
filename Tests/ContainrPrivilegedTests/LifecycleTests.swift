// How containers end: codes and signals are recorded, zombies reaped, stop signals and grace periods kept, policies obeyed.
import ContainrTestSupport
import Foundation
import Testing

@Suite("The life of a container", .serialized, .asRoot)
struct LifecycleTests {
  @Test("exit codes and signals are recorded, also of what ends at once or cannot be started")
  func endings() throws {
    try Bed.use(
      """
      x-a: &a { layers: [./base], stop_signal: SIGKILL }
      services:
        zero: { <<: *a, command: ["true"] }
        three: { <<: *a, command: [sh, -c, "exit 3"] }
        crash: { <<: *a, command: [probe, crash] }
        killed: { <<: *a, command: [sleep, "100000"] }
      """
    ) { bed in
      try Probe.install(into: bed.path + "/base")
      try bed.up()
      #expect(try bed.wait("zero", "exited").exitCode == 0)
      #expect(try bed.wait("three", "exited").exitCode == 3)
      #expect(try bed.wait("crash", "exited").exitCode == 139)
      kill(try bed.pid("killed"), SIGKILL)
      let killed = try bed.wait("killed", "exited")
      #expect(killed.exitCode == 137 && !killed.outOfMemory && killed.pid == nil)
      let plan = try bed.plan()
      #expect(!plan.contains("t-zero-1"), "a job that is done is done: \(plan)")
      #expect(plan.contains("t-three-1") && plan.contains("exit code 3"), "\(plan)")
      #expect(plan.contains("t-killed-1") && plan.contains("signal 9"), "\(plan)")
      for (name, code) in [("three", "3"), ("crash", "139")] {
        #expect(
          try bed.run("containr", ["ps", "-p", "t"]).output.split(separator: "\n").contains {
            $0.contains(name) && $0.contains("(\(code))")
          })
      }
    }
  }

  @Test("a program that cannot run fails the start with its name, the others start, and the next up goes on")
  func noProgram() throws {
    try Bed.use(
      """
      services:
        bad:
          layers: [./base]
          command: [/bin/garbage]
        good: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
        later: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, depends_on: [bad] }
      """
    ) { bed in
      try bed.sandbox.directory.write("no program at all", to: "base/bin/garbage", mode: 0o755)
      let up = try bed.tryUp()
      #expect(up.code == 4, "\(up)")
      #expect(up.errors.contains("/bin/garbage") && up.errors.contains("t-bad-1"), "\(up)")
      #expect(try bed.container("good").state == "running")
      #expect(try bed.ps().allSatisfy { $0.service != "later" || $0.state != "running" })
      try bed.edit("/bin/garbage", "/bin/true")
      try bed.up()
      #expect(try bed.container("later").state == "running")
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("orphans become the first process's children and do not pile up as zombies of ours")
  func zombies() throws {
    try Bed.use(
      """
      services:
        a:
          layers: [./base]
          volumes: ["./out:/out"]
          command: [sh, -c, "probe orphans 50; sleep 0.5; { ps -o stat | grep -c Z; echo END; } > /out/a; sleep 100000"]
          stop_signal: SIGKILL
      """
    ) { bed in
      try Probe.install(into: bed.path + "/base")
      try bed.up()
      // busybox sh as process 1 reaps its own; the shim's only child is that process.
      _ = try bed.output("a")
      let shim = try bed.shim(of: try bed.pid("a"))
      let states = try bed.shell("ps -o stat= --ppid \(shim)")
      #expect(!states.contains("Z"), "\(states)")
      let keeper = try #require(try bed.keeper())
      kill(try bed.pid("a"), SIGKILL)
      try bed.wait("a", "exited")
      // Its end is this host's first process's to hear of, if nobody else has.
      for pid in [shim, keeper, try #require(try bed.supervisor())] {
        try eventually("nothing of \(pid) waits to be heard of") {
          try bed.shell("ps -o ppid=,stat= --pid \(pid) --ppid \(pid) | grep Z | grep -vE '^ *1 ' || true") == ""
        }
      }
    }
  }

  @Test("the stop signal of the file is sent, and what the program says at its end is logged")
  func stopSignal() throws {
    try Bed.use(
      """
      services:
        a:
          layers: [./base]
          stop_signal: SIGUSR1
          stop_grace_period: 100s
          volumes: ["./out:/out"]
          command: [sh, -c, "trap 'echo said goodbye; echo bye > /out/a; exit 7' USR1; echo ready; while :; do sleep 0.05; done"]
      """
    ) { bed in
      try bed.up()
      try eventually("it is ready") { try bed.run("containr", ["logs", "-p", "t"]).output.contains("ready") }
      let start = Date()
      try bed.down()
      #expect(Date().timeIntervalSince(start) < 50 * TestPace.factor, "half of its patience")
      #expect(try bed.read("out/a") == "bye\n")
    }
  }

  @Test("dependents stop before what they depend on, and start after it")
  func order() throws {
    let service = """
          layers: [./base]
          volumes: ["./out:/out"]
          stop_grace_period: 100s
          command: [sh, -c, "trap 'sleep 0.2; echo stop $$NAME >> /out/order; exit 0' TERM; echo start $$NAME >> /out/order; while :; do sleep 0.05; done"]
      """
    try Bed.use(
      """
      services:
        a:
      \(service)
          environment: { NAME: a }
          healthcheck: { test: [CMD, grep, -q, "start a", /out/order], interval: 1s, start_interval: 50ms, start_period: 60s }
        b:
      \(service)
          environment: { NAME: b }
          depends_on: { a: { condition: service_healthy } }
          healthcheck: { test: [CMD, grep, -q, "start b", /out/order], interval: 1s, start_interval: 50ms, start_period: 60s }
        c:
      \(service)
          environment: { NAME: c }
          depends_on: { b: { condition: service_healthy } }
          healthcheck: { test: [CMD, grep, -q, "start c", /out/order], interval: 1s, start_interval: 50ms, start_period: 60s }
      """
    ) { bed in
      try bed.up("--wait")
      try bed.down()
      #expect(try bed.read("out/order") == "start a\nstart b\nstart c\nstop c\nstop b\nstop a\n")
    }
  }

  @Test("restart policies: on-failure a number of times, always also after success, no not at all")
  func restarts() throws {
    let count = "echo x >> /out/$$NAME; sleep 0.1;"
    try Bed.use(
      """
      x-a: &a { layers: [./base], volumes: ["./out:/out"], stop_signal: SIGKILL }
      services:
        failing: { <<: *a, environment: { NAME: failing }, restart: "on-failure:2", command: [sh, -c, "\(count) exit 1"] }
        always: { <<: *a, environment: { NAME: always }, restart: always, command: [sh, -c, "\(count) [ $$(wc -l < /out/always) -lt 3 ] || sleep 100000"] }
        once: { <<: *a, environment: { NAME: once }, restart: on-failure, command: [sh, -c, "\(count) exit 0"] }
        never: { <<: *a, environment: { NAME: never }, command: [sh, -c, "\(count) exit 1"] }
      """
    ) { bed in
      try bed.up()
      try eventually("always runs for the third time") { try bed.read("out/always") == "x\nx\nx\n" }
      try eventually("failing was started three times") { try bed.read("out/failing") == "x\nx\nx\n" }
      usleep(1_000_000)
      #expect(try bed.read("out/failing") == "x\nx\nx\n")
      #expect(try bed.read("out/once") == "x\n")
      #expect(try bed.read("out/never") == "x\n")
      #expect(try bed.container("always").state == "running")
      try eventually("its third life is over") { try bed.container("failing").exitCode == 1 }
      #expect(try bed.read("out/failing") == "x\nx\nx\n")
    }
  }

  @Test("logs keep what containers wrote, with both streams and long lines; exec and run pass codes on")
  func logsExecRun() throws {
    try Bed.use(
      """
      services:
        a:
          layers: [./base]
          command: [sh, -c, "echo out; echo err >&2; seq 1 5000 | tr '\\\\n' ' '; echo; sleep 100000"]
          stop_signal: SIGKILL
          user: worker
          environment: { SEEN: "yes" }
        b: { layers: [./base], command: [printf, unfinished] }
      """
    ) { bed in
      try bed.up()
      var log = ""
      try eventually("everything is logged") {
        log = try bed.run("containr", ["logs", "-p", "t", "--no-log-prefix"]).succeeding().output
        return ["out\n", "err\n", "4998 4999 5000 \n", "unfinished"].allSatisfy(log.contains)
      }
      // Of one service alone: what another one says may stand anywhere between.
      let own = try bed.run("containr", ["logs", "-p", "t", "--no-log-prefix", "a"]).succeeding().output
      // Two pipes: of each its own order is kept, and no more.
      #expect(own.replacingOccurrences(of: "err\n", with: "").hasPrefix("out\n1 2 3 "), "\(own.prefix(100))")
      #expect(own.hasSuffix("4998 4999 5000 \n") || own.hasSuffix("4998 4999 5000 \nerr\n"), "\(own.suffix(100))")
      let prefixed = try bed.run("containr", ["logs", "-p", "t", "a"]).succeeding().output
      #expect(prefixed.contains("a-1") && prefixed.contains("| out"), "\(prefixed.prefix(100))")
      let exec = try bed.run(
        "containr",
        [
          "exec", "-p", "t", "a", "--", "sh", "-c",
          "id -u; echo $SEEN; grep -E '^(CapEff|NoNewPrivs|Seccomp:)' /proc/self/status; exit 9",
        ])
      #expect(exec.code == 9, "\(exec)")
      #expect(exec.output.hasPrefix("1000\nyes\n"), "\(exec)")
      #expect(exec.output.contains("CapEff:\t0000000000000000") && exec.output.contains("Seccomp:\t2"), "\(exec)")
      let before = try bed.sandbox.snapshot()
      let run = try bed.run(
        "containr", ["run", "--layer", "./base", "-e", "X=1", "-w", "/tmp", "--", "sh", "-c", "pwd; echo $X; exit 5"])
      #expect(run.code == 5 && run.output == "/tmp\n1\n", "\(run)")
      let killed = try bed.run(
        "containr", ["run", "--layer", "./base", "--", "sh", "-c", "sh -c 'kill -9 $$'; exit $?"])
      #expect(killed.code == 137, "\(killed)")
      let absent = try bed.run("containr", ["run", "--layer", "./base", "--", "/nonsense"])
      #expect(absent.code == 127 && absent.errors.contains("/nonsense"), "\(absent)")
      try bed.awaitNothingLeft("after the runs", since: before)
    }
  }
}
