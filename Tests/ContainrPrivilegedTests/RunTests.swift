// `containr run`: one container in the foreground, and what is left when somebody is killed.
import ContainrTestSupport
import Foundation
import Testing

@Suite struct RunTests {
  /// Its words up to the command.
  private static let words = ["run", "--rm", "--network", "none", "--layer", "./base", "--"]

  private func run(_ bed: Bed, _ script: String) throws -> CommandResult {
    try bed.run("containr", Self.words + ["sh", "-c", script])
  }

  /// The state directory stays for the next run, with nothing but its mark in it; the `down` of a stack takes it away.
  private func expectOnlyTheStateDirectory(_ bed: Bed, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let state = bed.sandbox.stateDirectory
    let there = try FileManager.default.contentsOfDirectory(atPath: state).filter { $0 != "apparmor" }
    // A user's directory is made on the way in, by no engine, and stays.
    let isUsers = bed.sandbox.user != nil
    #expect(there == (isUsers ? [] : [".made-by-containr"]), sourceLocation: sourceLocation)
    try bed.run("containr-down", ["-p", "t"]).succeeding()
    #expect(isUsers || !bed.exists(state), sourceLocation: sourceLocation)
    bed.expectNothingLeft(sourceLocation: sourceLocation)
  }

  @Test("output is passed on byte for byte, each stream on its own, and the code as it is")
  func output() throws {
    try Bed.use { bed in
      let result = try run(bed, "printf 'no newline'; printf 'an error' >&2; exit 200")
      #expect(result.code == 200 && result.output == "no newline" && result.errors == "an error", "\(result)")
      // More than a pipe holds, so that it has to wait for its reader.
      let much = try run(bed, "dd if=/dev/zero bs=65536 count=64 2>/dev/null")
      #expect(much.code == 0 && much.output.utf8.count == 64 * 65536, "exit \(much.code)")
      try expectOnlyTheStateDirectory(bed)
    }
  }

  @Test("the container is built as every other: a session, a loopback and files of its own, the filter, no descriptor")
  func inside() throws {
    try Bed.use { bed in
      let result = try run(
        bed,
        """
        cut -d' ' -f6 /proc/1/stat; ip -4 -o addr show lo | grep -c 127.0.0.1/8; grep -c localhost /etc/hosts
        cat /etc/hostname | head -c 4; echo; grep Seccomp: /proc/1/status | cut -f2; ls /proc/1/fd
        cut -d: -f3 /proc/self/cgroup | sort -u; stat -c %a /; touch /x && echo writable
        """)
      #expect(result.code == 0 && result.output == "1\n1\n2\nrun-\n2\n0\n1\n2\n/\n755\nwritable\n", "\(result)")
      let fixed = try bed.run(
        "containr", ["run", "--read-only", "--layer", "./base", "--", "sh", "-c", "touch /x || cat /etc/resolv.conf"])
      #expect(fixed.output == "# no network, no name server\n", "\(fixed)")
    }
  }

  @Test("words for the parser and archives for the unpacker lead to the same container")
  func parsed() throws {
    try Bed.use { bed in
      try bed.run("containr", ["run", "--layer=./base", "--workdir=/tmp", "--", "sh", "-c", "test $PWD = /tmp"])
        .succeeding()
      let dashed = try bed.run("containr", ["run", "--layer", "./base", "--env=A=-1", "--", "sh", "-c", "echo $A"])
      #expect(dashed.output == "-1\n", "\(dashed)")
      try ContainrTestSupport.run(
        "tar", ["-C", bed.path + "/base", "-cf", bed.path + "/base.tar", "."]
      ).succeeding()
      let archive = try bed.run("containr", ["run", "--layer", "./base.tar", "--", "sh", "-c", "echo $0 $HOME"])
      #expect(archive.code == 0 && archive.output == "sh /root\n", "\(archive)")
      let missing = try bed.run("containr", ["run", "--layer", "./none", "--", "true"])
      #expect(missing.code == 125 && missing.errors.contains("none does not exist"), "\(missing)")
      // A shell's codes where the program is the reason.
      let absent = try bed.run("containr", Self.words + ["nope"])
      #expect(absent.code == 127 && absent.errors.contains("not found in PATH"), "\(absent)")
      #expect(try bed.run("containr", Self.words + ["/etc"]).code == 126)
      let limit = try bed.run("containr", ["run", "-m", "5z", "--layer", "./base", "--", "true"])
      #expect(limit.code == 125 && limit.errors.contains("'5z' is not a size"), "\(limit)")
      try expectOnlyTheStateDirectory(bed)
    }
  }

