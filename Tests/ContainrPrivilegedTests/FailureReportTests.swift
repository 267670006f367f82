// Why a container does not run, told so that one need not look further: each kind with the built programs.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Why a container does not run", .serialized, .asRoot)
struct FailureReportTests {
  /// Brings up one service with this command and these keys; `--wait` sees how it ends.
  private func up(
    _ command: String, _ keys: String = "", prepare: (Bed) throws -> Void = { _ in },
    sourceLocation: SourceLocation = #_sourceLocation, _ check: (CommandResult, Bed) throws -> Void
  ) throws {
    let stack = """
      services:
        a:
          layers: [./base]
          command: \(command)
          stop_signal: SIGKILL
      \(keys.isEmpty ? "" : "    \(keys)\n")networks: { default: { internal: true } }
      """
    try Bed.use(stack, sourceLocation: sourceLocation) { bed in
      try prepare(bed)
      try check(try bed.tryUp(["--wait"]), bed)
    }
  }

  private func expect(
    _ result: CommandResult, code: Int32, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(result.code == code, "\(result)", sourceLocation: sourceLocation)
    for word in words {
      #expect(result.errors.contains(word), "\(word): \(result)", sourceLocation: sourceLocation)
    }
  }

  @Test("a program that is in no directory of PATH: which were looked in, and where it is instead")
  func noProgram() throws {
    try up("[nosuch, x]", "environment: { PATH: \"/usr/local/bin:/bin\" }") { up, _ in
      expect(
        up, code: 4, "container t-a-1: did not start: there is no program nosuch in the PATH",
        "looked in /usr/local/bin, /bin", "--> stack.yaml:5:14")
    }
    try up(
      "[tool]",
      prepare: { bed in
        try run("mkdir", ["-p", bed.path + "/base/app"]).succeeding()
        try run("cp", [bed.path + "/base/bin/busybox", bed.path + "/base/app/tool"]).succeeding()
      }
    ) { up, _ in expect(up, code: 4, "help: it is at /app/tool: write the path, or set PATH") }
  }

  @Test("a user that the image has not, a parameter that the kernel has not: the key and a way out")
  func keys() throws {
    try up("[sleep, x]", "user: nobodyhere") { up, _ in
      expect(
        up, code: 4,
        "did not start: look up the user: user `nobodyhere`: no user `nobodyhere` in the image's /etc/passwd",
        "--> stack.yaml:7:11", "help: a number needs no entry")
      #expect(!up.errors.contains("Invalid argument"), "\(up)")
    }
    try up("[sleep, x]", "user: \"1:nogrp\"") { up, _ in
      expect(up, code: 4, "no group `nogrp` in the image's /etc/group", "--> stack.yaml:7:11")
    }
    try up("[sleep, x]", "sysctls: {net.ipv4.bogus_thing: 1}") { up, _ in
      expect(
        up, code: 4, "did not start: set the kernel parameter: ", "/proc/sys/net/ipv4/bogus_thing", "help: leave it out"
      )
      #expect(!up.errors.contains("mount proc"), "\(up)")
    }
  }

  @Test("a file that cannot be executed, a directory, bytes that are no program, a script without its shell")
  func noExecutable() throws {
    func file(_ text: String, mode: Int = 0o755) -> (Bed) throws -> Void {
      { bed in
        try bed.sandbox.directory.write(text, to: "base/bin/tool")
        chmod(bed.path + "/base/bin/tool", mode_t(mode))
      }
    }
    // By its name, as preflight looks at whole paths already.
    try up("[./bin/tool]", prepare: file("x", mode: 0o644)) { up, _ in
      expect(up, code: 4, "bin/tool is not executable", "chmod +x")
    }
    try up("[tool]", prepare: file("just text\n")) { up, _ in
      expect(up, code: 4, "/bin/tool is neither a program of this machine nor a script", "#!/bin/sh")
    }
    try up("[tool]", prepare: file("#!/usr/bin/python3\nprint()\n")) { up, _ in
      expect(up, code: 4, "/bin/tool is a script for /usr/bin/python3, which is not in the container")
    }
    try up("[tool]", prepare: file("#!/bin/sh\r\necho\n")) { up, _ in
      expect(up, code: 4, "ends with a carriage return", "line ends of Unix")
    }
  }

