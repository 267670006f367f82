// NOTIFY_SOCKET: a container's program says that it is ready, and whoever started it hears that and nothing else.
import ContainrTestSupport
import Foundation
import Testing

@Suite(.notAsUser("services of the system begin it as root; `user` begins it as a user in every run"))
struct OCIReadinessTests {
  private func begin(
    _ bed: BundleBed, _ words: [String], _ address: String?, program: [String]? = nil
  ) throws -> Command {
    let line = (program ?? [bed.program, "--root", bed.root]) + words
    return try Command(
      line[0], Array(line.dropFirst()), environment: address.map { ["NOTIFY_SOCKET": $0] } ?? [:],
      directory: URL(fileURLWithPath: bed.bundle))
  }

  private func pid(_ bed: BundleBed) throws -> Int { try #require(try bed.state("a")["pid"] as? Int) }
  private func inside(_ bed: BundleBed, _ name: String) -> String { "\(bed.bundle)/rootfs/\(name)" }
  private func read(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
  private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  @Test("run passes on that the program is ready, once, with its own pid, and no other word of the program's")
  func foreground() throws {
    try BundleBed.use { bed in
      try NotifyProgram.put(into: bed)
      let listener = try NotifyListener(bed)
      try bed.write(
        """
        notify say "STATUS=not yet" && notify say "MAINPID=1\nSTATUS=x\nREADY=1\nFDSTORE=1" && notify barrier &&
        notify say READY=1 && notify say WATCHDOG=1 && notify say STOPPING=1 && notify barrier || exit 1
        echo $NOTIFY_SOCKET; grep ' /run/notify ' /proc/mounts; ls -n /run/notify; touch /run/notify/x; exit 7
        """)
      let command = try begin(bed, ["run", "a"], listener.address)
      let result = command.wait()
      #expect(result.code == 7, "\(result)")
      try listener.awaitWord()
      #expect(listener.heard == ["\(command.pid) 0 READY=1|MAINPID=\(command.pid)|"], "\(listener.heard)")
      let lines = result.output.split(separator: "\n").map(String.init)
      #expect(lines.first == "/run/notify/notify.sock", "\(result)")
      let mount = try #require(lines.first { $0.contains(" /run/notify ") })
      for option in ["ro", "nosuid", "nodev", "noexec"] { #expect(mount.contains(option), "\(mount)") }
      #expect(
        lines.last?.hasPrefix("srwxrwxrwx") == true && result.errors.contains("Read-only file system"), "\(result)")
      try bed.expectNothingLeft()
    }
  }

  @Test("what a program says last, before its end, is passed on as well", arguments: [[], ["--detach"]])
  func lastWord(options: [String]) throws {
    try BundleBed.use { bed in
      try NotifyProgram.put(into: bed)
      let listener = try NotifyListener(bed, abstract: true)
      try bed.write("exec notify flood 40 READY=1")
      try begin(bed, ["run"] + options + ["a"], listener.address).wait().succeeding()
      try listener.awaitWord()
      #expect(listener.heard.contains { $0.contains(" 0 READY=1|MAINPID=") }, "\(listener.heard)")
      if !options.isEmpty { try bed.runtime(["delete", "a"]).succeeding() }
      try bed.expectNothingLeft()
    }
  }

  /// A program that says it when the test wants.
  private static let whenTold =
    "until test -e /tmp/go; do sleep 0.05; done; notify say READY=1 && notify barrier; echo $? > /tmp/said; exec sleep 600"

  @Test(
    "a detached run and a start wait until it is ready and the host has read so, with the container's pid",
    arguments: [true, false])
  func detached(runs: Bool) throws {
    try BundleBed.use { bed in
      try NotifyProgram.put(into: bed)
      let answer = bed.scratch.path + "/answer"
      let listener = try NotifyListener(bed, keepsUntil: answer)
      try bed.write(Self.whenTold)
      if !runs { try begin(bed, ["create", "a"], listener.address).wait().succeeding() }
      let command = try begin(bed, runs ? ["run", "-d", "a"] : ["start", "a"], listener.address)
      try eventually("it runs") { try bed.runtime(["state", "a"]).output.contains("running") }
      let pid = try pid(bed)
      #expect(command.isRunning && listener.heard.isEmpty, "\(listener.heard)")
      try bed.scratch.write("", to: "bundle/rootfs/tmp/go")
      try eventually("it is told") { listener.heard.count == 2 }
      #expect(
        listener.heard == ["\(command.pid) 0 READY=1|MAINPID=\(pid)|", "\(command.pid) 1 BARRIER=1"],
        "\(listener.heard)")
      #expect(command.isRunning, "the host has not done with it")
      // Who waits inside until it was read, as systemd-notify does, is answered.
      try eventually("it goes on") { read(inside(bed, "tmp/said")) == "0\n" }
      try bed.scratch.write("", to: "answer")
      let result = command.wait()
      #expect(result.code == 0 && result.errors.isEmpty, "\(result)")
      #expect(try bed.state("a")["status"] as? String == "running")
      // A process that enters has no part in it.
      #expect(try bed.runtime(["exec", "a", "env"]).succeeding().output.contains("NOTIFY_SOCKET") == false)
      try bed.runtime(["delete", "-f", "a"]).succeeding()
      try bed.expectNothingLeft()
    }
  }

  @Test("start waits no longer than its container lives, and holds nobody up who deletes it")
  func deletedMeanwhile() throws {
    try BundleBed.use { bed in
      let listener = try NotifyListener(bed)
      try bed.write("sleep 600")
      try begin(bed, ["create", "a"], listener.address).wait().succeeding()
      let start = try begin(bed, ["start", "a"], listener.address)
      try eventually("it runs") { try bed.runtime(["state", "a"]).output.contains("running") }
      #expect(start.isRunning)
      try bed.runtime(["delete", "-f", "a"]).succeeding()
      let result = start.wait()
      #expect(result.code == 0 && result.errors.contains("ended before it said that it was ready"), "\(result)")
      #expect(listener.heard.isEmpty)
      try bed.expectNothingLeft()
    }
  }

  @Test("messages that are many, too long or bring descriptors change nothing, and signals go on being passed on")
  func hostile() throws {
    try BundleBed.use { bed in
      try NotifyProgram.put(into: bed)
      let listener = try NotifyListener(bed)
      try bed.write(
        """
        trap 'notify say READY=1; notify barrier; exit 9' TERM
        notify long && notify descriptors STATUS=x && notify descriptors READY=0 && notify barrier && echo > /tmp/sent
        while :; do notify flood 1000; done
        """)
      let command = try begin(bed, ["run", "a"], listener.address)
      try eventually("it has sent") { exists(inside(bed, "tmp/sent")) }
      let files = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(command.pid)/fd")
        .compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(command.pid)/fd/\($0)") }
      #expect(!files.contains { $0 == "/" || $0.hasSuffix("/rootfs") }, "\(files)")
      #expect(command.isRunning && listener.heard.isEmpty, "\(listener.heard)")
      command.signal(SIGTERM)
      #expect(command.wait().code == 9)
      try listener.awaitWord()
      #expect(listener.heard == ["\(command.pid) 0 READY=1|MAINPID=\(command.pid)|"], "\(listener.heard)")
      try bed.expectNothingLeft()
    }
  }

  @Test("while it is flooded the runtime is idle for most of the time")
  func flooded() throws {
    try BundleBed.use { bed in
      try NotifyProgram.put(into: bed)
      let listener = try NotifyListener(bed)
      try bed.write("notify flood 3000; notify say READY=1; notify barrier; exec sleep 600")
      let command = try begin(bed, ["run", "a"], listener.address)
      try eventually("it is ready") { !listener.heard.isEmpty }
      // Of 3000 messages 16 are read with every wake; without the pause most are read alone.
      let text = try String(contentsOfFile: "/proc/\(command.pid)/status", encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches") })
      let sleeps = try #require(Int(line.split(whereSeparator: \.isWhitespace)[1]))
      #expect(sleeps < 1500, "\(sleeps) sleeps")
      try bed.runtime(["kill", "a", "KILL"]).succeeding()
      #expect(command.wait().code == 137)
    }
  }

  @Test("a /run of the image that leads out of it leads nowhere")
  func links() throws {
    try BundleBed.use { bed in
      try NotifyProgram.put(into: bed)
      let listener = try NotifyListener(bed)
      let outside = bed.scratch.path + "/outside"
      try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: false)
      try FileManager.default.createSymbolicLink(atPath: inside(bed, "run"), withDestinationPath: outside)
      try bed.write("notify say READY=1; notify barrier; cat /proc/mounts")
      let command = try begin(bed, ["run", "a"], listener.address)
      let result = command.wait()
      #expect(result.code == 0 && result.output.contains(" \(outside)/notify "), "\(result)")
      try listener.awaitWord()
      #expect(listener.heard.count == 1, "\(result)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: outside).isEmpty)
      #expect(exists(inside(bed, outside + "/notify")), "it was made below the root")
      try bed.expectNothingLeft()
    }
  }

  @Test("every user of the container can say it, in a user namespace as well, and nobody else on the host")
  func users() throws {
    try BundleBed.use { bed in
      try NotifyProgram.put(into: bed)
      // Whoever may enter the runtime's root comes to the container's state, and no further.
      chmod(bed.scratch.path, 0o755)
      try FileManager.default.createDirectory(atPath: bed.root, withIntermediateDirectories: false)
      chmod(bed.root, 0o755)
      for mapped in [false, true] {
        let listener = try NotifyListener(bed)
        try bed.write(
          "id -u; until test -e /tmp/go; do sleep 0.05; done; notify say READY=1; notify barrier; sleep 600"
        ) { config in
          var process = config["process"] as? [String: Any] ?? [:]
          process["user"] = ["uid": 1000, "gid": 1000]
          config["process"] = process
          if !mapped { return }
          var linux = config["linux"] as? [String: Any] ?? [:]
          linux["namespaces"] = (linux["namespaces"] as? [[String: Any]] ?? []) + [["type": "user"]]
          for key in ["uidMappings", "gidMappings"] {
            linux[key] = [["containerID": 0, "hostID": 300_000, "size": 2000]]
          }
          config["linux"] = linux
        }
        if mapped { try ContainrTestSupport.run("chown", ["-R", "300000:300000", inside(bed, "")]).succeeding() }
        let command = try begin(bed, ["run", "-d", "a"], listener.address)
        try eventually("it runs", showing: command.errorsSoFar) {
          try bed.runtime(["state", "a"]).output.contains("running")
        }
        let socket = "\(bed.root)/a/notify/notify.sock"
        let outsider = try ContainrTestSupport.run(
          "setpriv",
          ["--reuid=65534", "--regid=65534", "--clear-groups", try NotifyProgram.path(), "say", "READY=1"],
          environment: ["NOTIFY_SOCKET": socket])
        #expect(outsider.code == 1 && outsider.errors.contains("Permission denied"), "\(outsider)")
        #expect(listener.heard.isEmpty)
        try bed.scratch.write("", to: "bundle/rootfs/tmp/go")
        let result = command.wait()
        #expect(result.code == 0 && listener.heard.count == 2, "\(result) \(listener.heard)")
        try bed.runtime(["delete", "-f", "a"]).succeeding()
        try bed.expectNothingLeft()
        for path in [inside(bed, "tmp/go"), listener.address] { try FileManager.default.removeItem(atPath: path) }
      }
    }
  }

  @Test("an ordinary user's container tells a listener of the user's")
  func user() throws {
    try BundleBed.use { bed in
      try NotifyProgram.put(into: bed)
      let user = try BundleUser(bed)
      let listener = try NotifyListener(bed)
      try user.runtime("spec", "--rootless").succeeding()
      try user.write("notify say READY=1; notify barrier; exec sleep 600")
      // A read-only root has the place already, or cannot have it.
      try FileManager.default.createDirectory(atPath: inside(bed, "run/notify"), withIntermediateDirectories: true)
      try user.runtime("run", "-d", "a", environment: ["NOTIFY_SOCKET=\(listener.address)"]).succeeding()
      #expect(listener.heard.first?.contains(" 0 READY=1|MAINPID=") == true, "\(listener.heard)")
      try user.runtime("delete", "--force", "a").succeeding()
      #expect(try user.runtime("list", "-q").output == "")
    }
  }

  @Test("without anybody who listens nothing is made, and without a socket inside nothing is started")
  func refused() throws {
    try BundleBed.use { bed in
      try bed.write("sleep 600")
      for address in ["/nonexistent/socket", "vsock:2:1234", "@nobody-\(UUID().uuidString)"] {
        for options in [[], ["-d"]] {
          let result = try begin(bed, ["run"] + options + ["a"], address).wait()
          #expect(result.code == 1 && result.errors.contains("NOTIFY_SOCKET"), "\(result)")
          try bed.expectNothingLeft()
        }
      }
      let listener = try NotifyListener(bed)
      try bed.runtime(["create", "a"]).succeeding()
      let start = try begin(bed, ["start", "a"], listener.address).wait()
      #expect(start.code == 1 && start.errors.contains("was not when the container was created"), "\(start)")
      #expect(try bed.state("a")["status"] as? String == "created")
      try bed.runtime(["start", "a"]).succeeding()
      try bed.runtime(["delete", "-f", "a"]).succeeding()
      // Of those that wait only `create` has a socket: who starts it need not know.
      try begin(bed, ["create", "a"], "/nonexistent/socket").wait().succeeding()
      try bed.runtime(["start", "a"]).succeeding()
      #expect(try bed.state("a")["status"] as? String == "running")
      try bed.runtime(["delete", "-f", "a"]).succeeding()
      try bed.expectNothingLeft()
    }
  }
}
