// A container of a service for one command, and how many containers services have.
import ContainrTestSupport
import Foundation
import Testing

@Suite("run, scale, rm and images", .serialized, .asRoot)
struct OneOffTests {
  private static let one = """
    services:
      a: {layers: [./base], command: [sleep, "100000"], stop_grace_period: 0s}

    """

  private static let two = """
    services:
      a: {layers: [./base], command: [sleep, "100000"], stop_grace_period: 0s}
      b: {layers: [./base], command: [sleep, "100000"], stop_grace_period: 0s}

    """

  private static let stack = """
    services:
      db:
        layers: [./base]
        command: [sh, -c, "sleep 0.2; touch /tmp/well; exec sleep 100000"]
        healthcheck: {test: [CMD, "test", "-e", "/tmp/well"], interval: 1s, start_interval: 100ms, start_period: 60s}
        stop_signal: SIGKILL
      web:
        layers: [./base]
        command: [sh, -c, "echo own command; exit 3"]
        environment: {OWN: own, BOTH: own}
        ports: ["127.0.0.1:8080:80"]
        restart: always
        depends_on: {db: {condition: service_healthy}}
        volumes: [/anonymous]

    """

  private func run(_ bed: Bed, _ words: String..., input: String = "") throws -> CommandResult {
    try bed.sandbox.run("containr", ["run", "-f", Bed.file] + words, input: input)
  }

  @Test("run brings up what the service needs, passes streams and code on, and leaves nothing with --rm")
  func streams() throws {
    try Bed.use(Self.stack) { bed in
      let own = try run(bed, "--rm", "web")
      #expect(own.code == 3 && own.output == "own command\n", "\(own)")
      let rows = try bed.ps()
      #expect(rows.map(\.service) == ["db"] && rows[0].health == "healthy", "\(rows)")
      let db = try bed.pid("db")
      let text = String(repeating: "0123456789abcdef\n", count: 100_000)
      let cat = try run(bed, "--rm", "web", "cat", input: text)
      #expect(cat.code == 0 && cat.output == text, "\(cat.code) \(cat.output.count)")
      #expect(try bed.pid("db") == db)
      let other = try run(
        bed, "--rm", "-e", "BOTH=mine", "-u", "worker", "-w", "/etc", "-v", "./out:/put", "-l", "a=b", "web", "sh",
        "-c",
        "echo $OWN $BOTH $PWD; id -un; ls -d /put; echo no >&2; exit 9")
      #expect(other.code == 9 && other.output == "own mine /etc\nworker\n/put\n", "\(other)")
      #expect(other.errors.hasSuffix("no\n"))
      let entry = try run(bed, "--rm", "--entrypoint", "echo 'in one' two", "web", "three")
      #expect(entry.code == 0 && entry.output == "in one two three\n", "\(entry)")
      let missing = try run(bed, "--rm", "web", "nothing-here")
      #expect(missing.code == 127 && missing.output == "", "\(missing)")
      #expect(try run(bed, "--rm", "web", "/etc/passwd").code == 126)
      #expect(try run(bed, "--rm", "nope").code == 125)
      #expect(try run(bed, "--rm", "--no-such", "web").code == 125)
      #expect(try bed.ps().map(\.service) == ["db"])
    }
  }

