// Services with a terminal or an open standard input, and who attaches to them.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Terminals of services", .serialized, .asRoot)
struct AttachTests {
  private static let stack = """
    services:
      shell:
        layers: [./base]
        command: [sh]
        tty: true
        stdin_open: true
        restart: "no"
      worker:
        layers: [./base]
        user: worker
        init: true
        command: [sh, -c, "busybox tty; echo to-stdout; echo to-stderr >&2; exec sleep 100000"]
        tty: true
        logging: {driver: local}
      plain:
        layers: [./base]
        command: [sh, -c, "while read line; do echo got $$line; done; echo end; exit 6"]
        stdin_open: true
      loud:
        layers: [./base]
        command: [sh, -c, "trap 'echo hup' HUP; n=0; while :; do n=$$((n+1)); echo line $$n; sleep 0.02; done"]

    """

  private func attach(_ bed: Bed, _ words: String...) throws -> Terminal {
    try Terminal(
      ["nsenter", "--net=/run/netns/\(try #require(bed.sandbox.networkNamespace))"]
        + bed.sandbox.words("containr", ["attach", "-f", Bed.file] + words), environment: bed.sandbox.environment,
      directory: bed.path)
  }

  private func logs(_ bed: Bed, _ service: String) throws -> String {
    try bed.run("containr", ["logs", "-p", "t", "--no-log-prefix", service]).succeeding().output
  }

