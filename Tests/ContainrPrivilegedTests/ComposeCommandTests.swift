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
