// What happens to a host in its life: lost records, lost run directories, layers that were built anew, layers that
// mean harm, mounts that come along.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Trouble", .serialized, .asRoot)
struct TroubleTests {
  private static let stack = """
    services:
      a:
        layers: [./base.tar]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
        ports: ["8080:80"]
      b: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
    # What a setting of the uplink was before is in the records alone; an internal network needs none.
    networks: { default: { internal: true } }
    """

  private func use(_ body: (Bed) throws -> Void) throws {
    try Bed.use { bed in
      try BaseLayer.pack(bed.path + "/base", into: bed.path + "/base.tar")
      try bed.write(Self.stack)
      try bed.up()
      try body(bed)
    }
  }

  private func expectRepaired(_ bed: Bed) throws {
    #expect(!(try bed.plan()).hasPrefix("nothing to do"))
    try bed.up()
    let plan = try bed.plan()
    #expect(plan.hasPrefix("nothing to do"), "\(plan)")
    #expect(try bed.pids().count == 2)
  }

  @Test("an archive that was built anew makes its containers new, with both digests in the plan; the others stay")
  func changedArchive() throws {
    try use { bed in
      let pids = try bed.pids()
      try bed.sandbox.directory.write("second\n", to: "base/etc/edition")
      try BaseLayer.pack(bed.path + "/base", into: bed.path + "/base.tar")
      let plan = try bed.plan()
      #expect(plan.contains("-/+ container t-a-1") && plan.contains("layer base.tar: sha256:"), "\(plan)")
      try bed.up()
      let after = try bed.pids()
      #expect(after["b-1"] == pids["b-1"] && after["a-1"] != pids["a-1"])
      let exec = try bed.run("containr", ["exec", "-p", "t", "a", "--", "cat", "/etc/edition"])
      #expect(exec.output == "second\n", "\(exec)")
      // Touched is not changed.
      try run("touch", [bed.path + "/base.tar"]).succeeding()
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("lost records: the next up clears what nobody knows any more and begins anew")
  func lostRecords() throws {
    try use { bed in
      try FileManager.default.removeItem(atPath: bed.sandbox.stateDirectory)
      try expectRepaired(bed)
    }
  }

  @Test("lost records: down alone leaves nothing either")
  func lostRecordsDown() throws {
    try use { bed in
      try FileManager.default.removeItem(atPath: bed.sandbox.stateDirectory)
      try bed.run("containr-down", ["-p", "t"]).succeeding()
      bed.expectNothingLeft()
    }
  }

  @Test("a lost run directory: everything is found dead, nothing of the old world lives on, up makes it new")
  func lostRunDirectory() throws {
    try use { bed in
      let pids = try bed.pids()
      let supervisor = try #require(try bed.supervisor())
      try FileManager.default.removeItem(atPath: bed.sandbox.runDirectory)
      try eventually("the old supervisor ends") { kill(supervisor, 0) != 0 || isZombie(supervisor) }
      try expectRepaired(bed)
      for pid in pids.values { try eventually("\(pid) is gone") { kill(pid, 0) != 0 || isZombie(pid) } }
    }
  }

  @Test("processors that this host does not have are refused with the place, before anything starts")
  func cpuset() throws {
    try Bed.use("services:\n  a: { layers: [./base], command: [sleep, \"1\"], cpuset: \"999\" }\n") { bed in
      let up = try bed.tryUp()
      #expect(up.code == 2 && up.errors.contains("999") && up.errors.contains("--> stack.yaml:3:"), "\(up)")
      bed.expectNothingLeft()
    }
  }

  @Test("with x-containr.limits: best-effort they are a warning with the place, and other limits are in force")
  func bestEffort() throws {
    try Bed.use(
      """
      x-containr: {limits: best-effort}
      services:
        a:
          layers: [./base]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          cpuset: "999"
          pids_limit: 20

      """
    ) { bed in
      let up = try bed.tryUp()
      #expect(up.code == 0 && up.errors.contains("warning[limit-unavailable]"), "\(up)")
      #expect(up.errors.contains("--> stack.yaml:8:") && !up.errors.contains("pids_limit"), "\(up)")
      #expect(
        try bed.run("containr", ["exec", "-T", "a", "cat", "/proc/1/cgroup"]).succeeding().output.isEmpty == false)
      // Nothing has drifted, and nothing is to be said again.
      let plan = try bed.run("containr", ["plan", "stack.yaml"])
      #expect(plan.code == 0 && !plan.errors.contains("warning"), "\(plan)")
      // As soon as it is required it is an error again, and what runs stays as it is.
      let text = try String(contentsOfFile: bed.path + "/stack.yaml", encoding: .utf8)
      try bed.sandbox.directory.write(text.replacingOccurrences(of: "best-effort", with: "required"), to: "stack.yaml")
      let required = try bed.tryUp()
      #expect(required.code == 2 && required.errors.contains("error[limit-unavailable]"), "\(required)")
      #expect(required.errors.contains("x-containr: {limits: best-effort}"), "\(required)")
    }
  }

  @Test(
    "a layer that means harm reaches nothing of the host: links in place of /dev, /proc, /sys and /etc, fifos as passwd",
    arguments: ["dev", "proc", "sys", "etc", "passwd", "target"])
  func hostileLayer(_ kind: String) throws {
    try Bed.use { bed in
      try bed.sandbox.directory.write("the host's\n", to: "victim/keep")
      try bed.sandbox.directory.write("root:x:0:0::/:/bin/sh\n", to: "victim/passwd")
      let before = try FileManager.default.contentsOfDirectory(atPath: bed.path + "/victim").sorted()
      let base = bed.path + "/base"
      var options = ""
      switch kind {
      case "passwd":
        try run("rm", [base + "/etc/passwd"]).succeeding()
        try run("mkfifo", [base + "/etc/passwd"]).succeeding()
        options = "user: worker"
      case "target":
        // A mount target that leads out by links, up and down.
        try run("ln", ["-s", "../../../../../../../../.." + bed.path + "/victim", base + "/mnt"]).succeeding()
        options = "volumes: [\"./out:/mnt/new\"]"
      default:
        try run("rm", ["-rf", "\(base)/\(kind)"]).succeeding()
        try run("ln", ["-s", "../../../../../../../../.." + bed.path + "/victim", "\(base)/\(kind)"]).succeeding()
      }
      try bed.write(
        "services:\n  a:\n    layers: [./base]\n    command: [sleep, \"100000\"]\n    stop_signal: SIGKILL\n"
          + (options.isEmpty ? "" : "    \(options)\n"))
      let up = try bed.tryUp()
      #expect(!up.timedOut && [0, 2, 4].contains(up.code), "\(up)")
      if up.code == 0, kind != "target" {
        let own = try bed.run(
          "containr",
          ["exec", "-p", "t", "a", "--", "sh", "-c", "ls -ld /dev/null; cat /proc/self/comm; mount | wc -l"])
        #expect(own.code == 0 && own.output.contains("crw-rw-rw-"), "\(own)")
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: bed.path + "/victim").sorted() == before, "\(kind)")
    }
  }