  @Test("Where nobody reads any more attach ends as SIGPIPE ends a program, and the service goes on")
  func unread() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let attach = "\(try BuiltPrograms.path("containr")) attach -p t"
      let log = try bed.sandbox.runInShell("(\(attach) loud; echo $? >&2) | head -n 1 | cut -c -4")
      #expect(!log.timedOut && log.output == "line\n" && log.errors == "141\n", "\(log)")
      let pid = try bed.pid("plain")
      let typed = try bed.sandbox.runInShell("(yes | \(attach) plain; echo $? >&2) | head -n 1")
      #expect(!typed.timedOut && typed.output == "got y\n" && typed.errors == "141\n", "\(typed)")
      #expect(try bed.pid("plain") == pid)
    }
  }

  @Test("A service's terminal is its own: who attaches types and sees, leaves it running, and comes again")
  func shell() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      #expect(try bed.plan().hasPrefix("nothing to do"), "a terminal is no drift")
      #expect(try bed.run("containr", ["status", Bed.file]).code == 0)
      let pid = try bed.pid("shell")
      let first = try attach(bed, "shell")
      try eventually("it is raw") { !first.isCooked }
      try first.type("busybox tty; busybox stty size; NAME=kept; echo TERM=$TERM\r")
      try first.expect("/dev/pts/0\n24 80\nTERM=xterm\n")
      first.resize(rows: 40, columns: 132)
      try eventually("it has the new size") {
        try first.type("busybox stty size\r")
        usleep(50_000)
        return first.text.contains("40 132\n")
      }
      try first.type("busybox cat\r")
      // Not before it reads: what the shell's own editing takes is no signal.
      try eventually("cat answers") {
        try first.type("meow\r")
        usleep(50_000)
        return first.text.contains("meow\nmeow\n")
      }
      try first.type("\u{3}")
      try first.type("echo after\r")
      try first.expect("after\n")
      try first.type("\u{10}\u{11}")
      #expect(try first.end() == 0)
      #expect(first.isCooked && first.text.hasSuffix("left running\n"), "\(first.text)")
      #expect(try bed.pid("shell") == pid)
      try eventually("what was shown is in the log") { try logs(bed, "shell").contains("40 132") }
      let second = try attach(bed, "--detach-keys", "ctrl-x", "shell")
      let third = try attach(bed, "--no-stdin", "shell")
      try eventually("it is raw") { !second.isCooked }
      #expect(third.isCooked)
      // The third sees what is written once it is there, which nothing tells but this.
      try eventually("both see what is written") {
        try second.type("echo still $NAME\r")
        usleep(50_000)
        return second.text.contains("still kept\n") && third.text.contains("still kept\n")
      }
      try second.type("exit 7\r")
      #expect(try second.end() == 7)
      #expect(try third.end() == 7)
      #expect(second.isCooked)
      #expect(try attach(bed, "shell").end() == 1, "it does not run")
    }
  }

  @Test("Any user has his terminal, also behind the small init; what he writes is in the log")
  func users() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try eventually("it has written") { try logs(bed, "worker").contains("to-stderr") }
      let text = try logs(bed, "worker").replacingOccurrences(of: "\r", with: "")
      #expect(text == "/dev/pts/0\nto-stdout\nto-stderr\n", "\(text)")
      let here = try attach(bed, "worker")
      // Without stdin_open keys are ours: Ctrl-C is a signal, which is passed on.
      try eventually("it takes signals") { here.takes(SIGINT) }
      #expect(here.isCooked)
      try here.type("\u{3}")
      #expect(try here.end() == 130, "\(here.text)")
    }
  }

  @Test("An open standard input takes what comes from a pipe, stays open after it, and several can write")
  func input() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      for word in ["one", "two"] {
        let command = try bed.sandbox.start(
          "containr", ["attach", "-f", Bed.file, "--no-sig-proxy", "plain"], input: "\(word)\n")
        try eventually("it answers") { command.outputSoFar == "got \(word)\n" }
        command.signal(SIGTERM)
        let end = command.wait()
        #expect(end.code == 0 && end.output == "got \(word)\n", "\(end)")
      }
      #expect(try logs(bed, "plain") == "got one\ngot two\n")
      #expect(try bed.container("plain").state == "running")
    }
  }

  @Test("Without terminal and input one sees what is written from now on, and signals are passed on")
  func watching() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try eventually("it writes") { try logs(bed, "loud").contains("line 5\n") }
      let command = try bed.sandbox.start("containr", ["attach", "-f", Bed.file, "loud"])
      try eventually("we see it") { command.outputSoFar.split(separator: "\n").count > 3 }
      #expect(!command.outputSoFar.contains("line 1\n"))
      command.signal(SIGHUP)
      try eventually("it has heard") { command.outputSoFar.contains("hup\n") }
      try bed.run("containr", ["kill", "-p", "t", "loud"]).succeeding()
      #expect(command.wait().code == 137)
      let missing = try bed.run("containr", ["attach", "-p", "t", "nope"])
      #expect(missing.code == 1 && missing.errors.contains("no containers of a service nope"), "\(missing)")
    }
  }

  @Test("Nobody who attaches and does not read holds a service up; the log has all of it")
  func slowReader() throws {
    let stack = """
      services:
        flood:
          layers: [./base]
          tty: true
          stdin_open: true
          logging: {driver: local, options: {max-size: 50m}}
          command: [sh, -c, "read line; seq 1 60000; echo the end; exec sleep 100000"]

      """
    try Bed.use(stack) { bed in
      try bed.up()
      let slow = try bed.sandbox.start("containr", ["attach", "-f", Bed.file, "--no-stdin", "flood"])
      let keys = try attach(bed, "flood")
      try eventually("it is raw", showing: keys.text) { !keys.isCooked }
      // The terminal's echo: who is not there yet would miss it, and what follows.
      try eventually("the slow one is there") {
        try keys.type(" ")
        usleep(50_000)
        return !slow.outputSoFar.isEmpty
      }
      slow.signal(SIGSTOP)
      try keys.type("go\r")
      try eventually("it comes to its end") { try logs(bed, "flood").contains("the end") }
      let lines = try logs(bed, "flood").replacingOccurrences(of: "\r", with: "").split(separator: "\n")
      #expect(lines.suffix(2) == ["60000", "the end"] && lines.count == 60_002, "\(lines.count)")
      slow.signal(SIGCONT)
      let end = slow.wait()
      #expect(end.code == 1 && end.errors.contains("has let go of us"), "\(end.code) \(end.errors)")
    }
  }
}
