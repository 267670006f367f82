// Options of Compose's commands: dry runs, whose logs an attached up shows, what is done about dependencies and orphans.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Compose's options of commands", .serialized, .asRoot)
struct ComposeOptionTests {
  private static let stack = """
    x-some: &some {layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL}
    services:
      db: {<<: *some, healthcheck: {test: [CMD, "true"], interval: 1s}}
      web: {<<: *some, depends_on: {db: {condition: service_healthy}}}
      alone: {<<: *some, restart: always}
      gone: {<<: *some}

    """

  /// What there is of a stack: processes, states, records.
  private func everything(_ bed: Bed) throws -> [String] {
    try bed.ps().map { "\($0.name) \($0.state) \($0.pid ?? 0)" }
      + bed.run("containr", ["history", "-p", "t"]).output.split(separator: "\n").map { String($0.prefix(8)) }
  }

  @Test("a dry run of each command says what it would do, does nothing of it, and ends with 0")
  func dryRuns() throws {
    try Bed.use(Self.stack) { bed in
      func dry(_ words: [String], _ expected: [String]) throws {
        let before = try bed.exists("state/containr.db") ? everything(bed) : []
        let result = try bed.run("containr", ["--dry-run"] + words)
        #expect(result.code == 0 && result.output.hasSuffix("dry run: nothing was changed\n"), "\(words): \(result)")
        for word in expected { #expect(result.output.contains(word), "\(words): \(word) is not in \(result)") }
        let after = try bed.exists("state/containr.db") ? everything(bed) : []
        #expect(after == before, "\(words)")
      }
      try dry(["up", "-d"], ["+   container t-web-1   create", "+   network t_default"])
      try dry(["create", "alone"], ["container t-alone-1   create"])
      #expect(!bed.exists("state/containr.db") && !bed.exists("run/stacks/t"), "nothing was begun")
      bed.expectNothingLeft()
      try bed.up("--wait")
      try dry(["up", "--force-recreate", "alone"], ["container t-alone-1", "is to be made again"])
      try dry(["stop", "web"], ["container t-web-1   stop"])
      try dry(["start"], ["nothing to do"])
      try dry(["restart", "web"], ["container t-web-1   stop", "container t-web-1   start"])
      try dry(["kill", "-s", "HUP", "db"], ["t-db-1   SIGHUP would be sent"])
      try dry(["pause", "alone"], ["t-alone-1   would be paused"])
      try dry(["rm", "-s", "alone"], ["container t-alone-1   remove"])
      try dry(["run", "alone", "true"], ["container t-alone-run-", "create"])
      try dry(["down", "-v"], ["container t-db-1   remove", "network t_default   remove"])
      let plain = try bed.run("containr-down", ["--dry-run", Bed.file])
      #expect(plain.code == 0 && plain.output.contains("dry run"), "\(plain)")
      let json = try bed.run("containr-up", ["--dry-run", "--json", "--force-recreate", Bed.file])
      #expect(json.code == 0 && json.output.contains(#""outcome": null"#), "\(json)")
      try bed.run("containr", ["pause", "alone"]).succeeding()
      try dry(["unpause"], ["t-alone-1   would go on"])
      try bed.run("containr", ["unpause"]).succeeding()
      try bed.run("containr", ["stop", "web"]).succeeding()
      try dry(["start", "web"], ["container t-web-1   start"])
      #expect(try bed.container("web").state == "stopped")
      // What would be refused is refused.
      try bed.edit("gone: {<<: *some}", "gone: {<<: *some, volumes: [\"./nothing:/x:ro\"], layers: [./none]}")
      let refused = try bed.run("containr", ["up", "--dry-run"])
      #expect(refused.code == 2 && refused.errors.contains("./none"), "\(refused)")
    }
  }

  @Test(
    "--no-deps leaves alone what a service depends on; --always-recreate-deps makes it again, --force-recreate does not"
  )
  func dependencies() throws {
    try Bed.use(Self.stack) { bed in
      try bed.run("containr-up", ["-d", "-y", "--no-deps", Bed.file, "web"]).succeeding()
      #expect(try bed.pids().keys.sorted() == ["web-1"], "it waits for nobody")
      try bed.up("--wait")
      let pids = try bed.pids()
      try bed.run("containr-up", ["-d", "-y", "--force-recreate", "web"]).succeeding()
      let forced = try bed.pids()
      #expect(
        forced["web-1"] != pids["web-1"] && forced["db-1"] == pids["db-1"] && forced["alone-1"] == pids["alone-1"])
      try bed.run("containr-up", ["-d", "-y", "--always-recreate-deps", "web"]).succeeding()
      let again = try bed.pids()
      #expect(again["db-1"] != forced["db-1"] && again["alone-1"] == forced["alone-1"])
      // What has changed of a dependency is not its affair either.
      try bed.edit("db: {<<: *some,", "db: {<<: *some, environment: {A: b},")
      try bed.run("containr-up", ["-d", "-y", "--no-deps", "web"]).succeeding()
      #expect(try bed.pids()["db-1"] == again["db-1"])
      try bed.run("containr-up", ["-d", "-y", "web"]).succeeding()
      #expect(try bed.pids()["db-1"] != again["db-1"])
      let both = try bed.run("containr-up", ["-d", "--no-deps", "--always-recreate-deps", "web"])
      #expect(both.code == 1 && both.errors.contains("contradict each other"), "\(both)")
    }
  }

