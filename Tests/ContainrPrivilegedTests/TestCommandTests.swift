// `containr test`: a stack for as long as a command runs. Whatever happens, nothing of it stays, and the code says what happened.
import ContainrTestSupport
import Foundation
import Testing

@Suite("A stack for one command", .serialized, .asRoot)
struct TestCommandTests {
  private static let web = """
    services:
      web:
        layers: [./base]
        command: [sh, -c, "echo hello from web; mkdir /www; echo page > /www/index.html; exec httpd -f -p 80 -h /www"]
        stop_signal: SIGKILL
        ports: ["8080:80"]
        healthcheck: { test: [CMD-SHELL, "nc -w 1 127.0.0.1 80 < /dev/null"], interval: 1s, start_interval: 50ms, start_period: 60s, timeout: 20s }
      job: { layers: [./base], command: [sh, -c, "echo migrated"], depends_on: { web: { condition: service_healthy } } }
    """

  private func test(
    _ bed: Bed, _ words: [String], environment: [String: String] = [:]
  ) throws -> CommandResult {
    try bed.run("containr", ["test"] + words, environment: ["NO_COLOR": "1"].merging(environment) { $1 })
  }

  private func files(_ bed: Bed, _ name: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: "\(bed.path)/\(name)").sorted()
  }

  private func document(_ bed: Bed, _ name: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(try bed.read(name).utf8)) as? [String: Any])
  }

  @Test("the command is told where the stack is; its output and its code are passed on; all is written; nothing stays")
  func passes() throws {
    try Bed.use(Self.web) { bed in
      let script = """
        curl -s -f http://$CONTAINR_WEB_HOST:$CONTAINR_WEB_PORT/ && curl -s -f http://$CONTAINR_WEB_ADDRESS:80/ && \
        echo "$CONTAINR_STACK $CONTAINR_WEB_PORT_80 $MORE"; exit 3
        """
      let end = try test(bed, [Bed.file, "-e", "MORE=more", "--artifacts", "out/ci", "--", "sh", "-c", script])
      #expect(end.code == 3, "\(end)")
      let lines = end.output.split(separator: "\n").map(String.init)
      #expect(lines.count == 3 && lines[0] == "page" && lines[1] == "page", "only the command's: \(end)")
      #expect(lines.last?.hasPrefix("t-") == true && lines.last?.hasSuffix(" 8080 more") == true, "\(end)")
      bed.expectNothingLeft()
      let files = try files(bed, "out/ci")
      #expect(
        files == [
          "containers.env", "events.jsonl", "junit.xml", "logs", "logs/job-1.log", "logs/web-1.log", "metrics.json",
          "plan.json", "result.json", "summary.md", "test.env", "up.html", "up.json",
        ], "\(files)")
      #expect(try bed.read("out/ci/logs/web-1.log").hasSuffix(" stdout hello from web\n"))
      #expect(try bed.read("out/ci/logs/job-1.log").hasSuffix(" stdout migrated\n"), "it had ended")
      let junit = try bed.read("out/ci/junit.xml")
      #expect(junit.contains("tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"0\""), "\(junit)")
      #expect(junit.contains("name=\"web is ready\"") && junit.contains("exit code 3"), "\(junit)")
      if Requirement.hasProgram("xmllint") { try bed.shell("xmllint --noout out/ci/junit.xml") }
      let result = try document(bed, "out/ci/result.json")
      #expect(result["end"] as? String == "failed" && result["code"] as? Int == 3)
      let services = try #require(result["services"] as? [[String: Any]])
      #expect(
        services.allSatisfy { $0["state"] as? String == "ready" && ($0["seconds"] as? Double ?? 0) > 0 }, "\(services)")
      let metrics = try #require(try document(bed, "out/ci/metrics.json")["services"] as? [[String: Any]])
      #expect(
        metrics.contains { $0["service"] as? String == "web" && ($0["memory_peak"] as? Int ?? 0) > 0 }, "\(metrics)")
      #expect(try bed.read("out/ci/test.env").contains("CONTAINR_TEST_CODE=3\n"))
      #expect(try bed.read("out/ci/events.jsonl").contains("\"health_status\""))
      #expect(
        try document(bed, "out/ci/up.json")["outcome"] != nil && document(bed, "out/ci/plan.json")["changes"] != nil)
      #expect(try test(bed, [Bed.file, "--", "true"]).code == 0)
      bed.expectNothingLeft()
    }
  }

  @Test("two jobs of one file run side by side with --free-ports; without, the second says who has the port")
  func parallel() throws {
    try Bed.use(Self.web) { bed in
      let script =
        "curl -s -f http://$CONTAINR_WEB_HOST:$CONTAINR_WEB_PORT/; touch out/$ME; until test -e out/$OTHER; do sleep 0.05; done"
      let first = try bed.sandbox.start(
        "containr", ["test", Bed.file, "--free-ports", "-e", "ME=a", "-e", "OTHER=b", "--", "sh", "-c", script])
      let second = try bed.sandbox.start(
        "containr", ["test", Bed.file, "--free-ports", "-e", "ME=b", "-e", "OTHER=a", "--", "sh", "-c", script])
      let ends = [first.wait(), second.wait()]
      #expect(ends.allSatisfy { $0.code == 0 && $0.output == "page\n" }, "\(ends)")
      bed.expectNothingLeft()
      try bed.up()
      let taken = try test(bed, [Bed.file, "--", "true"])
      #expect(taken.code == 201 && taken.errors.contains("8080"), "\(taken)")
      try bed.down()
    }
  }

  @Test("what is not ready is told with its reason, and the code says which kind it is")
  func notReady() throws {
    try Bed.use(
      """
      services:
        sick:
          layers: [./base]
          command: [sh, -c, "echo the disk is full; sleep 100000"]
          stop_signal: SIGKILL
          healthcheck: { test: [CMD-SHELL, "echo probe says no; exit 3"], interval: 100ms, timeout: 20s, retries: 2 }
        app: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, depends_on: { sick: { condition: service_healthy } } }
      """
    ) { bed in
      let dependency = try test(bed, [Bed.file, "--artifacts", "out/a", "--", "touch", "out/ran"])
      #expect(dependency.code == 204 && !bed.exists("out/ran"), "\(dependency)")
      #expect(dependency.errors.contains("probe says no"), "\(dependency)")
      let junit = try bed.read("out/a/junit.xml")
      #expect(junit.contains("probe says no") && junit.contains("line=\"7\""), "\(junit)")
      #expect(junit.contains("failures=\"1\" errors=\"0\" skipped=\"2\""), "\(junit)")
      bed.expectNothingLeft()
      try bed.edit(", depends_on: { sick: { condition: service_healthy } }", "")
      #expect(try test(bed, [Bed.file, "--", "touch", "out/ran"]).code == 204)
      try bed.edit("interval: 100ms", "interval: 1s, start_period: 1000s, start_interval: 100ms")
      let late = try test(bed, [Bed.file, "--wait-timeout", "1", "--", "touch", "out/ran"])
      #expect(late.code == 204 && !bed.exists("out/ran"), "\(late)")
      try bed.write("services:\n  a: { layers: [./base], command: [sh, -c, \"exit 7\"] }\n")
      let ended = try test(bed, [Bed.file, "--", "touch", "out/ran"])
      #expect(ended.code == 204 && ended.errors.contains("7"), "\(ended)")
      bed.expectNothingLeft()
    }
  }

  @Test("each end has a code of its own, and no command's code is taken for one of ours")
  func codes() throws {
    try Bed.use("services:\n  a: { layers: [./base], command: [sleep, \"100000\"], stop_signal: SIGKILL }\n") { bed in
      #expect(try test(bed, [Bed.file]).code == 200, "no command")
      #expect(try test(bed, [Bed.file, "--artefacts", "x", "--", "true"]).code == 200, "no such option")
      #expect(try test(bed, ["nothing.yaml", "--", "true"]).code == 201)
      #expect(try test(bed, [Bed.file, "--", "no-such-program"]).code == 205)
      try bed.shell("echo nothing > \(bed.path)/out/text")
      #expect(try test(bed, [Bed.file, "--", "out/text"]).code == 205, "not executable")
      let long = try test(bed, [Bed.file, "--timeout", "1", "--artifacts", "out/t", "--", "sleep", "100000"])
      #expect(long.code == 206, "\(long)")
      #expect(try bed.read("out/t/junit.xml").contains("took longer than 1 s"))
      let ours = try test(bed, [Bed.file, "--", "sh", "-c", "exit 203"])
      #expect(ours.code == 1 && ours.errors.contains("203"), "\(ours)")
      #expect(try test(bed, [Bed.file, "--", "sh", "-c", "kill -9 $$"]).code == 137)
      bed.expectNothingLeft()
      try bed.write("services:\n  a: { layers: [./none], command: [sleep, \"1\"] }\n")
      let refused = try test(
        bed, [Bed.file, "--artifacts", "out/r", "--", "true"],
        environment: ["GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": bed.path])
      #expect(refused.code == 201 && refused.errors.contains("::error file=stack.yaml,line=3,"), "\(refused)")
      try bed.write("services:\n  a: { image: \"127.0.0.1:1/none:1\", command: [sleep, \"1\"] }\n")
      let image = try test(bed, [Bed.file, "--pull-attempts", "2", "--", "true"])
      #expect(image.code == 202 && image.errors.contains("attempt 2 of 2 in 2 s"), "\(image)")
      // The store of images is the host's, not the test's, and empty.
      try bed.shell("rmdir \(bed.path)/state/images/* 2> /dev/null; rm -r \(bed.path)/state")
      bed.expectNothingLeft()
    }
  }

  @Test("what cannot be started is told with its own code, and so is what cannot be written")
  func notStarted() throws {
    try Bed.use("services:\n  a: { layers: [./base], command: [/bin/bad], stop_signal: SIGKILL }\n") { bed in
      try bed.shell("printf '#!/no/such/interpreter\\n' > \(bed.path)/base/bin/bad; chmod 755 \(bed.path)/base/bin/bad")
      let bad = try test(bed, [Bed.file, "--artifacts", "out/a", "--", "true"])
      #expect(bad.code == 203 && bad.errors.contains("/no/such/interpreter"), "\(bad)")
      #expect(try bed.read("out/a/result.json").contains("\"state\": \"failed\""))
      bed.expectNothingLeft()
      try bed.edit("[/bin/bad]", "[sleep, \"100000\"]")
      // A directory stands where the report is to be.
      try bed.shell("mkdir -p \(bed.path)/out/b/junit.xml")
      let unwritten = try test(bed, [Bed.file, "--artifacts", "out/b", "--", "true"])
      #expect(unwritten.code == 209 && unwritten.errors.contains("junit.xml"), "\(unwritten)")
      #expect(
        try test(bed, [Bed.file, "--artifacts", "out/b", "--", "false"]).code == 1, "the command's own counts more")
      bed.expectNothingLeft()
    }
  }

  @Test("a stack that cannot be taken away is told with its own code, and how it goes; the command's own counts more")
  func leftBehind() throws {
    try Bed.use("services:\n  a: { layers: [./base], command: [sleep, \"100000\"], stop_signal: SIGKILL }\n") { bed in
      for code in [0, 3] {
        // What somebody has mounted in there cannot be removed.
        let held = "\(bed.sandbox.stateDirectory)/containers/$CONTAINR_STACK-a-1/held"
        let script = "mkdir \(held) && mount -t tmpfs none \(held) && echo $CONTAINR_STACK; exit \(code)"
        let end = try test(bed, [Bed.file, "--artifacts", "out/\(code)", "--", "sh", "-c", script])
        let name = end.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(end.code == (code == 0 ? 208 : 3), "\(end)")
        #expect(name.hasPrefix("t-") && end.errors.contains("containr down -p \(name) -v tries again"), "\(end)")
        let word = code == 0 ? "left-behind" : "failed"
        #expect(try bed.read("out/\(code)/result.json").contains("\"end\": \"\(word)\""))
        try bed.inside("umount \(held.replacingOccurrences(of: "$CONTAINR_STACK", with: name))")
        try bed.run("containr-down", ["-p", name, "-v", "-y"]).succeeding()
        bed.expectNothingLeft()
      }
    }
  }

  @Test("a signal ends it in every phase, with 207, and nothing stays", arguments: [SIGINT, SIGTERM])
  func signals(_ number: Int32) throws {
    try Bed.use(
      """
      services:
        slow:
          layers: [./base]
          command: [sh, -c, "touch /out/begun; sleep 100000"]
          stop_signal: SIGKILL
          volumes: ["./out:/out", "data:/data"]
          healthcheck: { test: [CMD, "false"], interval: 1s, start_period: 1000s, start_interval: 100ms }
      volumes: { data: {} }
      """
    ) { bed in
      let up = try bed.sandbox.start("containr", ["test", Bed.file, "--artifacts", "out/a", "--", "true"])
      try eventually("it has begun") { bed.exists("out/begun") }
      up.signal(number)
      let first = up.wait()
      #expect(first.code == 207, "\(first)")
      #expect(try bed.read("out/a/result.json").contains("\"end\": \"interrupted\""))
      bed.expectNothingLeft()
      try bed.edit("test: [CMD, \"false\"]", "test: [CMD, \"true\"]")
      let script = "trap 'echo bye; exit 0' INT TERM; touch out/command; while :; do sleep 0.05; done"
      let command = try bed.sandbox.start("containr", ["test", Bed.file, "--", "sh", "-c", script])
      try eventually("the command runs") { bed.exists("out/command") }
      command.signal(number)
      let second = command.wait()
      #expect(second.code == 207 && second.output == "bye\n", "\(second)")
      bed.expectNothingLeft()
    }
  }

  @Test("with --service the command runs inside, or the service's own is the test")
  func inside() throws {
    try Bed.use(
      """
      services:
        web:
          layers: [./base]
          command: [sh, -c, "mkdir /www; echo page > /www/index.html; exec httpd -f -p 80 -h /www"]
          stop_signal: SIGKILL
          healthcheck: { test: [CMD-SHELL, "nc -w 1 127.0.0.1 80 < /dev/null"], interval: 1s, start_interval: 50ms, start_period: 60s, timeout: 20s }
        check:
          layers: [./base]
          environment: { WORD: own }
          command: [sh, -c, "echo once >> /out/runs; printf 'GET / HTTP/1.0\\\\r\\\\n\\\\r\\\\n' | nc -w 1 web 80 | tail -n 1; echo $$WORD; exit 4"]
          volumes: ["./out:/out"]
          depends_on: { web: { condition: service_healthy } }
      """
    ) { bed in
      let own = try test(bed, [Bed.file, "--service", "check", "-e", "WORD=given", "--artifacts", "out/a"])
      #expect(own.code == 4 && own.output == "page\ngiven\n", "\(own)")
      #expect(try bed.read("out/runs") == "once\n", "it does not run beside itself")
      #expect(try files(bed, "out/a/logs").contains { $0.hasPrefix("check-run-") }, "its words are kept as well")
      bed.expectNothingLeft()
      try bed.write("services:\n  web: { layers: [./base], command: [sleep, \"100000\"], stop_signal: SIGKILL }\n")
      let given = try test(bed, [Bed.file, "--service", "web", "--", "sh", "-c", "exit 127"])
      #expect(given.code == 127, "the shell's own: \(given)")
      let missing = try test(bed, [Bed.file, "--service", "web", "--", "no-such-program"])
      #expect(missing.code == 205, "\(missing)")
      let wrong = try test(bed, [Bed.file, "--service", "wep"])
      #expect(wrong.code == 201 && wrong.errors.contains("there are web"), "\(wrong)")
      bed.expectNothingLeft()
    }
  }

  @Test("GitHub is told in its words, and takes no words of containers for commands; GitLab's job is in the name")
  func services() throws {
    try Bed.use(
      """
      services:
        bad: { layers: [./base], command: [sh, -c, "echo '::error::from inside'; exit 5"] }
      """
    ) { bed in
      let github = try test(
        bed, [Bed.file, "--", "true"],
        environment: [
          "GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "77", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_WORKSPACE": bed.path,
          "GITHUB_STEP_SUMMARY": bed.path + "/out/summary.md",
        ])
      #expect(github.code == 204 && github.errors.contains("stack t-gh77-1-"), "\(github)")
      #expect(github.errors.contains("::error file=stack.yaml,line=3,"), "\(github)")
      let lines = github.errors.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      var token: String?
      for line in lines {
        if line.hasPrefix("::stop-commands::") {
          token = "::\(line.dropFirst(17))::"
        } else if line == token {
          token = nil
        } else if line.hasPrefix("::error::from inside") {
          #expect(token != nil, "GitHub would take it for a command: \(github)")
        }
      }
      #expect(try bed.read("out/summary.md").contains("| bad | ❌"))
      let gitlab = try test(bed, [Bed.file, "--", "true"], environment: ["GITLAB_CI": "true", "CI_JOB_ID": "4711"])
      #expect(gitlab.errors.contains("stack t-gl4711-") && !gitlab.errors.contains("::group::"), "\(gitlab)")
    }
  }
}