  @Test("a read-only bind is read-only with all that is mounted below it")
  func recursiveReadOnly() throws {
    try Bed.use { bed in
      for name in ["tree/inner", "out"] {
        try FileManager.default.createDirectory(atPath: "\(bed.path)/\(name)", withIntermediateDirectories: true)
      }
      try run("mount", ["-t", "tmpfs", "tmpfs", bed.path + "/tree/inner"]).succeeding()
      defer { umount2(bed.path + "/tree/inner", Int32(MNT_DETACH)) }
      try bed.write(
        """
        services:
          a:
            layers: [./base]
            volumes: ["./tree:/tree:ro", "./out:/out"]
            command: [sh, -c, "{ touch /tree/x; touch /tree/inner/x; mount | grep -c /tree/inner; echo END; } > /out/a 2>&1"]
        """)
      try bed.up()
      let output = try bed.output("a")
      #expect(output.components(separatedBy: "Read-only file system").count == 3, "\(output)")
      #expect(output.hasSuffix("1\n"), "\(output)")
      try bed.down()
      #expect(!bed.exists("tree/inner/x"))
    }
  }

  @Test("names: services, aliases, all replicas, none of what is not there; and over UDP as well")
  func names() throws {
    try Bed.use(
      """
      services:
        many: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, scale: 3 }
        echo:
          layers: [./base]
          command: [probe, udp, "5353"]
          stop_signal: SIGKILL
          ports: ["5353:5353/udp"]
          networks: { default: { aliases: [mirror, echo.example] } }
        asker:
          layers: [./base]
          volumes: ["./out:/out"]
          depends_on: [many, echo]
          command:
            - sh
            - -c
            - |
              { for n in many echo mirror echo.example ECHO; do echo "$$n $$(nslookup $$n | grep -c '^Address: *10[.]')"; done
              nslookup nobody >/dev/null 2>&1 && echo "found nobody"
              nslookup nobody.invalid >/dev/null 2>&1 && echo "found nobody.invalid"
              echo END; } > /out/names 2>&1
      """
    ) { bed in
      try Probe.install(into: bed.path + "/base")
      try bed.up()
      #expect(try bed.output("names") == "many 3\necho 1\nmirror 1\necho.example 1\nECHO 1\n")
      let ask = "exec 3<>/dev/udp/$0/5353; echo hello >&3; head -n 1 <&3"
      let pid = try bed.pid("echo")
      try eventually("it hears") { try run("cat", ["/proc/\(pid)/net/udp"]).output.contains(":14E9 ") }
      for host in ["127.0.0.1", TestSandbox.hostAddress] {
        let answer = try bed.sandbox.runInNetwork("timeout", ["30", "bash", "-c", ask, host])
        #expect(answer.output == "hello\n", "\(host): \(answer)")
      }
      let answer = try bed.sandbox.runOutside("timeout", ["30", "bash", "-c", ask, TestSandbox.hostAddress])
      #expect(answer.output == "hello\n", "\(answer)")
      // Made again, it is found by the same port as soon as it hears.
      kill(try bed.pid("echo"), SIGKILL)
      try bed.wait("echo", "exited")
      try bed.up()
      let next = try bed.pid("echo")
      try eventually("it hears again") { try run("cat", ["/proc/\(next)/net/udp"]).output.contains(":14E9 ") }
      let again = try bed.sandbox.runInNetwork("timeout", ["30", "bash", "-c", ask, "127.0.0.1"])
      #expect(again.output == "hello\n", "\(again)")
    }
  }

  @Test("Ctrl-C in the middle of an up ends it with 130, and the next one goes on")
  func interrupted() throws {
    try Bed.use(
      """
      services:
        job:
          layers: [./base]
          volumes: ["./out:/out"]
          command: [sh, -c, "until [ -e /out/go ]; do sleep 0.1; done"]
        app:
          layers: [./base]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          depends_on: { job: { condition: service_completed_successfully } }
      """
    ) { bed in
      let namespace = try #require(bed.sandbox.networkNamespace)
      let terminal = try Terminal(
        ["nsenter", "--net=/run/netns/\(namespace)"] + bed.sandbox.words("containr-up", ["-d", Bed.file]),
        environment: bed.sandbox.environment, directory: bed.path)
      try eventually("the job runs") { try bed.ps().contains { $0.service == "job" && $0.state == "running" } }
      try terminal.type("\u{3}")
      #expect(try terminal.end() == 130, "\(terminal.text)")
      try bed.sandbox.directory.write("", to: "out/go")
      try bed.up()
      #expect(try bed.pids().keys.sorted() == ["app-1"])
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }
}
