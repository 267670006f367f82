// Commands in running containers, from a terminal, through pipes and by themselves.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Commands in a container", .serialized, .asRoot)
struct ExecTests {
  private static let stack = """
    services:
      web:
        layers: [./base]
        command: [sleep, "100000"]
        environment: {OWN: "own", BOTH: "own"}
        working_dir: /tmp
        scale: 2

    """

  private func exec(_ bed: Bed, _ words: String..., environment: [String: String] = [:]) throws -> CommandResult {
    try bed.run("containr", ["exec", "-f", Bed.file] + words, environment: environment)
  }

  private func terminal(_ bed: Bed, _ words: [String]) throws -> Terminal {
    try Terminal(
      ["nsenter", "--net=/run/netns/\(try #require(bed.sandbox.networkNamespace))"]
        + bed.sandbox.words("containr", ["exec", "-f", Bed.file] + words), environment: bed.sandbox.environment,
      directory: bed.path)
  }

  @Test(
    "What a command differs in from the container's own is asked for by word, and its code is passed on",
    .notAsUser("in a user's namespace all capabilities can be had, and it compares with the host's"))
  func words() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let plain = try exec(bed, "web", "sh", "-c", "echo $OWN $BOTH $PWD $HOME; id -u; exit 7")
      #expect(plain.code == 7 && plain.output == "own own /tmp /root\n0\n", "\(plain)")
      let other = try exec(
        bed, "-e", "BOTH=mine", "-e", "CALLERS", "-e", "NOT_THERE", "-w", "/etc", "-u", "worker", "--index", "2", "web",
        "sh", "-c", "echo $OWN $BOTH $CALLERS ${NOT_THERE-unset} $PWD; id -un; hostname",
        environment: ["CALLERS": "ours"])
      #expect(other.code == 0 && other.output == "own mine ours unset /etc\nworker\nt-web-2\n", "\(other)")
      let numbers = try exec(bed, "-u", "7:9", "web", "sh", "-c", "id -u; id -g")
      #expect(numbers.output == "7\n9\n", "\(numbers)")
      let rights = "grep CapEff /proc/self/status"
      let weak = try exec(bed, "web", "sh", "-c", rights)
      let strong = try exec(bed, "--privileged", "web", "sh", "-c", rights)
      #expect(weak.output == "CapEff:\t00000000a80425fb\n", "\(weak)")
      let own = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      let bounding = try #require(own.split(separator: "\n").first { $0.hasPrefix("CapBnd") })
      #expect(strong.output.dropFirst(8).dropLast() == bounding.dropFirst(8), "\(strong)")
    }
  }

  @Test("A program that is not there is 127, one that cannot be executed 126, and what is Containr's own 125")
  func codes() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let missing = try exec(bed, "web", "nothing-here")
      #expect(missing.code == 127 && missing.errors.contains("nothing-here"), "\(missing)")
      let refused = try exec(bed, "web", "/etc/passwd")
      #expect(refused.code == 126, "\(refused)")
      let nobody = try exec(bed, "-u", "nobody-knows", "web", "true")
      #expect(nobody.code == 126 && nobody.errors.contains("nobody-knows"), "\(nobody)")
      let place = try exec(bed, "-w", "/not/there", "web", "true")
      #expect(place.code == 126 && place.errors.contains("/not/there"), "\(place)")
      #expect(try exec(bed, "web", "sh", "-c", "[ -e /not ]").code == 1, "it was not made")
      let nope = try exec(bed, "nope", "true")
      #expect(nope.code == 125 && nope.errors.contains("a service nope\n  = help: there are web\n"), "\(nope)")
      let third = try exec(bed, "--index", "3", "web", "true")
      #expect(third.code == 125 && third.errors.contains("number 3\n  = help: there are 1, 2\n"), "\(third)")
      #expect(try exec(bed, "--no-such", "web", "true").code == 125, "1 would be the command's own")
      #expect(try exec(bed, "web").code == 125)
      #expect(try bed.run("containr", ["exec", "-f", "nothing.yaml", "web", "true"]).code == 125)
      #expect(try exec(bed, "web", "sh", "-c", "kill -9 $$").code == 137)
      try bed.run("containr", ["stop", "-f", Bed.file, "-t", "0", "web"]).succeeding()
      #expect(try exec(bed, "web", "true").code == 125)
    }
  }

  @Test("Standard input is passed on to its end, what is written comes back whole, and no file of ours goes in")
  func streams() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      // A file, which Command gives as standard input: it stays outside.
      let text = String(repeating: "0123456789abcdef\n", count: 60_000)
      let file = try bed.sandbox.start(
        "containr",
        [
          "exec", "-f", Bed.file, "web", "sh", "-c",
          "readlink /proc/$$/fd/0; readlink /proc/$$/fd/1; wc -c; echo no >&2",
        ], input: text
      ).wait()
      let lines = file.output.split(separator: "\n")
      #expect(file.code == 0 && lines.count == 3 && lines.last == "1020000" && file.errors == "no\n", "\(file)")
      #expect(lines.prefix(2).allSatisfy { $0.hasPrefix("pipe:[") }, "\(file)")
      let whole = try bed.sandbox.runInShell(
        "seq 1 200000 | \(try BuiltPrograms.path("containr")) exec -p t web cat | cksum; seq 1 200000 | cksum"
      ).succeeding().output
      let sums = whole.split(separator: "\n")
      #expect(sums.count == 2 && sums[0] == sums[1], "\(whole)")
      // Who is read no longer hears of it.
      let head = try bed.sandbox.runInShell(
        "\(try BuiltPrograms.path("containr")) exec -p t web busybox yes | head -1; echo END"
      ).succeeding().output
      #expect(head == "y\nEND\n")
    }
  }

  @Test("A stack that is not there is named, with those that are, by every command that takes -p")
  func noSuchStack() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      func say(_ words: String...) throws -> CommandResult {
        try bed.run("containr", [words[0], "-p", "tt"] + words.dropFirst())
      }
      let words = ": no stack tt is up\n  = note: stacks that are up: t (\(bed.path)/stack.yaml)\n"
      let exec = try say("exec", "web", "true")
      #expect(exec.code == 125 && exec.errors.hasPrefix("error" + words), "\(exec)")
      for command in ["attach", "port", "kill", "pause", "unpause", "stop", "start", "restart", "wait"] {
        let named = try say(command, "web")
        #expect(named.code == 1 && named.errors.hasPrefix("error" + words), "\(command): \(named)")
      }
      for command in ["stop", "kill", "rm"] {
        let all = try say(command)
        #expect(all.code == 1 && all.errors.hasPrefix("error" + words), "\(command): \(all)")
      }
      let copy = try say("cp", "web:/etc/passwd", "x")
      #expect(copy.code == 1 && copy.errors.hasPrefix("error" + words), "\(copy)")
      for command in ["top", "images", "logs"] {
        let looked = try say(command)
        #expect(looked.code == 0 && looked.errors.hasPrefix("warning" + words), "\(command): \(looked)")
      }
    }
  }

  @Test("-t without a terminal to type at is refused with the way out; without -t there is none, and nothing waits")
  func noTerminalToTypeAt() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let exec = "\(try BuiltPrograms.path("containr")) exec -p t"
      for input in ["echo abc |", "</dev/null", "<&-"] {
        let line = input.hasSuffix("|") ? "\(input) \(exec) -it web cat" : "\(exec) -t web cat \(input)"
        let refused = try bed.sandbox.runInShell("\(line); echo $?")
        #expect(!refused.timedOut && refused.output == "125\n", "\(refused)")
        #expect(refused.errors.contains("the input device is not a TTY") && refused.errors.contains("-T"), "\(refused)")
      }
      let plain = try bed.sandbox.runInShell("echo abc | \(exec) -i web cat; echo $?")
      #expect(plain.output == "abc\n0\n", "\(plain)")
      for none in ["--interactive=false", "-i=false", "--no-interactive"] {
        let empty = try bed.sandbox.runInShell("echo abc | \(exec) \(none) web sh -c 'cat; echo \"$1\"' - -i=false")
        #expect(empty.output == "-i=false\n", "\(empty)")
      }
      // Nobody has to sit there for one that is left to itself.
      let left = try bed.sandbox.runInShell(
        "\(exec) -dit web sh -c 'busybox tty >/tmp/tty; seq 1 30000; echo END >>/tmp/tty'; echo $?")
      #expect(left.output == "0\n", "\(left)")
      try eventually("it has ended") {
        try self.exec(bed, "web", "cat", "/tmp/tty").output == "/dev/pts/0\nEND\n"
      }
      #expect(try self.exec(bed, "-dt", "web", "nothing-here").code == 127)
    }
  }

  @Test("Streams that the caller has closed are /dev/null to a command")
  func closedStreams() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let exec = "\(try BuiltPrograms.path("containr")) exec -p t web"
      let input = try bed.sandbox.runInShell("\(exec) sh -c 'cat; echo x' <&-; echo $?")
      #expect(input.output == "x\n0\n" && input.errors == "", "\(input)")
      let output = try bed.sandbox.runInShell("\(exec) sh -c 'echo x; exit 3' >&-; echo $?")
      #expect(output.output == "3\n" && output.errors == "", "\(output)")
      let all = try bed.sandbox.runInShell("\(exec) sh -c 'echo x; echo y >&2; exit 4' <&- >&- 2>&-; echo $?")
      #expect(all.output == "4\n" && all.errors == "", "\(all)")
    }
  }

  @Test("Signals reach the command, and it ends with who began it")
  func signals() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let script = "trap 'echo hup' HUP; trap 'echo term; exit 9' TERM; echo ready; while :; do sleep 0.05; done"
      let command = try bed.sandbox.start("containr", ["exec", "-f", Bed.file, "web", "sh", "-c", script])
      try eventually("it is ready") { command.outputSoFar == "ready\n" }
      command.signal(SIGHUP)
      try eventually("it has heard") { command.outputSoFar == "ready\nhup\n" }
      command.signal(SIGTERM)
      let end = command.wait()
      #expect(end.code == 9 && end.output == "ready\nhup\nterm\n", "\(end)")
      let killed = try bed.sandbox.start("containr", ["exec", "-f", Bed.file, "web", "sleep", "4711"])
      func runs(_ words: String) throws -> Bool {
        try bed.run("containr", ["top", "-p", "t", "web"]).succeeding().output.contains(words)
      }
      try eventually("it runs") { try runs("sleep 4711") }
      killed.signal(SIGKILL)
      try eventually("it has ended") { try !runs("sleep 4711") }
      // A detached one does not.
      let detached = try exec(bed, "-d", "web", "sh", "-c", "echo out; sleep 4712")
      #expect(detached.code == 0 && detached.output == "", "\(detached)")
      #expect(try runs("sleep 4712"))
      #expect(try exec(bed, "-d", "web", "nothing-here").code == 127)
    }
  }

  @Test("At a terminal a command has one of its own: of our size, with keys that are signals, and ours is as before")
  func atTerminal() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let shell = try terminal(bed, ["web", "sh"])
      try shell.expect("#")
      #expect(!shell.isCooked)
      try shell.type("busybox tty; busybox stty size; echo TERM=$TERM\r")
      try shell.expect("/dev/pts/0\n24 80\nTERM=xterm\n")
      shell.resize(rows: 33, columns: 111)
      try eventually("it has the new size") {
        try shell.type("busybox stty size\r")
        usleep(50_000)
        return shell.text.contains("33 111\n")
      }
      // Who says that it runs is already the one whom the key reaches.
      try shell.type("trap 'echo interrupted' INT; sh -c 'echo now; exec busybox cat'; echo after\r")
      try shell.expect("now\n")
      try shell.type("\u{3}")
      try shell.expect("interrupted\n")
      try shell.type("exit 5\r")
      #expect(try shell.end() == 5)
      #expect(shell.isCooked)
      let plain = try terminal(bed, ["-T", "web", "sh", "-c", "busybox tty; readlink /proc/self/fd/0"])
      #expect(try plain.end() == 1 || !plain.text.isEmpty)
      #expect(plain.text.hasPrefix("not a tty\npipe:["), "\(plain.text)")
      #expect(plain.isCooked)
    }
  }

  @Test("Our terminal is as before also after signals, a killed command and a container that is taken away")
  func terminalAfterTrouble() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let ended = try terminal(bed, ["web", "sleep", "1000"])
      try eventually("it is raw") { !ended.isCooked }
      kill(try ended.program(), SIGTERM)
      #expect(try ended.end() == 143)
      #expect(ended.isCooked)
      let killed = try terminal(bed, ["web", "sh", "-c", "echo ready; kill -9 $$"])
      #expect(try killed.end() == 137)
      #expect(killed.isCooked)
      let gone = try terminal(bed, ["web", "sh", "-c", "echo ready; sleep 1000"])
      try gone.expect("ready")
      try bed.run("containr", ["kill", "-p", "t", "web"]).succeeding()
      #expect(try gone.end() == 137)
      #expect(gone.isCooked)
      try bed.run("containr", ["start", "-p", "t"]).succeeding()
      let missing = try terminal(bed, ["--index", "2", "web", "nothing-here"])
      #expect(try missing.end() == 127)
      #expect(missing.isCooked)
    }
  }

  @Test("Ctrl-P Ctrl-Q, or keys that were chosen, leave a command to itself; what it writes does not hold it up")
  func detachKeys() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      for keys in [("", "\u{10}\u{11}"), ("ctrl-x,q", "\u{18}q")] {
        let words = keys.0.isEmpty ? [] : ["--detach-keys", keys.0]
        let script = "rm -f /tmp/left; read line; echo got $line; seq 1 30000; touch /tmp/left; sleep 1000"
        let left = try terminal(bed, words + ["web", "sh", "-c", script])
        try eventually("it is raw") { !left.isCooked }
        // The beginning of the keys alone is the program's.
        try left.type("a\(keys.1.first!)b\r")
        try left.expect("got a")
        try left.type(keys.1)
        #expect(try left.end() == 0)
        #expect(left.isCooked)
        try eventually("it goes on") { try exec(bed, "web", "sh", "-c", "[ -e /tmp/left ]").code == 0 }
        try exec(bed, "web", "rm", "/tmp/left").succeeding()
      }
      let wrong = try exec(bed, "--detach-keys", "ctrl-", "web", "true")
      #expect(wrong.code == 125 && wrong.errors.contains("detach-keys"), "\(wrong)")
    }
  }
}
