// pre_start: commands before a container starts, each in a container of its own.
import ContainrTestSupport
import Foundation
import Testing

@Suite("What runs before a start", .serialized, .asRoot)
struct PreStartTests {
  private func lines(_ bed: Bed, _ name: String) throws -> [String] {
    bed.exists("out/\(name)") ? try bed.read("out/\(name)").split(separator: "\n").map(String.init) : []
  }

  private static let stack = """
    services:
      web:
        layers: [./base]
        scale: 2
        volumes: ["./out:/out", "data:/data"]
        environment: {A: one}
        command: [sh, -c, "test ! -e /tmp/own && test -e /out/each && echo web >> /out/log; exec sleep 100000"]
        stop_signal: SIGKILL
        pre_start:
          - command: [sh, -c, "echo once $$A $$B $$PWD >> /out/log; touch /data/there; echo said before"]
            working_dir: /tmp
            environment: {B: two}
          - command: [sh, -c, "test -e /data/there && touch /tmp/own && id -u >> /out/each"]
            user: worker
            per_replica: true
    volumes: {data: {}}

    """

  @Test("they run in order before the first process, once or for each replica, and nothing of them stays")
  func inOrder() throws {
    try Bed.use(Self.stack) { bed in
      func count(_ line: String) throws -> Int { try lines(bed, "log").count { $0 == line } }
      let once = "once one two /tmp"
      let up = try bed.up()
      try eventually("both run") { try count("web") == 2 }
      #expect(try lines(bed, "log") == [once, "web", "web"])
      #expect(try lines(bed, "each") == ["1000", "1000"])
      #expect((up.output + up.errors).contains(" pre_start: said before"), "\(up)")
      #expect(try bed.ps().count == 2)
      #expect(try bed.shell("ls '\(bed.sandbox.stateDirectory)/containers'") == "t-web-1\nt-web-2\n")
      #expect(try bed.plan().hasPrefix("nothing to do"))
      // Not at a start of what was prepared, and a further one needs only its own.
      try bed.run("containr", ["restart", "-f", Bed.file]).succeeding()
      try eventually("both run again") { try count("web") == 4 }
      #expect(try count(once) == 1 && lines(bed, "each").count == 2)
      try bed.edit("scale: 2", "scale: 3")
      try bed.up()
      try eventually("the third runs") { try count("web") == 5 }
      #expect(try count(once) == 1 && lines(bed, "each").count == 3)
      // Another command is another start.
      try bed.edit("id -u >> /out/each", "id -g >> /out/each")
      #expect(try bed.changes().contains { $0.effect == "recreate" })
      try bed.up()
      try eventually("all run anew") { try count("web") == 8 }
      #expect(try count(once) == 2 && lines(bed, "each").count == 6)
    }
  }

  @Test("one that fails keeps the service and who depends on it from starting, and the next up begins anew")
  func failing() throws {
    let stack = """
      services:
        web:
          layers: [./base]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          volumes: ["./out:/out"]
          pre_start:
            - command: [sh, -c, "echo first >> /out/log"]
            - command: [sh, -c, "echo no table; exit 7"]
            - command: [sh, -c, "echo third >> /out/log"]
        app: {layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL, depends_on: [web]}
      """
    try Bed.use(stack) { bed in
      let up = try bed.tryUp()
      #expect(up.code == 4, "\(up)")
      let words = "t-web-1: command 2 of pre_start ended with exit code 7: no table"
      #expect((up.output + up.errors).contains(words), "\(up)")
      #expect(try lines(bed, "log") == ["first"])
      #expect(try !bed.ps().contains { $0.state == "running" })
      try bed.edit("exit 7", "exit 0")
      try bed.up()
      #expect(try lines(bed, "log") == ["first", "first", "third"])
      #expect(try bed.pids().count == 2)
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("what was only made is prepared when it is started")
  func made() throws {
    let stack = """
      services:
        web:
          layers: [./base]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          volumes: ["./out:/out"]
          pre_start: [{command: [sh, -c, "echo first >> /out/log"]}]
      """
    try Bed.use(stack) { bed in
      try bed.run("containr", ["create", "-f", Bed.file]).succeeding()
      #expect(try lines(bed, "log").isEmpty)
      try bed.run("containr", ["start", "-f", Bed.file]).succeeding()
      #expect(try lines(bed, "log") == ["first"])
      try bed.run("containr", ["restart", "-f", Bed.file]).succeeding()
      #expect(try lines(bed, "log") == ["first"])
    }
  }

  @Test("an up that is killed meanwhile leaves nothing that the next command does not take away")
  func killed() throws {
    let stack = """
      services:
        web:
          layers: [./base]
          command: [sleep, "100000"]
          stop_signal: SIGKILL
          volumes: ["./out:/out"]
          pre_start: [{command: [sh, -c, "echo begun >> /out/log; test -e /out/well || exec sleep 100000"]}]
      """
    try Bed.use(stack) { bed in
      for round in 1...2 {
        let up = try bed.sandbox.start("containr-up", ["-d", "-y", Bed.file])
        try eventually("it is being prepared") { try lines(bed, "log").count == round }
        up.signal(SIGKILL)
        _ = up.wait()
        if round == 1 { try bed.down() }
      }
      try bed.sandbox.directory.write("", to: "out/well")
      try bed.up()
      #expect(try lines(bed, "log").count == 3)
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("one with an image of its own has that and the service's mounts")
  func ownImage() throws {
    try Bed.use { bed in
      let store = ImageLayout.store(of: bed)
      try bed.sandbox.directory.write("tools\n", to: "extra/tools")
      try store.add(
        "docker.io/library/tools:1", layers: ["\(bed.path)/base", "\(bed.path)/extra"],
        config: #"{"Cmd":["cp","/tools","/out/tools"]}"#)
      try bed.write(
        """
        services:
          web:
            layers: [./base]
            command: [sh, -c, "test ! -e /tools && exec sleep 100000"]
            stop_signal: SIGKILL
            volumes: ["./out:/out"]
            pre_start: [{image: "tools:1"}]
        """)
      try bed.up()
      #expect(try bed.read("out/tools") == "tools\n")
      #expect(try bed.container("web").state == "running")
      #expect(try bed.plan().hasPrefix("nothing to do"))
      try bed.run("containr-down", ["-p", "t", "-v", "-t", "1"]).succeeding()
      // Images outlive their stacks, and here the test has put them there.
      try FileManager.default.removeItem(atPath: bed.sandbox.stateDirectory)
    }
  }
}
