// Configs and secrets in containers, what their changes do, and that what is in a secret stays in memory.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Configs, secrets and changed files", .serialized, .asRoot)
struct ContentTests {
  private static let stack = """
    services:
      web:
        layers: [./base]
        command: [sh, -c, "trap 'echo hup >> /out/signals' HUP; touch /out/ready; while :; do sleep 0.1; done"]
        stop_signal: SIGKILL
        secrets: [token, {source: pass, target: pw, uid: "1000", gid: "2000", mode: 0400}]
        configs: [{source: app, target: /etc/app.conf}, inline]
        volumes: [./out:/out, "./bound.txt:/etc/bound.txt"]
    secrets:
      token: {file: ./token}
      pass: {environment: PASS}
    configs:
      app: {file: ./app.conf}
      inline: {content: "port=80\\n"}

    """
  private static let secrets = ["s3cr3t-of-a-file", "s3cr3t-of-a-variable"]
  private static let environment = ["PASS": secrets[1]]

  /// A bed in which the stack is up. `reaction`: what is declared.
  private func use(
    _ reaction: String? = nil, sourceLocation: SourceLocation = #_sourceLocation, _ body: (Bed) throws -> Void
  ) throws {
    let line = reaction.map { "    x-containr: {on-change: \"\($0)\"}\nsecrets:\n  token" } ?? "secrets:\n  token"
    let text = Self.stack.replacingOccurrences(of: "secrets:\n  token", with: line)
    try Bed.use(text, sourceLocation: sourceLocation) { bed in
      try write(Self.secrets[0], to: "token", of: bed)
      try write("app 1", to: "app.conf", of: bed)
      try write("bound 1", to: "bound.txt", of: bed)
      try up(bed)
      #expect(try plan(bed) == "nothing to do: 1 container matches\n", sourceLocation: sourceLocation)
      // From now on a signal means something to it.
      try eventually("it is ready") { bed.exists("out/ready") }
      try body(bed)
    }
  }

  private func up(_ bed: Bed) throws { try bed.tryUp(environment: Self.environment).succeeding() }

  private func plan(_ bed: Bed) throws -> String {
    let result = try bed.run("containr", ["plan", Bed.file], environment: Self.environment)
    guard result.code == (result.output.hasPrefix("nothing to do") ? 0 : 2) else {
      throw TestSupportError("plan: \(result)")
    }
    return result.output
  }

  /// A new file each time, as editors and git make it.
  private func write(_ text: String, to name: String, of bed: Bed) throws {
    try Data("\(text)\n".utf8).write(to: URL(filePath: "\(bed.path)/\(name)"), options: .atomic)
  }

  private func inside(_ bed: Bed, _ script: String) throws -> String {
    try bed.run("containr", ["exec", "-p", "t", "web", "sh", "-c", script]).succeeding().output
  }

