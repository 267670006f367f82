// More and fewer containers of a service: stable names, and nothing else changes.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Scaling", .serialized, .asRoot)
struct ScaleTests {
  private static let stack = """
    services:
      web:
        layers: [./base]
        command: [sh, -c, "hostname > /tmp/index.html; exec httpd -f -p 80 -h /tmp"]
        stop_signal: SIGKILL
        ports: ["8080-8083:80"]
      other:
        layers: [./base]
        command: [sleep, "100000"]
        stop_signal: SIGKILL

    """

  @Test("--scale overrides the file, takes the highest numbers away, and touches nothing else")
  func scale() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let first = try bed.pids()
      #expect(Set(first.keys) == ["web-1", "other-1"])
      let plan = try bed.run("containr", ["plan", "--scale", "web=3", Bed.file])
      #expect(plan.code == 2 && plan.output.contains("+   container t-web-3   create"), "\(plan)")
      #expect(plan.output.hasSuffix("2 to create, 1 to change; 2 containers match\n"), "\(plan)")
      try bed.up("--scale", "web=3")
      let three = try bed.pids()
      #expect(Set(three.keys) == ["web-1", "web-2", "web-3", "other-1"])
      #expect(three["web-1"] == first["web-1"] && three["other-1"] == first["other-1"])
      for index in 1...3 {
        try bed.expectPage("127.0.0.1:\(8079 + index)/index.html", "t-web-\(index)\n")
      }
      #expect(try bed.run("containr-up", ["-d", "--scale", "web=3", Bed.file]).output.hasPrefix("nothing to do"))
      try bed.up("--scale", "web=2")
      #expect(try bed.pids() == three.filter { $0.key != "web-3" })
      // Without the option the file counts again.
      try bed.up()
      #expect(try bed.pids() == first)
      try bed.up("--scale", "web=0")
      #expect(try bed.pids() == ["other-1": first["other-1"]])
    }
  }

  @Test("status looks at all of them, however many there were when the first one was made")
  func status() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      try bed.up("--scale", "web=3")
      let well = try bed.run("containr", ["status", "-p", "t"])
      #expect(well.code == 0 && well.output.contains("\nin order\n"), "\(well)")
      kill(try #require(try bed.pids()["web-3"]), SIGKILL)
      try eventually("web-3 is gone") { try bed.pids()["web-3"] == nil }
      let killed = try bed.run("containr", ["status", "-p", "t"])
      #expect(killed.code != 0 && killed.output.contains("container t-web-3"), "\(killed)")
    }
  }

  @Test("deploy.replicas does the same")
  func replicas() throws {
    try Bed.use(Self.stack) { bed in
      try bed.up()
      let first = try bed.pids()
      try bed.edit("    ports: [\"8080-8083:80\"]\n", "    ports: [\"8080-8083:80\"]\n    deploy: {replicas: 3}\n")
      try bed.up()
      #expect(try bed.pids().filter { first.keys.contains($0.key) } == first)
      #expect(try bed.pids().count == 4)
      try bed.edit("replicas: 3", "replicas: 1")
      #expect(try bed.plan().contains("-   container t-web-2   remove"))
      try bed.up()
      #expect(try bed.pids() == first)
    }
  }

  @Test("mistakes are told before anything is changed")
  func mistakes() throws {
    try Bed.use(Self.stack) { bed in
      let unknown = try bed.tryUp(["--scale", "wbe=2"])
      #expect(unknown.code == 2 && unknown.errors.contains("did you mean 'web'?"), "\(unknown)")
      let planned = try bed.run("containr", ["plan", "--scale", "wbe=2", Bed.file])
      #expect(planned.code == 3, "\(planned)")
      for word in ["web", "web=", "=2", "web=-1", "web=two", "web=99999"] {
        let result = try bed.tryUp(["--scale", word])
        #expect(result.code == 1 && result.errors.contains("--scale"), "\(word): \(result)")
      }
      let many = try bed.tryUp(["--scale", "web=5"])
      #expect(many.code == 2 && many.errors.contains("4 host ports for 5 containers"), "\(many)")
      try bed.edit("8080-8083:80", "8080:80")
      let fixed = try bed.tryUp(["--scale", "web=2"])
      #expect(
        fixed.code == 2 && fixed.errors.contains("several containers cannot publish the same host port"), "\(fixed)")
      #expect(fixed.errors.contains("stack.yaml:7:"), "\(fixed)")
      #expect(try bed.ps().isEmpty)
      #expect(try bed.run("containr", ["plan", "-o", "p.json", Bed.file]).code == 2)
      let saved = try bed.run("containr-up", ["-d", "--scale", "web=2", "p.json"])
      #expect(saved.code == 2 && saved.errors.contains("--scale"), "\(saved)")
    }
  }
}
