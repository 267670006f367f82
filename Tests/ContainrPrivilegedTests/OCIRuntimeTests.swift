// The built containr-runtime as engines use it: from bundles made here.
import ContainrTestSupport
import Foundation
import Testing

@Suite(.notAsUser("engines begin it as root; OCIRuntimeTests begins it as a user in every run"))
struct OCIRuntimeTests {
  @Test("run passes streams and the exit code on, and leaves nothing")
  func run() throws {
    try BundleBed.use { bed in
      try bed.write("printf out; printf err >&2; exit 42")
      let result = try bed.runtime(["run", "a"])
      #expect(result.code == 42 && result.output == "out" && result.errors == "err", "\(result)")
      try bed.expectNothingLeft()
    }
  }

  @Test("create, start, state, kill and delete go through the states of the specification")
  func life() throws {
    try BundleBed.use { bed in
      try bed.write("sleep 60") { $0["annotations"] = ["k": "v"] }
      try bed.runtime(["create", "--pid-file", "pid", "a"]).succeeding()
      let state = try bed.state("a")
      #expect(state["status"] as? String == "created" && state["id"] as? String == "a")
      #expect(state["bundle"] as? String == bed.bundle && (state["annotations"] as? [String: String]) == ["k": "v"])
      let pid = try #require(state["pid"] as? Int)
      #expect(try String(contentsOfFile: bed.bundle + "/pid", encoding: .utf8) == "\(pid)")
      // Its program has not begun, and what waits is a program that nobody inside can write to.
      #expect(throws: (any Error).self) {
        try FileHandle(forWritingTo: URL(fileURLWithPath: "/proc/\(pid)/exe")).close()
      }
      #expect(try bed.runtime(["create", "a"]).errors.contains("already exists"))
      #expect(try bed.runtime(["delete", "a"]).errors.contains("not stopped: it is created"))
      #expect(try bed.state("a")["status"] as? String == "created")
      try bed.runtime(["start", "a"]).succeeding()
      #expect(try bed.state("a")["status"] as? String == "running")
      #expect(try bed.runtime(["start", "a"]).errors.contains("cannot start a container in the running state"))
      #expect(try bed.runtime(["delete", "a"]).errors.contains("not stopped"))
      try bed.runtime(["kill", "a", "KILL"]).succeeding()
      try eventually("it is stopped") { try bed.state("a")["status"] as? String == "stopped" }
      #expect(try bed.runtime(["kill", "a"]).errors.contains("container not running"))
      try bed.runtime(["delete", "a"]).succeeding()
      #expect(try bed.runtime(["state", "a"]).errors.contains("does not exist"))
      try bed.expectNothingLeft()
    }
  }

  @Test("an ordinary user runs the bundle that spec --rootless writes, enters it and deletes it")
  func rootless() throws {
    try BundleBed.use { bed in
      let user = try BundleUser(bed)
      try user.runtime("spec", "--rootless").succeeding()
      try user.write("id -u; cat /proc/self/uid_map; echo > /new; echo x > /dev/null && exit 7")
      let run = try user.runtime("run", "a")
      let words = run.output.split(whereSeparator: \.isWhitespace)
      #expect(run.code == 7 && words == ["0", "0", "\(user.uid)", "1"] && run.errors.contains("Read-only"), "\(run)")
      try user.write("sleep 1000")
      try user.runtime("create", "b").succeeding()
      try user.runtime("start", "b").succeeding()
      #expect(try user.runtime("exec", "b", "sh", "-c", "id -u; exit 3").code == 3)
      try user.runtime("delete", "--force", "b").succeeding()
      #expect(try user.runtime("list", "-q").output == "")
    }
  }

  @Test(
    "start without a process tells its error, ends the container and answers 0, as the public validation suite wants")
  func startWithoutProcess() throws {
    try BundleBed.use { bed in
      try bed.write("true") { $0["process"] = nil }
      try bed.runtime(["create", "a"]).succeeding()
      let start = try bed.runtime(["start", "a"])
      #expect(start.code == 0 && start.errors.contains("has no process in its config"), "\(start)")
      try eventually("it is stopped") { try bed.state("a")["status"] as? String == "stopped" }
      try bed.runtime(["delete", "a"]).succeeding()
      #expect(try bed.runtime(["run", "a"]).errors.contains("has no process to run"))
      try bed.expectNothingLeft()
    }
  }

  @Test(
    "commands after the first enter by what it has kept, and by the config again where that is damaged or not enough")
  func entries() throws {
    try BundleBed.use { bed in
      try bed.write("sleep 60")
      try bed.runtime(["run", "-d", "a"]).succeeding()
      let directory = bed.root + "/a/"
      let words = [
        "--env", "A=b", "--user", "7:8", "a", "sh", "-c", "id -u; echo $A $B; grep CapBnd /proc/self/status",
      ]
      let first = try bed.runtime(["exec"] + words).succeeding().output
      let kept = try Data(contentsOf: URL(fileURLWithPath: directory + "entry"))
      let config = try Data(contentsOf: URL(fileURLWithPath: directory + "config.json"))
      func write(_ bytes: Data, _ name: String) throws { try bytes.write(to: URL(fileURLWithPath: directory + name)) }
      try write(Data("{".utf8), "config.json")
      #expect(try bed.runtime(["exec"] + words).succeeding().output == first)
      #expect(try bed.runtime(["exec", "--env", "B=c"] + words).succeeding().output.contains("b c\n"))
      #expect(try bed.runtime(["exec", "a", "nope"]).code == 127)
      // The config is looked at for what depends on it.
      #expect(try bed.runtime(["exec", "--cap", "CAP_CHOWN"] + words).errors.contains("config.json:1:"))
      for damaged in [Data(), kept.prefix(40), Data([255, 255]) + kept.dropFirst(2), kept + Data([0])] {
        try write(damaged, "entry")
        #expect(try bed.runtime(["exec"] + words).errors.contains("config.json:1:"))
      }
      try write(config, "config.json")
      #expect(try bed.runtime(["exec"] + words).succeeding().output == first)
      #expect(try Data(contentsOf: URL(fileURLWithPath: directory + "entry")) == kept)
      try bed.runtime(["kill", "a", "KILL"]).succeeding()
      try eventually("it has stopped") { try bed.state("a")["status"] as? String == "stopped" }
      #expect(try bed.runtime(["exec", "a", "true"]).errors.contains("cannot exec in a container that is stopped"))
      try bed.runtime(["delete", "-f", "a"]).succeeding()
      try bed.expectNothingLeft()
    }
  }

  @Test("exec enters with what its options say, and a shell's codes for what cannot be run")
  func exec() throws {
    try BundleBed.use { bed in
      try bed.write("sleep 60")
      try bed.runtime(["run", "-d", "a"]).succeeding()
      let result = try bed.runtime([
        "exec", "--env", "A=b", "--cwd", "/tmp", "--user", "7:8", "a", "sh", "-c",
        "id -u; id -g; pwd; echo $A; readlink /proc/self/fd/*; exit 3",
      ])
      #expect(result.code == 3 && result.output.hasPrefix("7\n8\n/tmp\nb\n"), "\(result)")
      #expect(!result.output.contains(bed.root), "a descriptor of the runtime is inside: \(result)")
      #expect(try bed.runtime(["exec", "a", "nope"]).code == 127)
      #expect(try bed.runtime(["exec", "a", "/etc"]).code == 126)
      #expect(try bed.runtime(["exec", "--cwd", "/nope", "a", "true"]).code == 255)
      #expect(try bed.runtime(["exec", "other", "true"]).code == 255)
      let unknown = try bed.runtime(["exec", "--cap", "CAP_NOPE", "a", "true"]).succeeding()
      #expect(unknown.errors.contains("capabilities that cannot be given here: CAP_NOPE"), "\(unknown)")
      let pids = try bed.runtime(["ps", "-f", "json", "a"]).succeeding().output
      #expect(pids.split(separator: ",").count == 1, "\(pids)")
      // Both are in the container's group, in every hierarchy there is.
      try bed.runtime(["exec", "-d", "--pid-file", "other", "a", "sleep", "60"]).succeeding()
      let first = try #require(try bed.state("a")["pid"] as? Int)
      let other = try String(contentsOfFile: bed.bundle + "/other", encoding: .utf8)
      let groups = try ["\(first)", other].map { try String(contentsOfFile: "/proc/\($0)/cgroup", encoding: .utf8) }
      #expect(groups[0] == groups[1])
      #expect(groups[0].split(separator: "\n").allSatisfy { $0.hasSuffix("/c") }, "\(groups[0])")
      try bed.runtime(["delete", "-f", "a"]).succeeding()
      try bed.expectNothingLeft()
    }
  }

  @Test("pause stops everything, resume lets it go on, update changes a limit and leaves the others")
  func changes() throws {
    try BundleBed.use { bed in
      try bed.write("sleep 60") { config in
        var linux = config["linux"] as? [String: Any] ?? [:]
        linux["resources"] = ["pids": ["limit": 20], "memory": ["limit": 33_554_432]]
        config["linux"] = linux
      }
      try bed.runtime(["run", "-d", "a"]).succeeding()
      try bed.runtime(["pause", "a"]).succeeding()
      #expect(try bed.state("a")["status"] as? String == "paused")
      try bed.runtime(["resume", "a"]).succeeding()
      #expect(try bed.state("a")["status"] as? String == "running")
      try bed.runtime(["update", "--pids-limit", "10", "a"]).succeeding()
      try bed.runtime(["update", "-r", "-", "a"], input: #"{"memory":{"limit":67108864}}"#).succeeding()
      // Without a limit of memory there is none of memory and swap either.
      try bed.runtime(["update", "--memory", "-1", "a"]).succeeding()
      try bed.runtime(["update", "-r", "-", "a"], input: #"{"memory":{"limit":67108864}}"#).succeeding()
      let stats = try bed.runtime(["events", "--stats", "a"]).succeeding().output
      #expect(stats.contains("\"limit\":10") && stats.contains("\"limit\":67108864"), "\(stats)")
      try bed.runtime(["delete", "-f", "a"]).succeeding()
      try bed.expectNothingLeft()
    }
  }

  @Test("hooks run in their order and namespaces, with the state on their standard input")
  func hooks() throws {
    try BundleBed.use { bed in
      let log = bed.scratch.path + "/hooks"
      func hook(_ name: String, inside: Bool = false) -> [[String: Any]] {
        let place = inside ? "/hooked" : log
        let script = "read line; echo \(name) $line >> \(place)"
        return [["path": inside ? "/bin/sh" : "/bin/bash", "args": ["sh", "-c", script], "env": ["PATH=/bin"]]]
      }
      try bed.write("cat /hooked") { config in
        config["hooks"] = [
          "prestart": hook("prestart"), "createRuntime": hook("createRuntime"),
          "createContainer": hook("createContainer"), "startContainer": hook("startContainer", inside: true),
          "poststart": hook("poststart"), "poststop": hook("poststop"),
        ]
      }
      let result = try bed.runtime(["run", "a"]).succeeding()
      #expect(result.output.hasPrefix("startContainer {") && result.output.contains("\"status\":\"created\""))
      let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
      #expect(
        lines.map { $0.prefix { $0 != " " } } == [
          "prestart", "createRuntime", "createContainer", "poststart", "poststop",
        ])
      #expect(lines[1].contains("\"status\":\"creating\"") && lines[4].contains("\"status\":\"stopped\""))
      // One that fails ends the creation, and nothing is left.
      try bed.write("true") { config in
        config["hooks"] = ["createRuntime": [["path": "/bin/false"]]]
      }
      let failed = try bed.runtime(["run", "a"])
      #expect(
        failed.code == 1
          && failed.errors.contains("error running hook #0: createRuntime hook failed with exit code 1 (/bin/false)"))
      try bed.expectNothingLeft()
    }
  }

  @Test("without pivot_root a user namespace inside cannot mount a procfs that shows what is masked")
  func noPivot() throws {
    try BundleBed.use { bed in
      try bed.write("unshare -mrpf sh -c 'mount -t proc none /proc && echo whole'; echo end") { config in
        var linux = config["linux"] as? [String: Any] ?? [:]
        linux["maskedPaths"] = ["/proc/sysrq-trigger", "/proc/keys"]
        config["linux"] = linux
        // What `unshare -r` needs to be root in its namespace.
        var process = config["process"] as? [String: Any] ?? [:]
        let held = ["CAP_KILL", "CAP_SETFCAP"]
        process["capabilities"] = ["bounding": held, "effective": held, "permitted": held]
        config["process"] = process
      }
      let result = try bed.runtime(["run", "--no-pivot", "a"]).succeeding()
      #expect(result.output == "end\n" && result.errors.contains("mount"), "\(result)")
      try bed.expectNothingLeft()
    }
  }

  @Test("a hook of the start is confined by the container's filter", arguments: [true, false])
  func startHookFilter(noNewPrivileges: Bool) throws {
    try BundleBed.use { bed in
      try bed.write("true") { config in
        var linux = config["linux"] as? [String: Any] ?? [:]
        linux["seccomp"] = [
          "defaultAction": "SCMP_ACT_ALLOW",
          "syscalls": [["names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38]],
        ]
        config["linux"] = linux
        var process = config["process"] as? [String: Any] ?? [:]
        process["noNewPrivileges"] = noNewPrivileges
        config["process"] = process
        config["hooks"] = ["startContainer": [["path": "/bin/mkdir", "args": ["mkdir", "/tmp/x"]]]]
      }
      #expect(try bed.runtime(["run", "a"]).errors.contains("startContainer hook failed"))
      try bed.expectNothingLeft()
    }
  }

  @Test("--debug tells the steps, to stderr or in the log's form")
  func debug() throws {
    try BundleBed.use { bed in
      try bed.write("true")
      let log = bed.scratch.path + "/log"
      #expect(try bed.runtime(["--debug", "run", "a"]).errors.contains("level=debug msg=\"a: created\""))
      #expect(try bed.runtime(["--debug", "--log", log, "--log-format", "json", "run", "a"]).errors == "")
      let text = try String(contentsOfFile: log, encoding: .utf8)
      #expect(text.contains(#""level":"debug","msg":"a: created""#), "\(text)")
      try bed.expectNothingLeft()
    }
  }

  @Test("a bad config is told with its line, and nothing is made")
  func badInput() throws {
    try BundleBed.use { bed in
      try bed.scratch.write("{\n  \"ociVersion\": \"1.0.0\",\n  \"root\": 3\n}", to: "bundle/config.json")
      let result = try bed.runtime(["--log", bed.scratch.path + "/log", "--log-format", "json", "create", "a"])
      #expect(result.code == 1)
      #expect(result.errors == "containr-runtime: config.json:3:11: root must be an object, not a number\n")
      let log = try String(contentsOfFile: bed.scratch.path + "/log", encoding: .utf8)
      #expect(log.contains(#""level":"error","msg":"config.json:3:11: root must be an object, not a number""#))
      try bed.expectNothingLeft()
    }
  }

  @Test("a create that is killed anywhere is cleared away by delete --force", arguments: [1, 3, 6, 10, 15, 25])
  func killed(milliseconds: UInt32) throws {
    try BundleBed.use { bed in
      try bed.write("sleep 60")
      let command = try Command(
        bed.program, ["--root", bed.root, "create", "a"], directory: URL(fileURLWithPath: bed.bundle))
      usleep(milliseconds * 1000)
      command.signal(SIGKILL)
      _ = command.wait()
      try bed.runtime(["delete", "--force", "a"]).succeeding()
      try bed.expectNothingLeft()
    }
  }

  @Test("a container with ids of its own is nobody on the host, and may be entered")
  func ids() throws {
    try BundleBed.use { bed in
      try bed.write("cat /proc/self/uid_map; touch /tmp/made; sleep 60") { config in
        var linux = config["linux"] as? [String: Any] ?? [:]
        var namespaces = linux["namespaces"] as? [[String: String]] ?? []
        namespaces.append(["type": "user"])
        linux["namespaces"] = namespaces
        let map = [["containerID": 0, "hostID": 300_000, "size": 65536]]
        (linux["uidMappings"], linux["gidMappings"]) = (map, map)
        config["linux"] = linux
      }
      chmod(bed.bundle + "/rootfs/tmp", 0o1777)
      try bed.runtime(["run", "-d", "a"]).succeeding()
      let inside = try bed.runtime(["exec", "a", "sh", "-c", "id -u; touch /tmp/by-exec"]).succeeding()
      #expect(inside.output == "0\n")
      let owner = try FileManager.default.attributesOfItem(atPath: bed.bundle + "/rootfs/tmp/by-exec")[.ownerAccountID]
      #expect(owner as? Int == 300_000)
      try bed.runtime(["delete", "-f", "a"]).succeeding()
      try bed.expectNothingLeft()
    }
  }

  @Test("with a terminal the program has one of its own, and what it shows is passed on")
  func terminal() throws {
    try BundleBed.use { bed in
      try bed.write("tty; stty size; ls -l /dev/console | grep -c 136,") { config in
        var process = config["process"] as? [String: Any] ?? [:]
        process["terminal"] = true
        process["consoleSize"] = ["height": 30, "width": 90]
        config["process"] = process
      }
      let result = try Command(
        "script", ["-qec", "\(bed.program) --root \(bed.root) run a", "/dev/null"],
        directory: URL(fileURLWithPath: bed.bundle)
      ).wait()
      // Where its own input ends, script(1) types a NUL, which is echoed somewhere.
      let lines = result.output.replacingOccurrences(of: "^@", with: "").split(whereSeparator: \.isNewline)
      #expect(lines.first?.hasSuffix("/dev/pts/0") == true && lines.dropFirst() == ["30 90", "1"], "\(result)")
      try bed.expectNothingLeft()
    }
  }

  @Test("what a terminal shows comes to a pipe without carriage returns")
  func pipedTerminal() throws {
    try BundleBed.use { bed in
      try bed.write("tty; echo line") { config in
        var process = config["process"] as? [String: Any] ?? [:]
        process["terminal"] = true
        config["process"] = process
      }
      #expect(try bed.runtime(["run", "a"]).output == "/dev/pts/0\nline\n")
    }
    try BundleBed.use { bed in
      try bed.write("sleep 60")
      try bed.runtime(["run", "--detach", "a"]).succeeding()
      #expect(try bed.runtime(["exec", "--tty", "a", "echo", "line"]).output == "line\n")
      try bed.runtime(["delete", "--force", "a"]).succeeding()
    }
  }

  @Test("a terminal needs no /dev/console where /dev is read-only")
  func terminalOnReadOnly() throws {
    try BundleBed.use { bed in
      try bed.write("tty") { config in
        var mounts = config["mounts"] as? [[String: Any]] ?? []
        let index = mounts.firstIndex { $0["destination"] as? String == "/dev" } ?? 0
        mounts[index]["options"] = ["nosuid", "mode=755", "ro"]
        config["mounts"] = mounts
        var process = config["process"] as? [String: Any] ?? [:]
        process["terminal"] = true
        config["process"] = process
      }
      let result = try Command(
        "script", ["-qec", "\(bed.program) --root \(bed.root) run a", "/dev/null"],
        directory: URL(fileURLWithPath: bed.bundle)
      ).wait()
      #expect(result.code == 0 && result.output.contains("/dev/pts/0"), "\(result)")
      try bed.expectNothingLeft()
    }
  }

  @Test("preserved descriptors arrive, and no others")
  func descriptors() throws {
    try BundleBed.use { bed in
      try bed.write("ls /proc/self/fd | tr '\\n' ' '; cat <&3; cat <&4")
      let script = "exec 3<\(bed.bundle)/three 4<\(bed.bundle)/four 5</dev/null; exec \"$@\""
      try bed.scratch.write("three", to: "bundle/three")
      try bed.scratch.write("four", to: "bundle/four")
      let result = try Command(
        "bash", ["-c", script, "-", bed.program, "--root", bed.root, "run", "--preserve-fds", "2", "a"],
        directory: URL(fileURLWithPath: bed.bundle)
      ).wait()
      // 5 is ls's own.
      #expect(result.output == "0 1 2 3 4 5 threefour", "\(result)")
      try bed.expectNothingLeft()
    }
  }

  @Test("with 6 MB of memory a program still starts")
  func little() throws {
    try BundleBed.use { bed in
      try bed.write("true") { config in
        var linux = config["linux"] as? [String: Any] ?? [:]
        linux["resources"] = ["memory": ["limit": 6 << 20]]
        config["linux"] = linux
      }
      try bed.runtime(["run", "a"]).succeeding()
      try bed.expectNothingLeft()
    }
  }
}
