// Commands of Compose as its users type them: options before the command, what ps lists, down of one service.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Compose's commands", .serialized, .asRoot)
struct ComposeCommandTests {
  private static let stack = """
    x-some: &some {layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL}
    services:
      db: {<<: *some, volumes: ["data:/data", /scratch]}
      web: {<<: *some, ports: ["8080:80"], depends_on: [db]}
      idle: {<<: *some, scale: 0}
      gone: {<<: *some}
    volumes: {data: {}}

    """

  private func object(_ line: Substring) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
  }

  @Test("options before the command are the command's, wherever it is called from")
  func global() throws {
    try Bed.use(Self.stack) { bed in
      let file = bed.sandbox.directory.url.appendingPathComponent(Bed.file).path
      try bed.run("containr", ["-f", file, "-p", "t", "--ansi", "never", "--progress", "plain", "up", "-d"])
        .succeeding()
      #expect(try bed.run("containr", ["-p", "t", "ps", "-q"]).succeeding().output == "t-db-1\nt-gone-1\nt-web-1\n")
      #expect(try bed.run("containr", ["--project-name=t", "ps", "-q", "web"]).succeeding().output == "t-web-1\n")
      let table = try bed.run("containr", ["--ansi", "always", "-p", "t", "ps"]).succeeding().output
      #expect(table.contains("\u{1B}["), "\(table)")
      try bed.run("containr", ["-p", "t", "--dry-run", "stop", "web"]).succeeding()
      #expect(try bed.container("web").state == "running")
      let refused = try bed.run("containr", ["--dry-run", "cp", "web:/etc", "out/etc"])
      #expect(refused.code == 1 && refused.errors.contains("containr cp takes no --dry-run"), "\(refused)")
      let late = try bed.run("containr", ["ps", "--ansi", "never"])
      #expect(late.code == 1 && late.errors.contains("--ansi stands before the command"), "\(late)")
      let test = try bed.run("containr", ["--dry-run", "test", "--", "true"])
      #expect(test.code == 200, "\(test)")
    }
  }

  @Test("ps lists services, states and fields as docker compose ps does")
  func ps() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try bed.run("containr", ["stop", "gone"]).succeeding()
      func ps(_ words: String...) throws -> String { try bed.run("containr", ["ps"] + words).succeeding().output }
      #expect(try ps("-q", "web", "db") == "t-db-1\nt-web-1\n")
      #expect(try ps("-q", "idle") == "", "it is in the file and has no container")
      #expect(try ps("-q", "-a", "--status", "running") == "t-db-1\nt-web-1\n")
      #expect(try ps("-q", "--filter", "status=exited") == "t-gone-1\n")
      #expect(try ps("--services", "--status", "stopped", "--status", "running") == "db\ngone\nweb\n")
      let lines = try ps("--format", "json").split(separator: "\n")
      #expect(lines.count == 3)
      let web = try object(try #require(lines.last))
      #expect(web["Service"] as? String == "web" && web["State"] as? String == "running")
      #expect(web["Command"] as? String == "\"sleep 100000\"")
      let ports = try #require(web["Publishers"] as? [[String: Any]])
      #expect(ports.contains { $0["PublishedPort"] as? Int == 8080 }, "\(ports)")
      #expect(try ps("--format", "{{.Name}} {{.State}}", "gone") == "t-gone-1 exited\n")
      let misspelt = try bed.run("containr", ["ps", "wbe"])
      #expect(misspelt.code == 1 && misspelt.errors.contains("did you mean 'web'?"), "\(misspelt)")
      try bed.edit("  gone: {<<: *some}\n", "")
      #expect(try ps("-q", "--no-orphans") == "t-db-1\nt-web-1\n")
      #expect(try ps("-q") == "t-db-1\nt-gone-1\nt-web-1\n")
      #expect(try bed.run("containr", ["volumes", "-q", "web"]).succeeding().output == "")
      #expect(try bed.run("containr", ["volumes", "-q"]).succeeding().output.contains("t_data\n"))
      #expect(
        try bed.run("containr", ["volumes", "db", "--format", "{{.Stack}}"]).succeeding().output.hasPrefix("t\n"))
    }
  }

  @Test("ps tells what a container was made with and what it has written, also of one whose service has left the file")
  func fields() throws {
    try Bed.use(
      """
      services:
        web:
          layers: [./base]
          command: [sh, -c, "head -c 1500000 /dev/zero > /tmp/written; echo END > /out/web; exec sleep 100000"]
          stop_signal: SIGKILL
          labels: {shop.tier: front}
          volumes: ["data:/data", "./out:/out", /scratch, {type: tmpfs, target: /run}]
          networks: [back, front]
        alone: {layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, network_mode: none}
        with: {layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, network_mode: "service:web"}
      volumes: {data: {}}
      networks: {back: {internal: true}, front: {internal: true}}
      """
    ) { bed in
      try bed.up()
      _ = try bed.output("web")
      func row(_ name: String) throws -> [String: Any] {
        let rows = try bed.run("containr", ["ps", "-p", "t", "--format", "json"]).succeeding().output
          .split(separator: "\n").map { try object($0) }
        return try #require(rows.first { $0["Name"] as? String == name })
      }
      let web = try row("t-web-1")
      #expect(
        web["Labels"] as? String
          == "com.docker.compose.container-number=1,com.docker.compose.oneoff=False,com.docker.compose.project=t,"
          + "com.docker.compose.service=web,shop.tier=front")
      let volumes = try bed.run("containr", ["volume", "ls", "-q"]).succeeding().output.split(separator: "\n")
      let scratch = try #require(volumes.first { $0.hasPrefix("t-web-1.") }.map(String.init))
      let mounts = try #require(web["Mounts"] as? String).split(separator: ",").map(String.init)
      #expect(Set(mounts) == ["t_data", "\(bed.path)/out", scratch] && web["LocalVolumes"] as? String == "2", "\(web)")
      #expect(web["Networks"] as? String == "t_back,t_front")
      #expect(web["Size"] as? String == "1.5MB")
      #expect(try row("t-alone-1")["Networks"] as? String == "none")
      #expect(try row("t-with-1")["Networks"] as? String == "" && row("t-with-1")["Size"] as? String == "0B")
      let text = try bed.run("containr", ["ps", "-p", "t", "--format", "{{.Name}} {{.Networks}} {{.Size}}"])
        .succeeding()
      #expect(text.output.contains("t-web-1 t_back,t_front 1.5MB\n"), "\(text)")
      let once = try bed.run("containr", ["run", "-f", Bed.file, "-d", "alone", "sleep", "99999"]).succeeding()
      let oneOff = try row(once.output.trimmingCharacters(in: .whitespacesAndNewlines))
      #expect(oneOff["Command"] as? String == "\"sleep 99999\"")
      let labels = oneOff["Labels"] as? String
      #expect(labels?.contains("oneoff=True") == true && labels?.contains("service=alone") == true, "\(oneOff)")
      try bed.edit(
        "  alone: {layers: [./base], command: [sleep, \"100000\"], stop_signal: SIGKILL, network_mode: none}\n", "")
      try bed.up()
      #expect(try row("t-alone-1")["Command"] as? String == "\"sleep 100000\"")
    }
  }

  @Test("what does not run, or is not up, is told by its name with what can be done; a restart tells all of its time")
  func absent() throws {
    try Bed.use(
      """
      services:
        a: {layers: [./base], command: [sh, -c, "trap '' TERM; while :; do sleep 1; done"], stop_grace_period: 2s}
      """
    ) { bed in
      let nobody = try bed.run("containr", ["ps", "-q", "-p", "nobody"])
      #expect(
        nobody.code == 0 && nobody.output == "" && nobody.errors.contains("warning: no stack nobody is up"), "\(nobody)"
      )
      try bed.up()
      #expect(try bed.run("containr", ["ps", "-q", "-p", "t"]).succeeding().errors == "")
      let restart = try bed.run("containr", ["restart", "-p", "t"]).succeeding()
      let seconds = restart.output.split(separator: " ").dropLast().last.flatMap { Double($0) }
      #expect(seconds.map { $0 >= 2 } == true, "the time in which it was stopped is a part of it: \(restart)")
      try bed.run("containr", ["stop", "-p", "t", "-t", "0"]).succeeding()
      let exec = try bed.run("containr", ["exec", "-p", "t", "a", "true"])
      #expect(exec.code == 125 && exec.errors.hasPrefix("error: t-a-1 does not run\n"), "\(exec)")
      #expect(exec.errors.contains("containr run a COMMAND"), "\(exec)")
    }
  }

  @Test("down of services takes their containers and anonymous volumes, and leaves all else of the stack")
  func down() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let before = try bed.pids()
      let volumes = try bed.run("containr", ["volumes", "-q"]).succeeding().output.split(separator: "\n")
      #expect(volumes.count == 2)
      let dry = try bed.run("containr", ["--dry-run", "down", "db", "-v"]).succeeding()
      #expect(dry.output.contains("container t-db-1   remove") && !dry.output.contains("t-web-1"), "\(dry)")
      #expect(try bed.pids() == before)
      let done = try bed.run("containr", ["down", "-v", "-y", "db"]).succeeding()
      #expect(done.output.contains("db of t is down"), "\(done)")
      #expect(try bed.pids() == before.filter { $0.key != "db-1" })
      #expect(try bed.run("containr", ["volumes", "-q"]).succeeding().output == "t_data\n")
      #expect(
        try bed.run("containr", ["down", "db"]).succeeding().output == "nothing to do: there is no container of db\n")
      let strange = try bed.run("containr-down", [Bed.file, "dbb"])
      #expect(strange.code == 1 && strange.errors.contains("did you mean 'db'?"), "\(strange)")
      try bed.up()
      let after = try bed.pids()
      #expect(after["web-1"] == before["web-1"] && after["db-1"] != nil)
    }
  }

  @Test("scale --dry-run does nothing; run --remove-orphans takes away what left the file")
  func options() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let before = try bed.pids()
      let dry = try bed.run("containr", ["scale", "--dry-run", "--no-deps", "gone=3"]).succeeding()
      #expect(dry.output.contains("container t-gone-3   create") && dry.output.contains("dry run"), "\(dry)")
      #expect(try bed.pids() == before)
      try bed.edit("  gone: {<<: *some}\n", "")
      let rehearsed = try bed.run("containr", ["--dry-run", "run", "--remove-orphans", "web", "true"]).succeeding()
      #expect(rehearsed.output.contains("container t-gone-1   remove"), "\(rehearsed)")
      #expect(try bed.pids() == before)
      try bed.run("containr", ["run", "--rm", "-T", "web", "true"]).succeeding()
      #expect(try bed.pids() == before)
      try bed.run("containr", ["run", "--rm", "-T", "--remove-orphans", "web", "true"]).succeeding()
      #expect(try bed.pids() == before.filter { $0.key != "gone-1" })
      try bed.run("containr", ["pull", "--ignore-buildable"]).succeeding()
    }
  }

  @Test("export and commit take a service for its first container")
  func subjects() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up("--scale", "gone=2")
      for words in [["gone"], ["--index", "2", "gone"], ["t-gone-2"]] {
        try bed.run("containr", ["export", "-o", "tree.tar"] + words).succeeding()
        #expect(bed.exists("tree.tar"))
      }
      let missing = try bed.run("containr", ["export", "-o", "tree.tar", "--index", "3", "gone"])
      #expect(missing.code == 1 && missing.errors.contains("no container number 3"), "\(missing)")
      let strange = try bed.run("containr", ["commit", "gon"])
      #expect(strange.code == 1 && strange.errors.contains("did you mean 'gone'?"), "\(strange)")
    }
  }
}
