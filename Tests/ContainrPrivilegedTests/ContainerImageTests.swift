// A container's files out and in: commit, export, cp.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Files of containers", .serialized, .asRoot)
struct ContainerImageTests {
  private func use(_ body: (Bed) throws -> Void) throws {
    try Bed.use { bed in
      do { try body(bed) } catch { Issue.record(error) }
      try bed.run("containr-down", ["-p", "t", "-v", "-t", "1"]).succeeding()
      // Images outlive their stacks, and here the test has made them.
      if bed.exists("state") { try FileManager.default.removeItem(atPath: bed.sandbox.stateDirectory) }
    }
  }

  private func start(_ bed: Bed, _ command: String) throws {
    try bed.write(
      """
      services:
        web:
          layers: [./base]
          command: [sh, -c, "\(command); echo END > /out/ready; exec sleep 1000"]
          network_mode: none
          environment: { COLOUR: blue }
          volumes: ["./out:/out"]
          stop_signal: SIGKILL
      """)
    try bed.up()
    _ = try bed.output("ready")
  }

  private func name(_ bed: Bed) throws -> String { try bed.container("web").name }

  private let work =
    "echo new >/new; rm /etc/passwd; mkdir -p /srv/d; echo x >/srv/d/x; chown 7:8 /srv/d/x; touch /etc/.wh.group"

  @Test("commit makes an image that a stack runs, with what was written and without what was removed")
  func commit() throws {
    try use { bed in
      try start(bed, work)
      let name = try name(bed)
      let done = try bed.run("containr", ["commit", "-m", "why", "-c", "LABEL a=b", name, "made:1"]).succeeding()
      #expect(done.output.hasPrefix("committed made:1: sha256:") && done.errors.contains("files named .wh.*"))
      let inspected = try bed.run("containr", ["image", "inspect", "made:1"]).succeeding().output
      #expect(
        inspected.contains(#""COLOUR=blue""#) && inspected.contains(#""comment":"why""#)
          && inspected.contains(#""a":"b""#))
      #expect(try bed.run("containr", ["exec", "-p", "t", "web", "true"]).succeeding().code == 0, "it goes on")
      try bed.run("containr-down", ["-p", "t", "-y"]).succeeding()
      try bed.write(
        """
        services:
          web:
            image: made:1
            pull_policy: never
            network_mode: none
            command: [sh, -c, "(cat /new; stat -c %u:%g /srv/d/x; test -e /etc/passwd || echo gone; test -e /etc/group && echo kept; echo $$COLOUR; echo END) > /out/told; exec sleep 1000"]
            volumes: ["./out:/out"]
            stop_signal: SIGKILL
        """)
      try bed.up()
      let told = try bed.output("told")
      #expect(told.contains("blue"))
      for word in ["new", "7:8", "gone", "kept"] { #expect(told.contains(word), "\(told)") }
      let refused = try bed.run("containr", ["image", "rm", "made:1"])
      #expect(refused.code == 1 && refused.errors.contains("is used by"), "\(refused)")
    }
  }

  @Test("export is the root as it is, and import of it is an image")
  func export() throws {
    try use { bed in
      try start(bed, work)
      let name = try name(bed)
      try bed.run("containr", ["export", "-o", "root.tar", name]).succeeding()
      let list = try run("tar", ["-tvf", bed.path + "/root.tar"]).succeeding().output
      #expect(list.contains("7/8") && list.contains("./new") || list.contains(" new"), "\(list)")
      #expect(!list.contains("etc/passwd") && list.contains("srv/d/x"))
      try bed.run("containr", ["image", "import", "root.tar", "flat"]).succeeding()
      #expect(try bed.run("containr", ["image", "ls", "-q"]).succeeding().output.contains("sha256:"))
    }
  }

  @Test("cp follows Docker's rules both ways, and no link of the container's leads out")
  func copy() throws {
    try use { bed in
      try start(
        bed,
        "\(work); busybox ln -s / /srv/root; busybox ln -s /etc/shadow /srv/abs; busybox ln -s ../../../../../.. /srv/up"
      )
      let name = try name(bed)
      func cp(_ words: String...) throws -> CommandResult { try bed.run("containr", ["cp"] + words) }
      try cp("\(name):/srv/d", "got").succeeding()
      #expect(try String(contentsOfFile: bed.path + "/got/x", encoding: .utf8) == "x\n")
      #expect(
        try FileManager.default.attributesOfItem(atPath: bed.path + "/got/x")[.ownerAccountID] as? Int
          == bed.sandbox.hostID(0))
      try cp("-a", "\(name):/srv/d", "got").succeeding()
      #expect(
        try FileManager.default.attributesOfItem(atPath: bed.path + "/got/d/x")[.ownerAccountID] as? Int
          == bed.sandbox.hostID(7))
      try cp("\(name):/srv/d/x", "single").succeeding()
      #expect(try String(contentsOfFile: bed.path + "/single", encoding: .utf8) == "x\n")
      // A link itself, not what it leads to on the host.
      try cp("\(name):/srv/abs", "link").succeeding()
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: bed.path + "/link") == "/etc/shadow")
      // Into it, through links that lead "out": they end at its own root.
      try cp("got/.", "\(name):/srv/root/srv/up/in").succeeding()
      #expect(try bed.run("containr", ["exec", "-p", "t", "web", "cat", "/in/x"]).succeeding().output == "x\n")
      #expect(!FileManager.default.fileExists(atPath: "/in"))
      try cp("single", "\(name):/tmp").succeeding()
      try cp("single", "\(name):/tmp/renamed").succeeding()
      #expect(
        try bed.run("containr", ["exec", "-p", "t", "web", "cat", "/tmp/single", "/tmp/renamed"]).succeeding().output
          == "x\nx\n")
      for (words, error) in [
        (["\(name):/none", "x"], "has no /none"), (["single", "\(name):/none/deep/x"], "has no directory"),
        (["got", "\(name):/new"], "is a file"), (["single", "got"], "must be in a container"),
        (["nobody:/x", "x"], "there is no container nobody"), (["single", "\(name):/none/"], "has no directory"),
      ] {
        let refused = try bed.run("containr", ["cp"] + words)
        #expect(refused.code != 0 && refused.errors.contains(error), "\(refused)")
      }
      // What is in use is not removed: a file never takes a directory's place.
      try bed.sandbox.directory.write("x", to: "clash/d")
      let clash = try cp("clash/.", "\(name):/srv")
      #expect(clash.code != 0 && clash.errors.contains("is a directory, and something else"), "\(clash)")
      #expect(try bed.run("containr", ["exec", "-p", "t", "web", "cat", "/srv/d/x"]).succeeding().output == "x\n")
      // Nobody's set-id bit becomes the caller's.
      try bed.run(
        "containr", ["exec", "-p", "t", "web", "sh", "-c", "cp /bin/busybox /srv/d/su; chmod 4755 /srv/d/su"]
      )
      .succeeding()
      try cp("\(name):/srv/d", "rights").succeeding()
      let mode = try FileManager.default.attributesOfItem(atPath: bed.path + "/rights/su")[.posixPermissions] as? Int
      #expect(mode == 0o755)
      let tar = try bed.sandbox.runInShell(
        "\(try BuiltPrograms.path("containr")) cp \(name):/srv/d - | tar -tf - && tar -cf - single | \(try BuiltPrograms.path("containr")) cp - \(name):/tmp/ "
      ).succeeding()
      #expect(tar.output.contains("d/x"))
    }
  }
}
