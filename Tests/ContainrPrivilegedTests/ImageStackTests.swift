// Services that run images: what the image says holds where the file says nothing; drift, volumes, layers, locks.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Stacks of images", .serialized, .asRoot)
struct ImageStackTests {
  private func use(_ body: (Bed, ImageLayout) throws -> Void) throws {
    try Bed.use { bed in
      let store = ImageLayout.store(of: bed)
      try bed.sandbox.directory.write("from the image\n", to: "extra/data/file")
      do { try body(bed, store) } catch { Issue.record(error) }
      try bed.run("containr-down", ["-p", "t", "-v", "-t", "1"]).succeeding()
      // Images outlive their stacks, and here the test has put them there.
      try FileManager.default.removeItem(atPath: bed.sandbox.stateDirectory)
    }
  }

  private static let config = """
    {"Entrypoint":["/bin/sh","-c"],"Cmd":["trap 'echo quit > /out/end; exit 0' QUIT; (env; id -u; pwd; echo END) > /out/seen; while :; do sleep 0.05; done"],
     "Env":["FROM=image","WHO=image","GONE=1"],"User":"1000","WorkingDir":"/data","StopSignal":"SIGQUIT","Volumes":{"/data":{}},
     "Labels":{"who":"image"},"Healthcheck":{"Test":["CMD-SHELL","test -e /data/file"],"Interval":1000000000,"StartInterval":100000000,"StartPeriod":5000000000}}
    """