  @Test("capabilities, files of variables and pull_policy are for this once; a build is refused by name")
  func once() throws {
    try Bed.use(Self.stack) { bed in
      try bed.sandbox.directory.write("OWN=file\nMORE='a b'\n", to: "one.env")
      try bed.sandbox.directory.write("MORE=later\nBOTH=file\n", to: "two.env")
      let variables = try run(
        bed, "--rm", "--no-deps", "--env-from-file", "one.env", "--env-from-file", "two.env", "-e", "BOTH=word", "web",
        "sh", "-c", "echo $OWN $MORE $BOTH")
      #expect(variables.code == 0 && variables.output == "file later word\n", "\(variables)")
      try bed.sandbox.directory.write("FINE=1\nBROKEN='\n", to: "bad.env")
      let bad = try run(bed, "--rm", "--no-deps", "--env-from-file", "bad.env", "web", "true")
      #expect(bad.code == 125 && bad.errors.contains("bad.env:2:"), "\(bad)")
      func rights(_ words: String...) throws -> UInt64 {
        let result = try bed.run(
          "containr",
          ["run", "-f", Bed.file, "--rm", "--no-deps"] + words + ["web", "grep", "CapEff", "/proc/self/status"])
        let text = result.output.split(separator: "\t").last?.trimmingCharacters(in: .whitespacesAndNewlines)
        return try #require(text.flatMap { UInt64($0, radix: 16) }, "\(result)")
      }
      let (netAdmin, chown) = (UInt64(1) << 12, UInt64(1) << 0)
      let plain = try rights()
      #expect(plain & netAdmin == 0 && plain & chown != 0)
      #expect(try rights("--cap-add", "NET_ADMIN", "--cap-drop", "chown") == (plain | netAdmin) & ~chown)
      let unknown = try run(bed, "--rm", "--no-deps", "--cap-add", "NOPE", "web", "true")
      #expect(unknown.code == 125 && unknown.errors.contains("NOPE"), "\(unknown)")
      let build = try run(bed, "--build", "--rm", "web", "true")
      #expect(build.code == 125 && build.errors.contains("--build: images are not built here"), "\(build)")
      let quiet = try run(bed, "--rm", "--quiet", "--quiet-build", "--quiet-pull", "web", "true")
      #expect(quiet.code == 0 && quiet.errors == "", "what web needs was started without a word: \(quiet)")
      #expect(try bed.container("db").state == "running")
    }
  }

  @Test("-q says nothing of what is done before, not even what was set on the host for it, unless that fails")
  func quiet() throws {
    try Bed.use(
      """
      services:
        a: {layers: [./base], command: [sleep, "100000"], stop_grace_period: 0s, depends_on: [b]}
        b:
          layers: [./base]
          command: [sleep, "100000"]
          stop_grace_period: 0s
          post_start: [{command: [sh, -c, "echo said; exit $$(cat /out/code)"]}]
          volumes: ["./out:/out"]
      """
    ) { bed in
      try bed.sandbox.directory.write("0", to: "out/code")
      let told = try run(bed, "--rm", "a", "echo", "here")
      #expect(told.code == 0 && told.output == "here\n" && told.errors.contains("b-1 post_start: said"), "\(told)")
      try bed.down()
      let quiet = try run(bed, "--rm", "-q", "a", "echo", "here")
      #expect(quiet.code == 0 && quiet.output == "here\n" && quiet.errors == "", "\(quiet)")
      try bed.down()
      try bed.sandbox.directory.write("7", to: "out/code")
      let failed = try run(bed, "--rm", "-q", "a", "echo", "here")
      #expect(failed.code == 125 && failed.errors.contains("b-1 post_start: said"), "\(failed)")
    }
  }

