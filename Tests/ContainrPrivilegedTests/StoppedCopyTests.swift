// `containr cp` into and out of containers that do not run; a commit that is killed in the middle.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Files of containers that do not run", .serialized, .asRoot)
struct StoppedCopyTests {
  private static let stack = """
    services:
      web:
        layers: [./base, ./more]
        command: [sh, -c, "(cat /srv/caught /etc/dir/b/c 2>/dev/null; echo END) > /out/seen; exec sleep 1000"]
        network_mode: none
        stop_signal: SIGKILL
        volumes:
          - ./out:/out
          - data:/data
          - data:/fixed:ro
          - {type: volume, source: data, target: /part, volume: {subpath: sub, nocopy: true}}
          - ./one:/etc/one
        tmpfs: /memory
    volumes: { data: {} }
    """

  /// A container that was killed; its layers and its volume hold links that lead "out".
  private func use(_ body: (Bed, _ cp: ([String]) throws -> CommandResult) throws -> Void) throws {
    try Bed.use { bed in
      try bed.sandbox.directory.write("one\n", to: "one")
      try bed.sandbox.directory.write("layer\n", to: "more/data/layer")
      try bed.sandbox.directory.write("sub\n", to: "more/data/sub/file")
      try bed.shell(
        """
        cd \(bed.path)/more; mkdir -p srv/d var; ln -s / srv/root; ln -s ../../../../../.. srv/up; ln -s /data var/lib
        ln -s /etc/one srv/file; echo d > srv/d/x; chown 7:8 srv/d/x; ln -s ../../../.. data/out; ln -s /data/layer srv/seen
        """)
      try bed.write(Self.stack)
      try bed.up()
      #expect(try bed.output("seen") == "")
      try bed.shell("kill -9 \(bed.pid("web"))")
      try bed.wait("web", "exited")
      try body(bed) { try bed.run("containr", ["cp"] + $0) }
    }
  }

  private func mountpoint(_ bed: Bed) throws -> String {
    try bed.run("containr", ["volume", "inspect", "-f", "{{.Mountpoint}}", "t_data"]).succeeding().output
      .trimmingCharacters(in: .newlines)
  }