  @Test("a limit is given, and being out of memory is told")
  func limits() throws {
    try Bed.use { bed in
      let result = try bed.run(
        "containr",
        [
          "run", "-m", "8m", "--pids-limit", "20", "--layer", "./base", "--", "sh", "-c",
          "head -c 64m /dev/zero | tail",
        ])
      #expect(result.errors.contains("out of memory"), "\(result)")
      try expectOnlyTheStateDirectory(bed)
    }
  }

  @Test("a killed starter takes the container along, and the next run clears its place away")
  func killedStarter() throws {
    try Bed.use { bed in
      let mark = "sleep 98765"
      let command = try bed.sandbox.start("containr", Self.words + ["sh", "-c", "echo up; \(mark) & wait"])
      try eventually("the container runs") { command.outputSoFar == "up\n" }
      command.signal(SIGKILL)
      #expect(command.wait().code == 137)
      let state = try FileManager.default.contentsOfDirectory(atPath: bed.sandbox.stateDirectory)
      #expect(state.filter { $0.hasPrefix("single.") }.count == 1)
      try eventually("the container is dead") {
        try !ContainrTestSupport.run("ps", ["-eo", "args"]).output.contains(mark)
      }
      try run(bed, "true").succeeding()
      try expectOnlyTheStateDirectory(bed)
    }
  }

  @Test("what runs leave of the state directory goes with the down of a stack")
  func stateDirectory() throws {
    try Bed.use { bed in
      try run(bed, "true").succeeding()
      try bed.write("services:\n  a:\n    layers: [./base]\n    command: [sleep, '1000']\n    stop_grace_period: 0s\n")
      try bed.run("containr-up", ["-d", Bed.file]).succeeding()
      try run(bed, "true").succeeding()
      try bed.run("containr-down", [Bed.file]).succeeding()
      bed.expectNothingLeft()
    }
  }

  @Test("two runs at once do not take each other's places away")
  func twoAtOnce() throws {
    try Bed.use { bed in
      let first = try bed.sandbox.start("containr", Self.words + ["sh", "-c", "echo up; sleep 1; cat /etc/hostname"])
      try eventually("the first runs") { first.outputSoFar == "up\n" }
      for _ in 0..<3 { try run(bed, "true").succeeding() }
      let end = first.wait()
      #expect(end.code == 0 && end.output.hasPrefix("up\nrun-"), "\(end)")
      try expectOnlyTheStateDirectory(bed)
    }
  }

  @Test("a signal is passed on, a second one kills")
  func signals() throws {
    try Bed.use { bed in
      let polite = try bed.sandbox.start(
        "containr", Self.words + ["sh", "-c", "trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.05; done"])
      try eventually("the container runs") { polite.outputSoFar == "up\n" }
      polite.signal(SIGTERM)
      let end = polite.wait()
      #expect(end.code == 3 && end.output == "up\nbye\n", "\(end)")
      let deaf = try bed.sandbox.start(
        "containr", Self.words + ["sh", "-c", "trap 'echo heard' INT; echo up; while :; do sleep 0.05; done"])
      try eventually("the container runs") { deaf.outputSoFar == "up\n" }
      deaf.signal(SIGINT)
      try eventually("the first is passed on") { deaf.outputSoFar == "up\nheard\n" }
      #expect(deaf.isRunning)
      deaf.signal(SIGINT)
      #expect(deaf.wait().code == 137)
      try expectOnlyTheStateDirectory(bed)
    }
  }