  @Test("without --rm it stays, beside the service and none of its plan; ports and names are there if asked for")
  func kept() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let detached = try run(
        bed, "-d", "-p", "127.0.0.1:8081:80", "--use-aliases", "--no-deps", "web", "httpd", "-f", "-h", "/etc")
      let name = detached.output.trimmingCharacters(in: .whitespacesAndNewlines)
      #expect(detached.code == 0 && name.hasPrefix("t-web-run-"), "\(detached)")
      try eventually("it serves") { try bed.fetch("127.0.0.1:8081/passwd").hasPrefix("root:") }
      let names = try bed.run("containr", ["exec", "-p", "t", "db", "nslookup", "web"])
      #expect(names.code == 0, "\(names)")
      let plan = try bed.plan()
      #expect(!plan.contains("-run-"), "\(plan)")
      try bed.run("containr", ["stop", "-f", Bed.file, "db"]).succeeding()
      try bed.run("containr", ["start", "-f", Bed.file, "db"]).succeeding()
      let plain = try run(bed, "web", "true")
      #expect(plain.code == 0, "\(plain)")
      let rows = try bed.ps()
      #expect(rows.count == 4, "\(rows)")
      let row = try #require(try bed.ps().first { $0.name == name })
      let rm = try bed.run("containr", ["rm", "-p", "t", "-f", "-s", row.service])
      #expect(rm.code == 0, "\(rm)")
      #expect(try bed.fetch("127.0.0.1:8081/passwd").hasPrefix("curl"))
    }
  }

  @Test("a command that ends at once ends the run at once: nobody waits for who waits for them")
  func atOnce() throws {
    try Bed.use(Self.one) { bed in
      // The wait that this must not meet is 5 s, every time; a busy machine is not busy every time.
      var seconds: [Double] = []
      while seconds.count < 5, seconds.allSatisfy({ $0 > 2.5 * TestPace.factor }) {
        let result = try run(bed, "--rm", "a", "true").succeeding()
        seconds.append(result.seconds)
      }
      #expect(seconds.last.map { $0 <= 2.5 * TestPace.factor } == true, "\(seconds)")
    }
  }

  @Test("what was run once, and what rm takes, leaves nothing that the next plan would have to take away")
  func leavesNothing() throws {
    try Bed.use(Self.two) { bed in
      try bed.up()
      let before = try bed.plan()
      #expect(before.hasPrefix("nothing to do"), "\(before)")
      try run(bed, "--rm", "a", "true").succeeding()
      #expect(try bed.plan() == before)
      let name = try run(bed, "-d", "a", "sleep", "100000").succeeding().output
        .trimmingCharacters(in: .whitespacesAndNewlines)
      let row = try #require(try bed.ps().first { $0.name == name })
      try bed.run("containr", ["rm", "-p", "t", "-sf", row.service]).succeeding()
      #expect(try bed.plan() == before)
      try bed.run("containr", ["rm", "-p", "t", "-sf", "a"]).succeeding()
      let after = try bed.plan()
      #expect(after.contains("t-a-1") && !after.contains("firewall"), "\(after)")
      try bed.up()
      #expect(try bed.plan() == before)
    }
  }

  @Test("with closed streams it runs, and what cannot be written ends it with 125; --rm takes it away all the same")
  func closedStreams() throws {
    try Bed.use(Self.stack) { bed in
      let run = "\(try BuiltPrograms.path("containr")) run -f \(Bed.file) --rm"
      let closed = try bed.sandbox.runInShell("\(run) db sh -c 'cat; echo x; exit 3' <&-; echo $?")
      #expect(closed.output == "x\n3\n", "\(closed)")
      let all = try bed.sandbox.runInShell("\(run) db sh -c 'echo x; exit 4' <&- >&- 2>&-; echo $?")
      #expect(all.output == "4\n", "\(all)")
      #expect(try bed.ps().isEmpty)
      let full = try bed.sandbox.runInShell("\(run) db sh -c 'echo x; sleep 100000' >/dev/full; echo $? >&2")
      #expect(full.errors.contains("No space left on device") && full.errors.hasSuffix("\n125\n"), "\(full)")
      #expect(try bed.ps().isEmpty)
    }
  }

  @Test("who reads no more ends it, as SIGPIPE does in a pipeline: 141, and it does not go on for nobody")
  func unread() throws {
    try Bed.use(Self.one) { bed in
      let run = "\(try BuiltPrograms.path("containr")) run -f \(Bed.file) -q"
      let kept = try bed.sandbox.runInShell("(\(run) a busybox yes; echo $? >&2) | head -1")
      #expect(!kept.timedOut && kept.output == "y\n" && kept.errors.hasSuffix("141\n"), "\(kept)")
      #expect(try bed.ps().map(\.state) == ["stopped"])
      try bed.run("containr", ["down", "-p", "t", "-y"]).succeeding()
      let removed = try bed.sandbox.runInShell("(\(run) --rm a busybox yes; echo $? >&2) | head -1")
      #expect(!removed.timedOut && removed.output == "y\n" && removed.errors.hasSuffix("141\n"), "\(removed)")
      #expect(try bed.ps().isEmpty)
      let full = try bed.sandbox.runInShell("\(run) a sh -c 'echo x; sleep 100000' >/dev/full; echo $? >&2")
      #expect(full.errors.contains("No space left on device") && full.errors.hasSuffix("\n125\n"), "\(full)")
      #expect(try bed.ps().map(\.state) == ["stopped"], "it is stopped as well")
    }
  }

  @Test("what is wrong with an option is told by its name and value, not by a place in a file; 125")
  func wrongOptions() throws {
    try Bed.use(Self.two) { bed in
      for (words, message) in [
        (["-v", "./x:/y:bad"], "-v ./x:/y:bad: unknown mount option 'bad'"),
        (["-v", "/fine", "-v", "x"], "-v x: 'x' is not an absolute path"),
        (["-v", "named:/x"], "-v named:/x: the volume 'named' is not declared"),
        (["-p", "80", "-p", "80000:80"], "-p 80000:80: the port '80000:80' is out of range"),
        (["-l", "=x"], "-l =x: '' is not the name of a label"), (["-u", "a b"], "-u a b: 'a b' is not a user"),
        (["--name", "a b"], "--name a b: 'a b' is not a container name"),
        (["--entrypoint", "a 'b"], "--entrypoint a 'b: the quote ' is never closed"),
        (["--cap-add", "NOPE"], "--cap-add NOPE: unknown capability 'NOPE'"),
        (["--cap-drop", "chown", "--cap-drop", "NOPE"], "--cap-drop NOPE: unknown capability 'NOPE'"),
        (["-w", "etc"], "-w takes an absolute path, not etc"), (["-e", "=x"], "-e =x: a variable has a name"),
      ] {
        let wrong = try bed.run("containr", ["run", "-f", Bed.file, "--rm"] + words + ["a", "true"])
        #expect(wrong.code == 125 && wrong.errors.contains(message), "\(wrong)")
        #expect(!wrong.errors.contains("command line"), "\(wrong)")
      }
      let program = try run(bed, "--rm", "a", "nothing-here")
      #expect(program.code == 127 && !program.errors.contains("command line"), "\(program)")
      #expect(program.errors.contains("there is no program nothing-here"), "\(program)")
      let layer = "\(bed.path)/base"
      let single = try bed.run("containr", ["run", "--layer", layer, "-m", "5q", "--", "true"])
      #expect(single.code == 125 && single.errors.contains("-m 5q: '5q' is not a size"), "\(single)")
      #expect(try bed.run("containr", ["run", "--layer", layer, "--no-such", "--", "true"]).code == 125)
      #expect(try bed.ps().isEmpty)
    }
  }

  @Test("-t without a terminal to type at is refused; --interactive=false is an input at its end; orphans go if asked")
  func inputs() throws {
    try Bed.use(Self.two) { bed in
      try bed.up()
      let run = "\(try BuiltPrograms.path("containr")) run -f \(Bed.file) -q --rm"
      let refused = try bed.sandbox.runInShell("echo abc | \(run) -it a cat; echo $?")
      #expect(!refused.timedOut && refused.output == "125\n", "\(refused)")
      #expect(refused.errors.contains("the input device is not a TTY") && refused.errors.contains("-T"), "\(refused)")
      let empty = try bed.sandbox.runInShell("echo abc | \(run) --interactive=false a sh -c 'cat; echo END'; echo $?")
      #expect(!empty.timedOut && empty.output == "END\n0\n", "\(empty)")
      try bed.write("services:\n  a: {layers: [./base], command: [sleep, \"100000\"], stop_grace_period: 0s}\n")
      try bed.sandbox.runInShell("\(run) a true").succeeding()
      #expect(try bed.ps().map(\.service) == ["a", "b"])
      try bed.sandbox.runInShell("\(run) --remove-orphans a true").succeeding()
      #expect(try bed.ps().map(\.service) == ["a"])
    }
  }

  @Test(
    "a name and a port are one container's, however many the service has",
    arguments: ["scale: 3", "deploy: {replicas: 3}"])
  func named(number: String) throws {
    let stack = "services:\n  web:\n    layers: [./base]\n    command: [hostname]\n    \(number)\n"
    try Bed.use(stack) { bed in
      let named = try run(
        bed, "--name", "single", "-p", "127.0.0.1:8081:80", "web", "sh", "-c", "echo one")
      #expect(named.code == 0 && named.output == "one\n", "\(named)")
      let rows = try bed.ps()
      #expect(rows.count == 1 && rows[0].service.hasPrefix("web-run-"), "\(rows)")
    }
  }

  @Test("who looks at a container whose end waits for its client does not wait, and sees it run; then the end comes")
  func heldEnd() throws {
    try Bed.use(Self.one) { bed in
      let client = try bed.sandbox.start("containr", ["run", "-f", Bed.file, "a", "sh", "-c", "echo here; exec yes"])
      defer { client.signal(SIGKILL) }
      // It writes without an end, and is read until we stop its client.
      try eventually("it writes") { client.outputSoFar.contains("here\ny\n") }
      let row = try #require(try bed.ps().first { $0.service.hasPrefix("a-run-") })
      let pid = try #require(row.pid)
      client.signal(SIGSTOP)
      // The sockets between shim and client are full when nothing is read of the program any more, which then waits.
      try eventually("nothing is read of it") {
        try isHeldUp(pid, counter: "\(bed.path)/run/containers/\(row.name)/logged")
      }
      #expect(kill(pid, SIGKILL) == 0)
      try eventually("it has ended") { try hasEnded(pid) }
      let first = try bed.run("containr", ["ps", "-p", "t", "--json"]).succeeding()
      // The service itself is not up.
      let look = try bed.run("containr", ["plan", "-f", Bed.file])
      #expect(look.code == 2, "\(look)")
      #expect(first.seconds < 2.5 * TestPace.factor && look.seconds < 2.5 * TestPace.factor, "\(first) \(look)")
      #expect(first.output.contains("\"pid\": \(pid)"), "\(first)")
      client.signal(SIGCONT)
      let end = client.wait()
      #expect(end.code == 137, "\(end.code) \(end.errors)")
      #expect(try bed.ps().first { $0.service == row.service }?.state == "exited")
    }
  }

  /// Whether a process waits in a write into a pipe that its shim does not read: the shim waits as well, and between the two
  /// looks nothing has moved.
  private func isHeldUp(_ pid: Int32, counter: String) throws -> Bool {
    func place(_ pid: Int32) throws -> String { try String(contentsOfFile: "/proc/\(pid)/wchan", encoding: .utf8) }
    let words = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8).split(whereSeparator: \.isWhitespace)
    let shim = try #require(words.firstIndex(of: "PPid:").flatMap { Int32(words[$0 + 1]) })
    let before = try Data(contentsOf: URL(fileURLWithPath: counter))
    guard try place(pid).contains("pipe") else { return false }
    guard try place(shim).contains("poll") else { return false }
    guard try place(pid).contains("pipe") else { return false }
    return try Data(contentsOf: URL(fileURLWithPath: counter)) == before
  }

  private func hasEnded(_ pid: Int32) throws -> Bool {
    guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else { return true }
    return status.contains("State:\tZ")
  }

  @Test("at a terminal it has one from the first moment on; signals and the detach keys work")
  func terminal() throws {
    try Bed.use(Self.stack) { bed in
      func terminal(_ words: String...) throws -> Terminal {
        try Terminal(
          ["nsenter", "--net=/run/netns/\(try #require(bed.sandbox.networkNamespace))"]
            + bed.sandbox.words("containr", ["run", "-f", Bed.file] + words), environment: bed.sandbox.environment,
          directory: bed.path)
      }
      let first = try terminal("--rm", "web", "sh", "-c", "busybox tty; busybox stty size; exec sh")
      try first.expect("/dev/pts/0\n24 80\n")
      try first.expect("/ #")
      try first.type("exit 5\r")
      #expect(try first.end() == 5)
      #expect(first.isCooked)
      let second = try terminal("--no-deps", "web", "sh", "-c", "echo ready; exec sleep 100000")
      try second.expect("ready\n")
      try eventually("it is raw") { !second.isCooked }
      try second.type("\u{10}\u{11}")
      #expect(try second.end() == 0)
      #expect(second.isCooked)
      #expect(try bed.ps().contains { $0.service.hasPrefix("web-run-") && $0.state == "running" })
      let plain = try bed.sandbox.start(
        "containr",
        [
          "run", "-f", Bed.file, "-T", "--rm", "web", "sh", "-c",
          "trap 'exit 8' TERM; echo on; while :; do sleep 0.05; done",
        ])
      try eventually("it runs") { plain.outputSoFar == "on\n" }
      plain.signal(SIGTERM)
      #expect(plain.wait().code == 8)
    }
  }

  @Test(
    "scale changes the number of one service and leaves the others as they are, also those that the file has changed")
  func scale() throws {
    try Bed.use(Self.two) { bed in
      try bed.up()
      let before = try bed.pids()
      try bed.edit(
        "b: {layers: [./base], command: [sleep, \"100000\"]", "b: {layers: [./base], command: [sleep, \"100001\"]")
      let more = try bed.run("containr", ["scale", "-f", Bed.file, "a=3"])
      #expect(more.code == 0 && more.output.contains("t has a=3"), "\(more)")
      let there = try bed.pids()
      #expect(there.keys.sorted() == ["a-1", "a-2", "a-3", "b-1"] && there["a-1"] == before["a-1"])
      #expect(there["b-1"] == before["b-1"], "its new command is for an up")
      try bed.run("containr", ["restart", "-f", Bed.file, "-t", "0"]).succeeding()
      #expect(try bed.pids().count == 4, "a restart keeps the number")
      #expect(try bed.run("containr", ["scale", "-f", Bed.file, "a=3"]).output.hasPrefix("nothing to do"))
      try bed.run("containr", ["scale", "-f", Bed.file, "a=1", "b=2"]).succeeding()
      #expect(try bed.pids().keys.sorted() == ["a-1", "b-1", "b-2"])
      #expect(try bed.run("containr", ["top", "-p", "t", "b"]).output.contains("sleep 100001"))
      #expect(try bed.run("containr", ["scale", "-f", Bed.file, "nope=1"]).code == 2)
      #expect(try bed.run("containr", ["scale", "-f", Bed.file, "a"]).code == 1)
    }
  }

  @Test("rm takes what does not run, -s the others as well, -v what has no name; up makes it again")
  func remove() throws {
    let stack = """
      services:
        a: {layers: [./base], command: [sleep, "100000"], volumes: [/data, "named:/named"], stop_grace_period: 0s}
        job: {layers: [./base], command: ["true"]}
      volumes: {named: {}}

      """
    try Bed.use(stack) { bed in
      try bed.up()
      _ = try bed.run("containr", ["wait", "-p", "t", "job"])
      let refused = try bed.run("containr", ["rm", "-p", "t"])
      #expect(refused.code == 2 && refused.errors.contains("-f"), "\(refused)")
      let rm = try bed.run("containr", ["rm", "-p", "t", "-f"])
      #expect(rm.code == 0 && rm.output.hasPrefix("1 container removed"), "\(rm)")
      #expect(try bed.ps().map(\.service) == ["a"])
      #expect(try bed.run("containr", ["rm", "-p", "t", "-f"]).output.hasPrefix("nothing to do"))
      func volumes() throws -> Int {
        try bed.run("containr", ["volume", "ls", "-q"]).succeeding().output.split(separator: "\n").count
      }
      #expect(try volumes() == 2)
      try bed.run("containr", ["rm", "-p", "t", "-f", "-s", "-v", "a"]).succeeding()
      #expect(try bed.ps().isEmpty && volumes() == 1)
      try bed.up()
      #expect(try bed.container("a").state == "running" && bed.ps().count == 2)
    }
  }
}