  @Test("--attach, --no-attach and --attach-dependencies say whose logs are shown; what is not brought up is an error")
  func attach() throws {
    let stack = """
      x-some: &some {layers: [./base], command: [sh, -c, "echo word of $$NAME"]}
      services:
        db: {<<: *some, environment: {NAME: db}}
        web: {<<: *some, environment: {NAME: web}, depends_on: {db: {condition: service_completed_successfully}}}
        alone: {<<: *some, environment: {NAME: alone}}
      """
    try Bed.use(stack) { bed in
      func shown(_ words: String...) throws -> [String] { try shown(words) }
      func shown(_ words: [String]) throws -> [String] {
        let result = try bed.run("containr-up", ["--force-recreate"] + words)
        #expect(result.code == 0, "\(result)")
        return ["alone", "db", "web"].filter { result.output.contains("word of \($0)\n") }
      }
      #expect(try shown() == ["alone", "db", "web"])
      #expect(try shown("--attach", "web") == ["web"])
      #expect(try shown("--attach", "web", "--attach", "db") == ["db", "web"])
      #expect(try shown("--no-attach", "web") == ["alone", "db"])
      #expect(try shown("--attach", "web", "--no-attach", "web") == [])
      #expect(try shown("web") == ["web"])
      // What is left as it is writes nothing new.
      let attached = ["--attach-dependencies", "--always-recreate-deps"]
      #expect(try shown(attached + ["web"]) == ["db", "web"])
      #expect(try shown(["--attach-dependencies", "web"]) == ["web"])
      #expect(try shown(attached + ["--no-attach", "db", "web"]) == ["web"])
      for word in ["--attach", "--no-attach"] {
        let strange = try bed.run("containr-up", [word, "alone", "web"])
        #expect(strange.code == 2 && strange.errors.contains("\(word) alone: it is none of the services"), "\(strange)")
      }
      for (words, reason) in [
        (["--attach", "web", "-d"], "--attach needs an attached up"),
        (["--attach-dependencies", "--wait"], "--attach-dependencies needs an attached up"),
        (["--attach", "web", "--attach-dependencies"], "contradict each other"),
        (["--menu"], "there is no menu here"), (["-w"], "files are not watched"),
      ] {
        let refused = try bed.run("containr-up", words)
        #expect(refused.code == 1 && refused.errors.contains(reason), "\(words): \(refused)")
      }
    }
  }

  @Test("kill --remove-orphans reaches containers of services that have left the file, and removes these")
  func orphans() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try bed.edit("  gone: {<<: *some}\n", "")
      let dry = try bed.run("containr", ["kill", "--dry-run", "--remove-orphans", "alone"])
      #expect(dry.code == 0 && dry.output.contains("t-gone-1   SIGKILL would be sent"), "\(dry)")
      #expect(dry.output.contains("container t-gone-1   remove"), "\(dry)")
      try bed.run("containr", ["kill", "--remove-orphans", "alone"]).succeeding()
      let rows = try bed.ps()
      #expect(!rows.contains { $0.service == "gone" })
      #expect(rows.first { $0.service == "alone" }?.state == "stopped")
      #expect(rows.first { $0.service == "web" }?.state == "running")
      try bed.up()
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("cp takes a service as well: from one of its containers, into all of them, or into one by its number")
  func copy() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up("--scale", "alone=2")
      func text(_ index: String) throws -> String {
        try bed.run("containr", ["exec", "--index", index, "alone", "sh", "-c", "cat /note"]).output
      }
      func write(_ text: String) throws { try bed.sandbox.directory.write(text, to: "out/note") }
      try write("all")
      try bed.run("containr", ["cp", "out/note", "alone:/note"]).succeeding()
      #expect(try text("1") == "all" && text("2") == "all")
      try write("one")
      try bed.run("containr", ["cp", "--index", "2", "out/note", "alone:/note"]).succeeding()
      #expect(try text("1") == "all" && text("2") == "one")
      try bed.run("containr", ["cp", "alone:/note", "out/from"]).succeeding()
      try bed.run("containr", ["cp", "--index", "2", "alone:/note", "out/from2"]).succeeding()
      #expect(try bed.read("out/from") == "all" && bed.read("out/from2") == "one")
      // A container that a run has made is meant with --all alone.
      let run = try bed.run("containr", ["run", "-d", "alone", "sleep", "100000"]).succeeding().output
      let name = run.trimmingCharacters(in: .whitespacesAndNewlines)
      try write("more")
      try bed.run("containr", ["cp", "out/note", "alone:/note"]).succeeding()
      let without = try bed.run("containr", ["cp", "\(name):/note", "out/run"])
      #expect(without.code == 2 && without.errors.contains("/note"), "\(without)")
      try bed.run("containr", ["cp", "--all", "out/note", "alone:/note"]).succeeding()
      try bed.run("containr", ["cp", "\(name):/note", "out/run"]).succeeding()
      #expect(try text("1") == "more" && bed.read("out/run") == "more")
      let third = try bed.run("containr", ["cp", "--index", "3", "out/note", "alone:/note"])
      #expect(third.code == 1 && third.errors.contains("has no container number 3"), "\(third)")
      let both = try bed.run("containr", ["cp", "--index", "1", "--all", "out/note", "alone:/note"])
      #expect(both.code == 1 && both.errors.contains("contradict each other"), "\(both)")
      try bed.shell("tar -C \(bed.path)/out -cf \(bed.path)/out/note.tar note")
      let program = try BuiltPrograms.path("containr")
      let stream = try bed.sandbox.runInNetwork(
        "env",
        bed.sandbox.environment.map { "\($0.key)=\($0.value)" } + [
          "sh", "-c", "\(program) cp -p t - alone:/tmp < \(bed.path)/out/note.tar",
        ])
      #expect(stream.code == 1 && stream.errors.contains("standard input can be read once"), "\(stream)")
      let nobody = try bed.run("containr", ["cp", "out/note", "nobody:/note"])
      #expect(nobody.code == 1 && nobody.errors.contains("there is no container nobody"), "\(nobody)")
    }
  }
}