  @Test(
    "into it by Docker's rules, seen when it starts again; no link leads out")
  func into() throws {
    try use { bed, cp in
      for (name, text) in [("file", "new\n"), ("dir/a", "a\n"), ("dir/b/c", "c\n")] {
        try bed.sandbox.directory.write(text, to: "from/" + name)
      }
      try bed.shell("chown 5:6 \(bed.path)/from/dir/a; ln -s file \(bed.path)/from/link")
      let upper = bed.sandbox.stateDirectory + "/containers/t-web-1/upper"
      func owner(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: upper + path)[.ownerAccountID] as? Int
      }
      // A file into a directory, under another name, over another file; a directory under its own name, a new one, and what is in it.
      try cp(["from/file", "t-web-1:/srv"]).succeeding()
      try cp(["from/file", "t-web-1:/etc/renamed"]).succeeding()
      try cp(["from/file", "t-web-1:/srv/d/x"]).succeeding()
      try cp(["from/dir", "t-web-1:/srv"]).succeeding()
      try cp(["from/dir", "t-web-1:/srv/new"]).succeeding()
      try cp(["-a", "from/dir/.", "t-web-1:/srv/d"]).succeeding()
      for (path, text) in [
        ("/srv/file", "new\n"), ("/etc/renamed", "new\n"), ("/srv/d/x", "new\n"), ("/srv/dir/b/c", "c\n"),
        ("/srv/new/b/c", "c\n"), ("/srv/d/b/c", "c\n"),
      ] { #expect(try bed.read(upper + path) == text, "\(path)") }
      #expect(
        try owner("/srv/dir/a") == bed.sandbox.hostID(0) && owner("/srv/d/a") == bed.sandbox.hostID(5),
        "-a keeps owners")
      // A link as it is, and with -L what it leads to.
      try cp(["from/link", "t-web-1:/srv/as-link"]).succeeding()
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: upper + "/srv/as-link") == "file")
      try cp(["-L", "from/link", "t-web-1:/srv/followed"]).succeeding()
      #expect(try bed.read(upper + "/srv/followed") == "new\n")
      // Links that lead "out" end at the container's own root.
      try cp(["from/file", "t-web-1:/srv/root/srv/up/srv/caught"]).succeeding()
      #expect(try bed.read(upper + "/srv/caught") == "new\n" && !bed.exists("/srv/caught"))
      // A tar from standard input.
      let program = try BuiltPrograms.path("containr")
      try bed.sandbox.runInShell("tar -C \(bed.path)/from --owner=0 --group=0 -cf - dir | \(program) cp - t-web-1:/etc")
        .succeeding()
      #expect(try bed.read(upper + "/etc/dir/b/c") == "c\n")
      for (words, error) in [
        (["from/file", "t-web-1:/none/x"], "has no directory"),
        (["from/file", "t-web-1:/srv/none/"], "has no directory"),
        (["from/dir", "t-web-1:/etc/renamed"], "is a file"), (["from/none", "t-web-1:/srv"], "has no"),
      ] {
        let refused = try cp(words)
        #expect(refused.code != 0 && refused.errors.contains(error), "\(words): \(refused)")
      }
      try FileManager.default.removeItem(atPath: bed.path + "/out/seen")
      try bed.up()
      #expect(try bed.output("seen") == "new\nc\n", "started again it has what was copied")
      #expect(try bed.plan().hasPrefix("nothing to do"), "and that is no drift")
    }
  }

  @Test("what would be mounted in it is written in its source; read-only and passing mounts are refused by name")
  func mounts() throws {
    try use { bed, cp in
      let volume = try mountpoint(bed)
      try bed.sandbox.directory.write("new\n", to: "file")
      try cp(["file", "t-web-1:/data/direct"]).succeeding()
      try cp(["file", "t-web-1:/var/lib/linked"]).succeeding()
      try cp(["file", "t-web-1:/part"]).succeeding()
      try cp(["file", "t-web-1:/out/bound"]).succeeding()
      for path in ["\(volume)/direct", "\(volume)/linked", "\(volume)/sub/file", "out/bound"] {
        #expect(try bed.read(path) == "new\n", "\(path)")
      }
      let upper = bed.sandbox.stateDirectory + "/containers/t-web-1/upper"
      #expect(!bed.exists(upper + "/data/direct"), "not in the layer below")
      for (words, error) in [
        (["file", "t-web-1:/fixed/x"], "the volume t_data is mounted there, which is read-only"),
        (["file", "t-web-1:/memory/x"], "a tmpfs is mounted there only while the container runs"),
        (["file", "t-web-1:/data/out/x"], "a link leads out of what is mounted at /data"),
        (["file", "t-web-1:/etc/one"], "is the host's"),
      ] {
        let refused = try cp(words)
        #expect(refused.code != 0 && refused.errors.contains(error), "\(words): \(refused)")
      }
      // And out of it.
      try cp(["t-web-1:/data", "got"]).succeeding()
      #expect(try bed.read("got/direct") == "new\n" && bed.read("got/layer") == "layer\n")
      try cp(["t-web-1:/fixed/layer", "fixed"]).succeeding()
      try cp(["t-web-1:/etc/one", "single"]).succeeding()
      #expect(try bed.read("fixed") == "layer\n" && bed.read("single") == "one\n")
      try cp(["t-web-1:/part/.", "part"]).succeeding()
      #expect(try bed.read("part/file") == "new\n")
      let memory = try cp(["t-web-1:/memory", "x"])
      #expect(memory.code != 0 && memory.errors.contains("only while the container runs"), "\(memory)")
    }
  }

  @Test("out of it: files, directories, links and what they lead to, a tar on standard output")
  func out() throws {
    try use { bed, cp in
      try cp(["t-web-1:/srv/d", "d"]).succeeding()
      #expect(try bed.read("d/x") == "d\n")
      try cp(["-a", "t-web-1:/srv/d/x", "kept"]).succeeding()
      #expect(
        try FileManager.default.attributesOfItem(atPath: bed.path + "/kept")[.ownerAccountID] as? Int
          == bed.sandbox.hostID(7))
      try cp(["t-web-1:/srv/seen", "link"]).succeeding()
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: bed.path + "/link") == "/data/layer")
      try cp(["-L", "t-web-1:/srv/up/srv/root/srv/d/x", "deep"]).succeeding()
      #expect(try bed.read("deep") == "d\n")
      let program = try BuiltPrograms.path("containr")
      let list = try bed.sandbox.runInShell("\(program) cp t-web-1:/srv/d - | tar -tf -").succeeding()
      #expect(list.output == "d/\nd/x\n", "\(list)")
      let file = try bed.sandbox.runInShell("\(program) cp t-web-1:/srv/d/x - | tar -xOf -").succeeding()
      #expect(file.output == "d\n")
    }
  }

  @Test("-L follows a link to a file inside a running container as well")
  func followed() throws {
    try Bed.use { bed in
      try bed.write(
        """
        services:
          web:
            layers: [./base]
            command: [sh, -c, "mkdir -p /srv; echo text > /srv/text; busybox ln -s /srv/text /srv/link; echo END > /out/ready; exec sleep 1000"]
            network_mode: none
            volumes: ["./out:/out"]
            stop_signal: SIGKILL
        """)
      try bed.up()
      _ = try bed.output("ready")
      try bed.run("containr", ["cp", "-L", "t-web-1:/srv/link", "got"]).succeeding()
      #expect(try bed.read("got") == "text\n")
    }
  }

  @Test(
    "a container of ids of its own takes nothing while it does not run, and says so",
    .notAsUser("userns_mode: auto gives out blocks of 65536 ids, and a user has no more in all"))
  func ownIDs() throws {
    try Bed.use { bed in
      for name in ["subuid", "subgid"] {
        try bed.sandbox.directory.write("containr:3000000:65536\n", to: "ids/\(name)")
      }
      try bed.write("services: {web: {layers: [./base], command: ['true'], userns_mode: auto, network_mode: none}}")
      let environment = ["CONTAINR_ID_DIR": bed.path + "/ids"]
      try bed.tryUp(environment: environment).succeeding()
      try bed.wait("web", "exited")
      let refused = try bed.run("containr", ["cp", "stack.yaml", "t-web-1:/srv/"])
      #expect(refused.code != 0 && refused.errors.contains("only while it runs"), "\(refused)")
      try bed.run("containr", ["cp", "t-web-1:/bin/busybox", "busybox"]).succeeding()
    }
  }

  @Test("a commit that is killed leaves its container standing still no longer than until the next command")
  func killedCommit() throws {
    try Bed.use { bed in
      try bed.write(
        "services: {web: {layers: [./base], command: [sleep, '1000'], stop_signal: SIGKILL, network_mode: none}}")
      try bed.up()
      func isFrozen() throws -> Bool {
        let unified = bed.cgroupDirectory("freezer", "web") + "/cgroup.events"
        if Bed.isUnified { return try bed.read(unified).contains("frozen 1") }
        return try bed.read(bed.cgroupDirectory("freezer", "web") + "/freezer.state") != "THAWED\n"
      }
      for (point, isLeft) in [("before", false), ("after", true)] {
        let killed = try bed.run(
          "containr", ["commit", "t-web-1"], environment: ["CONTAINR_FAILPOINT": "freeze t-web-1:\(point)"])
        #expect(killed.code != 0, "\(killed)")
        #expect(try isFrozen() == isLeft)
        #expect(bed.exists("run/frozen/t-web-1"))
        try bed.run("containr", ["ps", "-p", "t"]).succeeding()
        #expect(try !isFrozen() && !bed.exists("run/frozen"))
      }
      // One that lives is not disturbed.
      let commit = try bed.run("containr", ["commit", "t-web-1"]).succeeding()
      #expect(commit.output.hasPrefix("committed"))
      #expect(try !isFrozen() && !bed.exists("run/frozen"))
      try bed.run("containr-down", ["-p", "t", "-v", "-t", "1"]).succeeding()
      if bed.exists("state") { try FileManager.default.removeItem(atPath: bed.sandbox.stateDirectory) }
    }
  }
}