  @Test(
    "an image alone is a service: command, variables, user, directory, volume, stop signal and health check are its own"
  )
  func alone() throws {
    try use { bed, store in
      let digest = try store.add(
        "docker.io/library/demo:1", layers: ["\(bed.path)/base", "\(bed.path)/extra"], config: Self.config)
      try bed.write(
        """
        services:
          web:
            image: demo:1
            network_mode: none
            environment: [WHO=file, GONE]
            volumes: ["./out:/out"]
        """)
      try bed.up("--wait")
      let seen = try bed.output("seen").split(separator: "\n").map(String.init)
      #expect(seen.contains("FROM=image") && seen.contains("WHO=file"), "\(seen)")
      #expect(!seen.contains { $0.hasPrefix("GONE=") }, "a name without a value takes it away: \(seen)")
      #expect(seen.suffix(2) == ["1000", "/data"], "\(seen)")
      #expect(try bed.container("web").health == "healthy")
      #expect(try bed.plan().hasPrefix("nothing to do"))
      let volume = try bed.run("containr", ["volume", "ls", "-q"]).output
      #expect(volume.hasPrefix("t-web-1."), "\(volume)")
      let status = try bed.run("containr", ["status", Bed.file])
      #expect(status.code == 0, "\(status)")
      let images = try bed.run("containr", ["images", "-f", Bed.file])
      #expect(
        images.output.split(separator: "\n").dropFirst().map {
          $0.split(separator: " ").prefix(3).joined(separator: " ")
        }
          == ["t-web-1 demo 1"], "\(images)")
      let json = try bed.run("containr", ["images", "-f", Bed.file, "--format", "json", "web"])
      #expect(json.output.contains(#""ContainerName":"t-web-1""#) && json.output.contains(#""Tag":"1""#), "\(json)")
      let quiet = try bed.run("containr", ["images", "-f", Bed.file, "-q"]).output
      #expect(quiet.hasPrefix("sha256:") && quiet.split(separator: "\n").count == 1, "\(quiet)")
      let row = try bed.run(
        "containr", ["ps", "-f", Bed.file, "--format", "{{.Image}} {{.LocalVolumes}} {{.Command}}"])
      #expect(row.output.hasPrefix(#"demo:1 1 "/bin/sh -c trap 'echo quit"#), "\(row)")
      let dry = try bed.run("containr", ["--dry-run", "-f", Bed.file, "pull"])
      #expect(dry.code == 0 && dry.output == "image demo:1   would be pulled\ndry run: nothing was changed\n", "\(dry)")
      let inside = try bed.run("containr", ["exec", "-f", Bed.file, "web", "/bin/cat", "/data/file"])
      #expect(inside.output == "from the image\n", "\(inside)")
      try bed.down()
      #expect(try bed.read("out/end") == "quit\n", "stopped with its own signal")
      #expect(try bed.run("containr", ["volume", "ls", "-q"]).output == volume, "it outlives its container")
      #expect(digest.hasPrefix("sha256:"))
    }
  }

  @Test("a further container of an image copies nothing of it")
  func noCopies() throws {
    try use { bed, store in
      try store.add("docker.io/library/demo:1", layers: ["\(bed.path)/base"], config: #"{"Cmd":["sleep","1000"]}"#)
      try bed.write("services: {web: {image: 'demo:1', network_mode: none, stop_signal: SIGKILL, scale: 3}}")
      try bed.up()
      #expect(try bed.pids().count == 3)
      let copies = try bed.shell("find '\(bed.sandbox.stateDirectory)' -xdev -type f -name busybox")
      #expect(copies.split(separator: "\n").count == 1, "\(copies)")
    }
  }

  @Test("a layer that a power failure caught before the disk had it is unpacked again")
  func powerFailure() throws {
    try use { bed, store in
      try store.add("docker.io/library/demo:1", layers: ["\(bed.path)/base"], config: #"{"Cmd":["sleep","1000"]}"#)
      try bed.write("services: {web: {image: 'demo:1', network_mode: none, stop_signal: SIGKILL}}")
      try bed.up()
      try bed.down()
      // What the disk would show after it: a name, no content, and the marker of a boot that is gone.
      let layers = bed.sandbox.stateDirectory + "/layers/sha256"
      let layer = try #require(
        try FileManager.default.contentsOfDirectory(atPath: layers).first { !$0.hasSuffix(".boot") })
      try FileManager.default.removeItem(atPath: "\(layers)/\(layer)/bin")
      try "5d6f2f0e-0000-4000-8000-000000000000\n".write(
        toFile: "\(layers)/\(layer).boot", atomically: true, encoding: .utf8)
      try bed.up()
      let inside = try bed.run("containr", ["exec", "-f", Bed.file, "web", "/bin/true"])
      #expect(inside.code == 0, "\(inside)")
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("another image under the same name is drift: named with both digests, and the container is made again")
  func drift() throws {
    try use { bed, store in
      let one = try store.add(
        "docker.io/library/demo:1", layers: ["\(bed.path)/base"], config: #"{"Cmd":["sleep","1000"]}"#)
      try bed.write(
        """
        services:
          web: {image: "demo:1", network_mode: none, stop_signal: SIGKILL, scale: 2}
        """)
      try bed.up()
      let before = try bed.pids()
      let two = try store.add(
        "docker.io/library/demo:1", layers: ["\(bed.path)/base", "\(bed.path)/extra"],
        config: #"{"Cmd":["sleep","1001"]}"#)
      let plan = try bed.plan()
      #expect(plan.contains("image demo:1: \(one.prefix(19)) → \(two.prefix(19)) (drift)   stack.yaml:3:"), "\(plan)")
      try bed.up()
      #expect(try Set(bed.pids().values).isDisjoint(with: before.values))
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("layers of images, OCI layouts, archives and directories lie over each other and over the image")
  func layers() throws {
    try use { bed, store in
      try store.add(
        "docker.io/library/demo:latest", layers: ["\(bed.path)/base"],
        config: #"{"Cmd":["sh","-c","(cat /a /b /c /d; echo END) > /out/seen; exec sleep 1000"]}"#)
      for (name, texts) in [
        ("one", ["a": "1", "b": "1", "c": "1", "d": "1"]), ("two", ["b": "2", "c": "2", "d": "2"]),
        ("three", ["c": "3", "d": "3"]), ("four", ["d": "4"]),
      ] {
        for (file, text) in texts { try bed.sandbox.directory.write(text + "\n", to: "\(name)/\(file)") }
      }
      try store.add("example.org/one:v1", layers: ["\(bed.path)/one"])
      try ImageLayout(directory: bed.path + "/layout").add("two", layers: ["\(bed.path)/two"])
      try BaseLayer.pack(bed.path + "/three", into: bed.path + "/three.tar")
      try bed.write(
        """
        services:
          web:
            image: demo
            layers: ["image:example.org/one:v1", "oci:./layout:two", ./three.tar, ./four]
            network_mode: none
            stop_signal: SIGKILL
            volumes: ["./out:/out"]
        """)
      try bed.up()
      #expect(try bed.output("seen") == "1\n2\n3\n4\n")
      #expect(try bed.plan().hasPrefix("nothing to do"))
      try ImageLayout(directory: bed.path + "/layout").add("two", layers: ["\(bed.path)/three"])
      #expect(try bed.plan().contains("image oci:"), "another image in the layout is drift")
      try bed.edit("layout:two", "layout:none")
      let wrong = try bed.tryUp()
      #expect(wrong.code == 2 && wrong.errors.contains("has no image none: there is two"), "\(wrong)")
    }
  }

  private func data(_ bed: Bed) throws {
    for (file, text) in [("low/a", "low"), ("low/b", "low"), ("low/sub/x", "low"), ("high/b", "high")] {
      try bed.sandbox.directory.write(text + "\n", to: file)
    }
    try bed.shell("cd \(bed.path)/low; ln -s /sub/x link; ln -s /../../../../sub way")
  }

  @Test(
    "volumes of type image: the layers of an image or a part of them at a path, read-only, without a way out of them",
    // A user has no block of 65536 ids to give a container.
    arguments: TestUser.isWanted ? [false] : [false, true])
  func mounted(hasOwnIDs: Bool) throws {
    try use { bed, store in
      try data(bed)
      // The mounted image and the root have a layer in common.
      try store.add(
        "docker.io/library/data:1", layers: ["\(bed.path)/base", "\(bed.path)/low", "\(bed.path)/high"])
      try store.add("docker.io/library/one:1", layers: ["\(bed.path)/low"])
      try store.add("docker.io/library/demo:1", layers: ["\(bed.path)/base"])
      for name in ["subuid", "subgid"] {
        try bed.sandbox.directory.write("containr:3000000:65536\n", to: "ids/\(name)")
      }
      let script =
        "cat /m/a /m/b /p/x /one/a /m/link; stat -c %u:%g /m/a /m/bin/busybox; (echo x > /m/new) 2>/dev/null || echo refused; cat /w/x; grep -c ' /[mpw] ro,nosuid,nodev' /proc/self/mountinfo; echo END"
      try bed.write(
        """
        services:
          web:
            image: demo:1
            command: [sh, -c, "{ \(script.replacingOccurrences(of: "$", with: "$$")); } > /out/seen; exec sleep 1000"]
            network_mode: none
            stop_signal: SIGKILL
            \(hasOwnIDs ? "userns_mode: auto" : "hostname: web")
            volumes:
              - ./out:/out
              - {type: image, source: "data:1", target: /m}
              - {type: image, source: "data:1", target: /p, image: {subpath: sub}}
              - {type: image, source: "data:1", target: /w, image: {subpath: way}}
              - {type: image, source: "one:1", target: /one}
        """)
      let environment = ["CONTAINR_ID_DIR": bed.path + "/ids"]
      try bed.tryUp(environment: environment).succeeding()
      let own = "low\nhigh\nlow\nlow\n0:0\n0:0\nrefused\nlow\n"
      let seen = try bed.output("seen")
      #expect(seen.hasPrefix(own) && seen.hasSuffix("3\n"), "\(seen)")
      #expect(try bed.run("containr", ["plan", Bed.file], environment: environment).output.hasPrefix("nothing to do"))
      let missing = try bed.run("containr", ["image", "rm", "one:1"])
      #expect(missing.code != 0 && missing.errors.contains("t-web-1"), "it is in use: \(missing)")
    }
  }

  @Test("a mounted image is locked, drifts and is collected as one that is run, and a restart keeps it")
  func mountedLife() throws {
    try use { bed, store in
      try data(bed)
      let one = try store.add("docker.io/library/data:1", layers: ["\(bed.path)/low"])
      try bed.write(
        """
        services:
          web:
            layers: [./base]
            command: [sh, -c, "cat /m/b > /out/seen; echo END >> /out/seen; exec sleep 1000"]
            network_mode: none
            stop_signal: SIGKILL
            volumes: [./out:/out, {type: image, source: "data:1", target: /m}]
        """)
      try bed.up()
      #expect(try bed.output("seen") == "low\n")
      let two = try store.add("docker.io/library/data:1", layers: ["\(bed.path)/low", "\(bed.path)/high"])
      let plan = try bed.plan()
      #expect(plan.contains("image data:1: \(one.prefix(19)) → \(two.prefix(19)) (drift)   stack.yaml:8:"), "\(plan)")
      // The old one has no name any more, and is still what a container has.
      try bed.run("containr", ["image", "prune", "-f"]).succeeding()
      try bed.run("containr", ["lock", "-f", Bed.file]).succeeding()
      #expect(try bed.read("stack.lock").contains("\"data:1\": \(two)"))
      try bed.sandbox.directory.write("version: 1\nimages:\n  \"data:1\": \(one)\n", to: "stack.lock")
      #expect(try bed.plan().hasPrefix("nothing to do"), "the lock says what runs")
      try bed.shell("kill -9 \(bed.pid("web"))")
      try bed.wait("web", "exited")
      try FileManager.default.removeItem(atPath: bed.path + "/out/seen")
      try bed.up()
      #expect(try bed.output("seen") == "low\n", "started again it has the same")
      try FileManager.default.removeItem(atPath: bed.path + "/out/seen")
      try FileManager.default.removeItem(atPath: bed.path + "/stack.lock")
      try bed.up()
      #expect(try bed.output("seen") == "high\n")
      try bed.edit("target: /m}", "target: /m, image: {subpath: none}}")
      let wrong = try bed.tryUp()
      #expect(wrong.code == 7 && wrong.errors.contains("there is no such path in the image"), "\(wrong)")
    }
  }

  @Test("rollback N brings the images of that revision back, wherever their names lead by now, without a lock file")
  func rollback() throws {
    try use { bed, store in
      func add(_ seconds: Int) throws -> String {
        try store.add(
          "docker.io/library/demo:1", layers: ["\(bed.path)/base"], config: #"{"Cmd":["sleep","\#(seconds)"]}"#)
      }
      let one = try add(1001)
      try bed.write("services: {web: {image: \"demo:1\", network_mode: none, stop_signal: SIGKILL}}")
      try bed.up()
      let two = try add(1002)
      try bed.up()
      func command() throws -> String { try bed.read("/proc/\(bed.pid("web"))/cmdline") }
      #expect(try command() == "sleep\01002\0")
      let history = try bed.run("containr", ["history", "-f", Bed.file, "--json"]).succeeding().output
      #expect(history.contains(#""image:demo:1": "\#(one)""#) && history.contains(two), "\(history)")
      let dry = try bed.run("containr", ["rollback", "1", "-f", Bed.file, "--dry-run"])
      #expect(
        dry.code == 2 && dry.output.contains("\(two.prefix(19)) → \(one.prefix(19))")
          || dry.output.contains("\(one.prefix(19))"), "\(dry)")
      try bed.run("containr", ["rollback", "1", "-f", Bed.file, "-y"]).succeeding()
      #expect(try command() == "sleep\01001\0")
      #expect(try bed.run("containr", ["status", Bed.file]).code == 0, "it is as it was applied")
      // The file still asks for what the name leads to.
      #expect(try bed.plan().contains("image demo:1: \(one.prefix(19)) → \(two.prefix(19))"))
    }
  }

  @Test("a container that ended is started again though nobody has a name for its image any more")
  func nameless() throws {
    try use { bed, store in
      try store.add("docker.io/library/demo:1", layers: ["\(bed.path)/base"], config: #"{"Cmd":["sleep","1000"]}"#)
      try bed.write(
        "services: {web: {image: \"demo:1\", pull_policy: never, network_mode: none, stop_signal: SIGKILL}}")
      try bed.up()
      try bed.shell("kill -9 \(bed.pid("web"))")
      try bed.wait("web", "exited")
      try store.unname("docker.io/library/demo:1")
      try bed.up()
      #expect(try bed.container("web").state == "running")
      // Made again it would need the name.
      try bed.edit("SIGKILL", "SIGKILL, hostname: other")
      let up = try bed.tryUp()
      #expect(up.code == 2 && up.errors.contains("the image demo:1 is not here, and pull_policy is never"), "\(up)")
    }
  }

  @Test("what cannot be had is said before anything starts, with its line")
  func problems() throws {
    try use { bed, store in
      try store.add("docker.io/library/foreign:1", layers: ["\(bed.path)/base"], config: "{}", architecture: "s390x")
      try store.add("docker.io/library/mute:1", layers: ["\(bed.path)/base"])
      try bed.write(
        """
        services:
          never: {image: "none:1", pull_policy: never, network_mode: none}
          foreign: {image: "foreign:1", pull_policy: never, network_mode: none}
          wrong: {image: "Bad/Name:1", network_mode: none}
          mute: {image: "mute:1", network_mode: none}
        """)
      let up = try bed.tryUp()
      #expect(up.code == 2, "\(up)")
      for words in [
        "the image none:1 is not here, and pull_policy is never", "foreign:1 is for linux/s390x, not for linux/",
        "names no image", "service mute has no command, and its image mute:1 says none", "stack.yaml:3:18",
      ] { #expect(up.errors.contains(words), "\(words): \(up.errors)") }
    }
  }

  @Test("the lock file has the image's digest, which wins over the tag; --frozen asks for it")
  func lock() throws {
    try use { bed, store in
      let one = try store.add(
        "docker.io/library/demo:1", layers: ["\(bed.path)/base"], config: #"{"Cmd":["sleep","1000"]}"#)
      try bed.write("services: {web: {image: \"demo:1\", network_mode: none, stop_signal: SIGKILL}}")
      let frozen = try bed.tryUp(["--frozen"])
      #expect(frozen.code == 2 && frozen.errors.contains("no lock file"), "\(frozen)")
      try bed.run("containr", ["lock", "-f", Bed.file]).succeeding()
      #expect(try bed.read("stack.lock").contains("images:\n  \"demo:1\": \(one)\n"))
      try bed.up("--frozen")
      try store.add(
        "docker.io/library/demo:1", layers: ["\(bed.path)/base", "\(bed.path)/extra"],
        config: #"{"Cmd":["sleep","1001"]}"#)
      #expect(try bed.plan().hasPrefix("nothing to do"), "the tag has moved, and the lock file holds")
      let check = try bed.run("containr", ["lock", "-f", Bed.file, "--check"])
      #expect(check.code == 2 && check.errors.contains("demo:1"), "\(check)")
      try bed.edit("demo:1", "other:1")
      let other = try bed.tryUp(["--frozen"])
      #expect(other.code == 2 && other.errors.contains("the image other:1 is not in stack.lock"), "\(other)")
    }
  }
}
