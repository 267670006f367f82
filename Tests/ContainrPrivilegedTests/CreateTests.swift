// Containers that are made and not started, and commands that are about some services alone.
import ContainrTestSupport
import Foundation
import Testing

@Suite("create", .serialized, .asRoot)
struct CreateTests {
  private static let stack = """
    services:
      db:
        layers: [./base]
        command: [sh, -c, "cat /conf > /out/db; exec sleep 100000"]
        healthcheck: {test: [CMD, "true"], interval: 100ms}
        configs: [{source: conf, target: /conf}]
        volumes: ["data:/data", /anonymous, "./out:/out"]
        stop_grace_period: 0s
      web:
        layers: [./base]
        command: [sleep, "100000"]
        depends_on: {db: {condition: service_healthy}}
        ports: ["127.0.0.1:8080:80"]
        stop_grace_period: 0s
      alone: {layers: [./base], command: [sleep, "100000"], stop_grace_period: 0s}
    volumes: {data: {}}
    configs: {conf: {file: ./conf}}

    """

  private func use(_ body: (Bed) throws -> Void) throws {
    try Bed.use(Self.stack) { bed in
      try bed.sandbox.directory.write("one\n", to: "conf")
      try body(bed)
    }
  }

  private func containr(_ bed: Bed, _ words: String...) throws -> CommandResult {
    try bed.run("containr", [words[0], "-f", Bed.file] + words.dropFirst())
  }

  private func states(_ bed: Bed) throws -> [String: String] {
    Dictionary(uniqueKeysWithValues: try bed.ps().map { ("\($0.service)-\($0.index)", $0.state) })
  }

  private func actions(_ bed: Bed) throws -> [String] {
    try containr(bed, "events", "--since", "1h", "--until", "0s").output.split(separator: "\n").map {
      $0.split(separator: " ").dropFirst(2).prefix(2).joined(separator: " ")
    }
  }

  @Test("everything is made and nothing runs, whatever waits for whom; start begins all of it in order")
  func makes() throws {
    try use { bed in
      let create = try containr(bed, "create")
      #expect(create.code == 0 && create.output.contains("t is made: "), "\(create)")
      #expect(try states(bed) == ["db-1": "created", "web-1": "created", "alone-1": "created"])
      #expect(try actions(bed).sorted() == ["create t-alone-1", "create t-db-1", "create t-web-1"])
      #expect(!bed.exists("out/db"))
      let volumes = try bed.run("containr", ["volume", "ls", "-q"]).output.split(separator: "\n")
      #expect(volumes.count == 2 && volumes.contains("t_data"), "\(volumes)")
      let second = try containr(bed, "create")
      #expect(second.code == 0 && second.output.hasPrefix("nothing to do"), "\(second)")
      // It has what was there when it was made, until somebody who reads the file starts it.
      let start = try containr(bed, "start")
      #expect(start.code == 0 && start.output.hasPrefix("3 containers started"), "\(start)")
      #expect(try states(bed) == ["db-1": "running", "web-1": "running", "alone-1": "running"])
      try eventually("it has read its config") { (try? bed.read("out/db")) == "one\n" }
      let order = try actions(bed).filter { $0.hasPrefix("start") }
      #expect(
        try #require(order.firstIndex(of: "start t-db-1")) < (try #require(order.firstIndex(of: "start t-web-1"))))
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("up begins what was made; what has changed since is made again, and what runs of it stops")
  func changes() throws {
    try use { bed in
      try bed.run("containr-up", ["--no-start", "-y", Bed.file]).succeeding()
      #expect(try bed.plan().contains("is stopped"))
      try bed.up()
      #expect(try bed.pids().count == 3)
      let before = try bed.pids()
      try bed.edit(
        "alone: {layers: [./base], command: [sleep, \"100000\"]",
        "alone: {layers: [./base], command: [sleep, \"100001\"]")
      let create = try containr(bed, "create")
      #expect(create.code == 0, "\(create)")
      #expect(try states(bed) == ["db-1": "running", "web-1": "running", "alone-1": "created"])
      #expect(try bed.pids() == before.filter { $0.key != "alone-1" })
      try bed.up()
      #expect(try bed.run("containr", ["top", "-p", "t", "alone"]).output.contains("sleep 100001"))
      // What has been stopped by hand stays so.
      try containr(bed, "stop", "alone").succeeding()
      #expect(try containr(bed, "create").output.hasPrefix("nothing to do"))
      #expect(try states(bed)["alone-1"] == "stopped")
      let wait = try bed.run("containr-up", ["--no-start", "--wait", Bed.file])
      #expect(wait.code == 1 && wait.errors.contains("--no-start"), "\(wait)")
    }
  }

  @Test(
    "with services it is about these and what they need; --scale, --force-recreate, --no-recreate and --build as in Compose"
  )
  func some() throws {
    try use { bed in
      try containr(bed, "create", "--scale", "alone=2", "web").succeeding()
      #expect(try states(bed) == ["db-1": "created", "web-1": "created"])
      try bed.run("containr-up", ["-d", "-y", Bed.file, "web"]).succeeding()
      #expect(try states(bed) == ["db-1": "running", "web-1": "running"])
      try bed.run("containr-up", ["-d", "-y", "alone"]).succeeding()
      let pids = try bed.pids()
      #expect(pids.count == 3)
      // What else has changed is for an up of all of it.
      try bed.edit("command: [sleep, \"100000\"]\n    depends_on", "command: [sleep, \"100001\"]\n    depends_on")
      try bed.run("containr-up", ["-d", "-y", "alone"]).succeeding()
      #expect(try bed.pids() == pids)
      let kept = try bed.run("containr-up", ["-d", "-y", "--no-recreate"])
      #expect(kept.code == 0 && kept.output.contains("nothing to do"), "\(kept)")
      #expect(try bed.pids() == pids)
      let more = try bed.run("containr-up", ["-d", "-y", "--no-recreate", "--scale", "alone=2"])
      #expect(more.code == 0, "\(more)")
      #expect(try bed.pids().filter { $0.key != "alone-2" } == pids && bed.pids()["alone-2"] != nil)
      try bed.run("containr-up", ["-d", "-y", "--force-recreate", "alone"]).succeeding()
      let after = try bed.pids()
      #expect(after["alone-1"] != pids["alone-1"] && after["web-1"] == pids["web-1"])
      let build = try containr(bed, "create", "--build")
      #expect(build.code == 1 && build.errors.contains("--build: images are not built here"), "\(build)")
      #expect(try containr(bed, "create", "--no-build").code == 0)
      let nobody = try containr(bed, "create", "nobody")
      #expect(nobody.code == 2 && nobody.errors.contains("there is no service nobody"), "\(nobody)")
    }
  }
}