  @Test("a reader that goes away is the container's to notice, and everything is cleared away")
  func readerGone() throws {
    try Bed.use { bed in
      let containr = try BuiltPrograms.path("containr")
      let result = try bed.sandbox.runInShell(
        "\(containr) run --layer ./base -- sh -c 'while echo y; do :; done' | head -n 2")
      #expect(result.output == "y\ny\n", "\(result)")
      try expectOnlyTheStateDirectory(bed)
      // Nor does it matter what the caller has closed.
      let closed = try bed.sandbox.runInShell("\(containr) run --layer ./base -- true <&- >&- 2>&-; echo $?")
      #expect(closed.output == "0\n", "\(closed)")
      try expectOnlyTheStateDirectory(bed)
    }
  }

  @Test("CVE-2019-5736: nothing can be changed through the program's /proc/PID/exe, not even by the host's root")
  func sealed() throws {
    try Bed.use { bed in
      let command = try bed.sandbox.start("containr", Self.words + ["sh", "-c", "echo up; sleep 100"])
      try eventually("the container runs") { command.outputSoFar == "up\n" }
      let path = "/proc/\(command.pid)/exe"
      #expect(chmod(path, 0o755) == -1)
      #expect(errno == EROFS)
      #expect(truncate(path, 0) == -1)
      command.signal(SIGKILL)
      _ = command.wait()
      // A program of the image that is ours, as /proc/self/exe is while it is executed, gets nowhere.
      let own = try bed.run("containr", Self.words + ["/proc/self/exe", "run", "--layer", "/", "--", "/bin/true"])
      #expect(own.code != 0, "\(own)")
      let alone = try bed.run("containr-run", ["run", "--layer", "./base", "--", "true"])
      #expect(alone.code == 1 && alone.errors.contains("cannot be started by itself"), "\(alone)")
      try expectOnlyTheStateDirectory(bed)
    }
  }

  @Test(
    "who may not seal gets the other program, and no descriptor of the failed attempt",
    arguments: [
      "mount_setattr", "open_tree",
    ])
  func unsealed(call: String) throws {
    try Bed.use { bed in
      for program in ["containr", "containr-run"] {
        try ContainrTestSupport.run("cp", [try BuiltPrograms.path(program), bed.path]).succeeding()
      }
      try bed.sandbox.directory.write("#!/bin/sh\ncd /proc/$$/fd; echo *\n", to: "containr-cli", mode: 0o755)
      // In one shell, which has the same descriptors for both.
      let result = try bed.sandbox.runInShell(
        "./containr ps; strace -qq -o calls -e trace=\(call) -e inject=\(call):error=EPERM "
          + "./containr run --layer ./base -- true")
      let lines = result.output.split(separator: "\n")
      #expect(result.code == 0 && lines.count == 2 && lines[0].hasPrefix("0 1 "), "\(result)")
      #expect(lines.first == lines.last, "\(result)")
      // A user who is not root of a user namespace is refused the first of the two, and does not come to the second.
      if bed.sandbox.user == nil || call == "open_tree" { #expect(try bed.read("calls").contains("EPERM")) }
      bed.expectNothingLeft()
    }
  }

  @Test(
    "a kernel that cannot seal the program is told by what it lacks",
    arguments: ["open_tree", "mount_setattr"])
  func oldKernel(call: String) throws {
    try Bed.use { bed in
      let containr = try BuiltPrograms.path("containr")
      let result = try bed.sandbox.runInShell(
        "strace -qq -o calls -e trace=\(call) -e inject=\(call):error=ENOSYS \(containr) run --layer ./base -- true")
      #expect(result.code == 1 && result.errors.contains("Linux 5.12 or newer is needed"), "\(result)")
      bed.expectNothingLeft()
    }
  }
}
