// Commands that enter a container, and those that run it in the foreground, where something else goes wrong or is in the way.
import ContainrTestSupport
import Foundation
import Testing

@Suite(.notAsUser("engines begin it as root; OCIRuntimeTests begins it as a user in every run"))
struct OCICommandTests {
  @Test("a command whose pid file cannot be written, or whose terminal nobody takes, is not left running")
  func failedCommands() throws {
    try BundleBed.use { bed in
      try bed.write("exec sleep 71")
      try bed.runtime(["run", "-d", "a"]).succeeding()
      let before = try bed.runtime(["ps", "--format", "json", "a"]).succeeding().output
      let noFile = try bed.runtime(["exec", "-d", "--pid-file", "/nonexistent/pid", "a", "sleep", "72"])
      #expect(noFile.code != 0 && noFile.errors.contains("pid file"), "\(noFile)")
      #expect(try bed.runtime(["ps", "--format", "json", "a"]).output == before)
      // Takes one connection and goes without a word.
      let socket = "\(bed.scratch.path)/console"
      let program =
        "import os, socket; s = socket.socket(socket.AF_UNIX); s.bind('\(socket)'); s.listen(1); print('on', flush=True); s.accept()[0].close()"
      let deaf = try Command("python3", ["-c", program])
      try eventually("somebody listens") { deaf.outputSoFar == "on\n" }
      let noTerminal = try bed.runtime(["exec", "-d", "-t", "--console-socket", socket, "a", "sleep", "73"])
      #expect(deaf.wait().code == 0)
      // Whether it went before or after the terminal was sent is its own affair.
      if noTerminal.code != 0 {
        #expect(noTerminal.errors.contains("terminal"), "\(noTerminal)")
        #expect(try bed.runtime(["ps", "--format", "json", "a"]).output == before)
      }
      try bed.runtime(["delete", "--force", "a"]).succeeding()
      try bed.expectNothingLeft()
    }
  }

  @Test("a run in the foreground whose container somebody else deletes ends with the container's code")
  func deletedByOthers() throws {
    try BundleBed.use { bed in
      try bed.write("sleep 74")
      let run = try Command(bed.program, ["--root", bed.root, "run", "a"], directory: URL(fileURLWithPath: bed.bundle))
      try eventually("it runs") { try bed.runtime(["state", "a"]).output.contains("running") }
      try bed.runtime(["delete", "--force", "a"]).succeeding()
      let result = run.wait()
      #expect(result.code == 137 && result.errors.isEmpty, "\(result)")
      try bed.expectNothingLeft()
    }
  }

  @Test("a program that writes before it reads is shown, however much is typed meanwhile, and gets all of it")
  func crossing() throws {
    try BundleBed.use { bed in
      let count = 300_000
      // While it sleeps as much is typed as the terminal takes.
      let writing = "head -c \(count) /dev/zero | tr '\\0' x; head -c \(count) | wc -c"
      try bed.write("stty raw -echo; touch /raw; sleep 2; \(writing)") {
        var process = $0["process"] as? [String: Any] ?? [:]
        process["terminal"] = true
        $0["process"] = process
      }
      let typing =
        "(until [ -e rootfs/raw ]; do sleep 0.05; done; head -c \(count) /dev/zero | tr '\\0' y; sleep 60) | "
      let run = try Command(
        "bash", ["-c", "\(typing)timeout 60 \(bed.program) --root \(bed.root) run a; kill $(jobs -p)"],
        directory: URL(fileURLWithPath: bed.bundle))
      let started = Date()
      var output = ""
      while -started.timeIntervalSinceNow < 60 * TestPace.factor, !output.contains("\(count)") {
        usleep(50_000)
        output = run.outputSoFar
      }
      run.signal(SIGKILL)
      _ = run.wait(timeout: 1)
      #expect(output.filter { $0 == "x" }.count == count && output.contains("\(count)"), "\(output.suffix(100))")
      try bed.runtime(["delete", "--force", "a"]).succeeding()
    }
  }
}