  @Test(
    "they are files with owner and mode, cannot be written, and lie on a tmpfs that is gone with the stack")
  func files() throws {
    try use { bed in
      #expect(
        try inside(bed, "cat /run/secrets/token /etc/app.conf /inline; cat /run/secrets/pw")
          == "s3cr3t-of-a-file\napp 1\nport=80\ns3cr3t-of-a-variable")
      #expect(
        try inside(bed, "stat -c '%u %g %a %n' /run/secrets/* /etc/app.conf")
          == "1000 2000 400 /run/secrets/pw\n0 0 444 /run/secrets/token\n0 0 444 /etc/app.conf\n")
      #expect(
        try inside(bed, "echo x 2>/dev/null > /run/secrets/token || echo no; rm /etc/app.conf 2>/dev/null || echo no")
          == "no\nno\n")
      let mounts = try run("cat", ["/proc/\(try bed.pid("web"))/mountinfo"]).succeeding().output.split(separator: "\n")
      let ours = mounts.filter { $0.contains(" /run/secrets/") || $0.contains(" /etc/app.conf ") }
      #expect(ours.count == 3)
      #expect(ours.allSatisfy { $0.contains(" ro,nosuid,nodev,noexec") && $0.contains(" - tmpfs ") }, "\(ours)")
      let files = "\(bed.sandbox.runDirectory)/files"
      #expect(try bed.inside("cat /proc/self/mountinfo").contains(" \(files) rw,nosuid,nodev,"))
      let mode = try FileManager.default.attributesOfItem(atPath: files)[.posixPermissions] as? Int
      #expect(mode == 0o700)
      try bed.down()
      #expect(!bed.exists(files))
      #expect(try !bed.read("/proc/self/mountinfo").contains(files))
    }
  }

  @Test("one whose mode lets it be executed is a program, also after its content has changed in place")
  func executable() throws {
    try Bed.use(
      """
      services:
        web:
          layers: [./base]
          entrypoint: [/start.sh]
          stop_signal: SIGKILL
          configs: [{source: start, target: /start.sh, mode: 0555}]
      configs:
        start: {file: ./start.sh}
      """
    ) { bed in
      try write("#!/bin/sh\nexec sleep 100000", to: "start.sh", of: bed)
      try bed.up()
      let pid = try bed.pid("web")
      try write("#!/bin/sh\necho second", to: "start.sh", of: bed)
      try bed.up()
      #expect(try bed.pid("web") == pid)
      #expect(try inside(bed, "/start.sh") == "second\n")
      // What is wrong with it is not looked for in the layers.
      try write("#!/nosuch/shell", to: "start.sh", of: bed)
      try bed.edit("[/start.sh]", "[/start.sh, again]")
      let up = try bed.tryUp(["--on-failure", "keep"])
      #expect(up.code == 4 && up.errors.contains("did not start"), "\(up)")
      #expect(!up.errors.contains("there is no file /start.sh"), "\(up)")
    }
  }

  @Test("what is in a secret is on no disk of ours, in no record, no saved plan, and no output")
  func withheld() throws {
    try use("signal:HUP") { bed in
      try write("s3cr3t-of-a-file, the second", to: "token", of: bed)
      var said = ""
      for words in [
        ["plan"], ["plan", "--json"], ["plan", "-o", "saved.json", "--html", "p.html", "--graph", "p.svg"],
      ] {
        let result = try bed.run("containr", words + [Bed.file], environment: Self.environment)
        #expect(result.code == 2, "\(result)")
        said += result.output + result.errors
      }
      #expect(said.contains("content./run/secrets/token"))
      said += try bed.read("saved.json") + bed.read("p.html") + bed.read("p.svg")
      let result = try bed.run("containr-up", ["-d", "--json", "saved.json"], environment: Self.environment)
        .succeeding()
      said += result.output + result.errors
      #expect(!said.contains("s3cr3t"), "\(said)")
      // The tmpfs is what is left out; nothing else may hold it.
      let found = try run(
        "grep", ["-rl", "--exclude-dir=files", "s3cr3t", bed.sandbox.stateDirectory, bed.sandbox.runDirectory])
      #expect(found.output.isEmpty && found.code == 1, "\(found)")
      #expect(try inside(bed, "cat /run/secrets/token") == "s3cr3t-of-a-file, the second\n")
    }
  }

  @Test("a saved plan takes its variables from where they came, and says which one is missing")
  func saved() throws {
    try use { bed in
      try bed.edit("{environment: PASS}", "{environment: OTHER}")
      try bed.sandbox.directory.write("OTHER=of-dotenv\n", to: ".env")
      try write("app 2", to: "app.conf", of: bed)
      try bed.edit("content: \"port=80\\n\"", "environment: PORT")
      let port = ["PORT": "81"]
      #expect(try bed.run("containr", ["plan", "-o", "p.json", Bed.file], environment: port).code == 2)
      let refused = try bed.run("containr-up", ["-d", "p.json"])
      #expect(refused.code == 2)
      #expect(refused.errors.contains("the variable PORT of config 'inline' is not set"), "\(refused)")
      try bed.run("containr-up", ["-d", "p.json"], environment: port).succeeding()
      #expect(try inside(bed, "cat /run/secrets/pw; cat /inline; cat /etc/app.conf") == "of-dotenv81app 2\n")
    }
  }

  @Test("changed contents are put in place: same process, new content at once and whole, the old mount gone")
  func inPlace() throws {
    try use { bed in
      let pids = try bed.pids()
      let mounts = {
        // Foundation reads one page of such a file.
        try run("cat", ["/proc/\(try bed.pid("web"))/mountinfo"]).succeeding().output.split(separator: "\n")
          .map { $0.split(separator: " ")[3...5].joined(separator: " ") }.sorted()
      }
      let before = try mounts()
      for round in 2...4 {
        try write("s3cr3t \(round) " + String(repeating: "x", count: 9000 / round), to: "token", of: bed)
        try write("app \(round)", to: "app.conf", of: bed)
        let text = try plan(bed)
        #expect(text.hasPrefix("~   container t-web-1   change\n"), "\(text)")
        #expect(text.contains("content./run/secrets/token: digest "), "\(text)")
        #expect(text.contains("   stack.yaml:11:17   in place\n"), "\(text)")
        try up(bed)
        #expect(try inside(bed, "head -c 8 /run/secrets/token; cat /etc/app.conf") == "s3cr3t \(round)app \(round)\n")
        #expect(try plan(bed) == "nothing to do: 1 container matches\n")
      }
      #expect(try bed.pids() == pids)
      let after = try mounts()
      #expect(after == before, "\(Set(after).symmetricDifference(before))")
      #expect(!bed.exists("out/signals"))
    }
  }

  @Test("a reader in the container sees the old or the new content at any moment, never a part, never none")
  func atomic() throws {
    try use { bed in
      try bed.edit(
        "trap 'echo hup >> /out/signals' HUP; touch /out/ready; while :; do sleep 0.1; done",
        "while :; do c=$$(cat /etc/app.conf) || echo none >> /out/bad; case $$c in a*a|b*b) ;; *) echo part >> /out/bad;; esac; done"
      )
      try write("a" + String(repeating: "-", count: 20000) + "a", to: "app.conf", of: bed)
      try up(bed)
      for round in 0..<8 {
        let letter = round % 2 == 0 ? "b" : "a"
        try write(letter + String(repeating: "+", count: 100 + 9000 * round) + letter, to: "app.conf", of: bed)
        try up(bed)
      }
      #expect(!bed.exists("out/bad"))
    }
  }

  @Test("signal:HUP reaches the first process once the new content is there, for mounted files as well")
  func signalled() throws {
    try use("signal:HUP") { bed in
      let pids = try bed.pids()
      try write("app 2", to: "app.conf", of: bed)
      try write("bound 2", to: "bound.txt", of: bed)
      let text = try plan(bed)
      #expect(text.contains("content./etc/bound.txt: digest ") && text.contains("(drift)"), "\(text)")
      try up(bed)
      try eventually("the signal arrives") { (try? bed.read("out/signals")) == "hup\n" }
      #expect(try inside(bed, "cat /etc/app.conf /etc/bound.txt") == "app 2\nbound 2\n")
      #expect(try bed.pids() == pids)
      #expect(try plan(bed).hasPrefix("nothing to do"))
    }
  }

  @Test("restart starts the process again with its writable layer, recreate without it")
  func restarted() throws {
    for (reaction, keeps) in [("restart", true), ("recreate", false)] {
      try use(reaction) { bed in
        _ = try inside(bed, "echo here > /mark")
        let pid = try bed.pid("web")
        try write("bound 2", to: "bound.txt", of: bed)
        let text = try plan(bed)
        #expect(text.contains(reaction == "restart" ? "   restart\n" : "   recreate\n"), "\(text)")
        try up(bed)
        #expect(try bed.pid("web") != pid)
        #expect(
          try inside(bed, "cat /etc/bound.txt; cat /mark 2>/dev/null || echo fresh")
            == "bound 2\n\(keeps ? "here" : "fresh")\n")
        #expect(try plan(bed) == "nothing to do: 1 container matches\n")
      }
    }
  }

  @Test("without a word a changed mounted file is named, and nothing is to do until the container starts again")
  func noted() throws {
    try use { bed in
      let pids = try bed.pids()
      try write("bound 2", to: "bound.txt", of: bed)
      let text = try plan(bed)
      #expect(text.hasPrefix("nothing to do: 1 container matches\n!   container t-web-1   left as it is\n"), "\(text)")
      #expect(text.contains("content./etc/bound.txt: digest "), "\(text)")
      try up(bed)
      #expect(try bed.pids() == pids)
      #expect(try plan(bed) == text)
      try bed.edit("stop_signal: SIGKILL", "stop_signal: SIGKILL\n    hostname: other")
      try up(bed)
      #expect(try plan(bed) == "nothing to do: 1 container matches\n")
    }
  }

  @Test("a restart by the supervisor keeps configs and secrets, and takes mounted files as they are")
  func supervised() throws {
    try use { bed in
      try bed.edit("stop_signal: SIGKILL", "stop_signal: SIGKILL\n    restart: always")
      try up(bed)
      try write("bound 2", to: "bound.txt", of: bed)
      let pid = try bed.pid("web")
      kill(pid, SIGKILL)
      try eventually("it runs again") {
        let row = try bed.container("web")
        return row.state == "running" && row.pid != pid
      }
      #expect(try inside(bed, "cat /run/secrets/token /etc/bound.txt") == "s3cr3t-of-a-file\nbound 2\n")
      try eventually("the plan is clean") { try plan(bed) == "nothing to do: 1 container matches\n" }
    }
  }

  @Test("a tmpfs that somebody unmounted is named and made again, and so are its files")
  func unmounted() throws {
    try use { bed in
      let pids = try bed.pids()
      try bed.inside("umount -l \(bed.sandbox.runDirectory)/files")
      #expect(try plan(bed).contains("content./run/secrets/token: gone → "))
      try up(bed)
      #expect(try bed.pids() == pids)
      #expect(try inside(bed, "cat /run/secrets/token") == "s3cr3t-of-a-file\n")
      #expect(try plan(bed) == "nothing to do: 1 container matches\n")
    }
  }

  @Test("a secret that is not to be had stops the start before anything is touched, and leaves what runs alone")
  func missing() throws {
    try use { bed in
      let pids = try bed.pids()
      try FileManager.default.removeItem(atPath: "\(bed.path)/token")
      #expect(try plan(bed).contains("it stays as it is, as its source is not to be had: "))
      try bed.edit("stop_signal: SIGKILL", "stop_signal: SIGKILL\n    hostname: other")
      let refused = try bed.tryUp(environment: Self.environment)
      #expect(refused.code == 2)
      #expect(refused.errors.contains("service web: secret token is not to be had"), "\(refused)")
      #expect(refused.errors.contains("--> stack.yaml:12:17"), "\(refused)")
      #expect(try bed.pids() == pids)
      let unset = try bed.tryUp()
      #expect(unset.errors.contains("error[C0301]: the variable 'PASS' of secret 'pass' is not set"), "\(unset)")
      try write(String(repeating: "x", count: 1 << 20), to: "token", of: bed)
      let large = try bed.tryUp(environment: Self.environment)
      #expect(large.errors.contains("it has more than 1 MiB: mount it with 'volumes'"), "\(large)")
    }
  }

  @Test("killed at any boundary while contents are replaced: the next up has them in place, and the signal is not lost")
  func killed() throws {
    try use("signal:HUP") { bed in
      let pids = try bed.pids()
      let record = bed.path + "/boundaries"
      try Data().write(to: URL(filePath: record))
      try write("app 2", to: "app.conf", of: bed)
      let recording = Self.environment.merging(["CONTAINR_FAILPOINT": "record:\(record)"]) { $1 }
      try bed.tryUp(environment: recording).succeeding()
      let boundaries = try bed.read("boundaries").split(separator: "\n").map(String.init)
      #expect(
        boundaries.contains("files:t-web-1:written") && boundaries.contains("files:t-web-1:placed"), "\(boundaries)")
      for (round, boundary) in boundaries.enumerated() {
        try write("app of round \(round)", to: "app.conf", of: bed)
        try? FileManager.default.removeItem(atPath: bed.path + "/out/signals")
        let killed = try bed.tryUp(
          environment: Self.environment.merging(["CONTAINR_FAILPOINT": boundary]) { $1 })
        guard killed.code == 128 + SIGKILL else { throw TestSupportError("\(boundary) was not reached: \(killed)") }
        try up(bed)
        #expect(try inside(bed, "cat /etc/app.conf") == "app of round \(round)\n", "\(boundary)")
        try eventually("the signal of round \(round)") { bed.exists("out/signals") }
        let clean = try plan(bed)
        #expect(clean == "nothing to do: 1 container matches\n", "\(boundary): \(clean)")
      }
      #expect(try bed.pids() == pids)
    }
  }

  @Test("a mounted file that is too large to be read is told by its size, time and inode")
  func large() throws {
    try use("restart") { bed in
      try write(String(repeating: "x", count: 2 << 20), to: "bound.txt", of: bed)
      try up(bed)
      #expect(try plan(bed) == "nothing to do: 1 container matches\n")
      try write(String(repeating: "y", count: 2 << 20), to: "bound.txt", of: bed)
      let text = try plan(bed)
      #expect(text.contains("content./etc/bound.txt: 2097153 bytes, changed "), "\(text)")
      try up(bed)
      #expect(try plan(bed) == "nothing to do: 1 container matches\n")
    }
  }
}