  @Test("a program without its dynamic loader, and one without a library of it, directly or by way of another")
  func noLibrary() throws {
    // `env` needs the C library alone.
    func install(_ bed: Bed, loader: Bool) throws {
      try run("cp", ["-L", "/usr/bin/env", bed.path + "/base/bin/tool"]).succeeding()
      guard loader else { return }
      let image = try run("ldd", ["/usr/bin/env"]).succeeding().output
      let path = try #require(
        image.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" }).first {
          $0.hasPrefix("/lib") && $0.contains("ld-linux")
        })
      try run(
        "mkdir", ["-p", bed.path + "/base" + URL(fileURLWithPath: String(path)).deletingLastPathComponent().path]
      )
      .succeeding()
      try run("cp", ["-L", String(path), bed.path + "/base" + path]).succeeding()
    }
    try up("[tool]", prepare: { try install($0, loader: false) }) { up, _ in
      expect(up, code: 4, "/bin/tool needs the dynamic loader /lib", "ld-linux", "use a layer with glibc")
    }
    try up("[tool]", prepare: { try install($0, loader: true) }) { up, _ in
      expect(
        up, code: 6, "container t-a-1: ended with exit code 127",
        "/bin/tool needs the shared library libc.so.6 and it is not in the container: looked in /lib",
        "t-a-1 wrote last:", "error while loading shared libraries")
    }
  }

  @Test("an exit code of its own, with the last ten lines and the place of the service")
  func exitCode() throws {
    try up("[sh, -c, \"seq 1 20; echo the disk is red >&2; exit 3\"]") { up, bed in
      expect(
        up, code: 6, "container t-a-1: ended with exit code 3", "--> stack.yaml:3:3", "  12\n", "the disk is red")
      #expect(!up.errors.contains("  11\n"), "\(up)")
    }
    try up("[sh, -c, \"nosuch; exit 127\"]") { up, _ in
      expect(
        up, code: 6, "127: by the shells' convention: a program, or a shared library of it, was not found",
        "nosuch: not found")
    }
  }

  @Test("too little memory: the limit, its place, and what to do")
  func memory() throws {
    try up(
      "[probe, eat, \"64\"]", "mem_limit: 16m\n    memswap_limit: 16m",
      prepare: { bed in
        try Probe.install(into: bed.path + "/base")
      }
    ) { up, _ in
      expect(
        up, code: 6, "container t-a-1: ran out of memory", "it was ended by SIGKILL",
        "its mem_limit is 16 MiB at stack.yaml:7:16: raise it")
    }
  }

  @Test("a signal by its name and what it mostly means")
  func signal() throws {
    try up("[probe, crash]", prepare: { try Probe.install(into: $0.path + "/base") }) { up, _ in
      expect(up, code: 6, "container t-a-1: was ended by SIGSEGV", "touched memory that it does not have")
    }
  }

  @Test("a seccomp filter: the system call, or that the kernel's log does not say which")
  func seccomp() throws {
    try up("[probe, seccomp]", prepare: { try Probe.install(into: $0.path + "/base") }) { up, _ in
      expect(up, code: 6, "container t-a-1: was ended by SIGSYS: a seccomp filter")
      #expect(
        up.errors.contains("forbids it the system call getppid") || up.errors.contains("the kernel's log does not say"),
        "\(up)")
    }
  }

  @Test("a health check: what the probe was, how it ended, what it said, and the line of the check")
  func unhealthy() throws {
    let check = "healthcheck: { test: \"echo no socket yet; exit 3\", interval: 100ms, retries: 2 }"
    try up("[sleep, \"100000\"]", check) { up, _ in
      expect(
        up, code: 6, "container t-a-1: is unhealthy", "--> stack.yaml:7:26",
        "the probe 'echo no socket yet; exit 3' ended with exit code 3:", "no socket yet", "start_period")
    }
    let slow = "healthcheck: { test: \"sleep 100\", interval: 100ms, timeout: 200ms, retries: 1 }"
    try up("[sleep, \"100000\"]", slow) { up, _ in
      expect(up, code: 6, "the probe 'sleep 100' gave no result", "no result in 200 ms", "healthcheck.timeout")
    }
    let missing = "healthcheck: { test: [CMD, curl, localhost], interval: 100ms, retries: 1 }"
    try up("[sleep, \"100000\"]", missing) { up, _ in
      expect(up, code: 6, "container t-a-1: is unhealthy", "the probe 'curl localhost'", "curl")
    }
  }

  @Test("all of it is in the page for browsers as well")
  func page() throws {
    let stack = "services:\n  a: { layers: [./base], command: [nosuch] }\nnetworks: { default: { internal: true } }\n"
    try Bed.use(stack) { bed in
      let up = try bed.tryUp(["--report", "page.html"])
      #expect(up.code == 4, "\(up)")
      let page = try bed.read("page.html")
      #expect(page.contains("Containers that are not well") && page.contains("there is no program nosuch"), "\(page)")
    }
  }
}
