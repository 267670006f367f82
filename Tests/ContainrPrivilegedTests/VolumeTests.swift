// Volumes: `containr volume`, options of the local driver, what a new volume begins with, volumes without a name.
import ContainrTestSupport
import Foundation
import Testing

@Suite("Volumes", .serialized, .asRoot)
struct VolumeTests {
  private func volume(_ bed: Bed, _ words: String...) throws -> CommandResult {
    try bed.run("containr", ["volume"] + words)
  }

  private func mountpoint(_ bed: Bed, _ name: String) throws -> String {
    try volume(bed, "inspect", "-f", "{{.Mountpoint}}", name).succeeding().output.trimmingCharacters(in: .newlines)
  }

  private func service(_ command: String, _ more: String) -> String {
    """
        layers: [./base]
        command: [sh, -c, "\(command)"]
        network_mode: none
        stop_signal: SIGKILL
        \(more)
    """
  }

  @Test("create, ls, inspect, rm and prune; what is in use stays and its user is named")
  func commands() throws {
    try Bed.use { bed in
      #expect(try volume(bed, "create", "--label", "a=1", "mine").succeeding().output == "mine\n")
      #expect(try volume(bed, "create", "mine").succeeding().output == "mine\n", "there already, and the same")
      let other = try volume(bed, "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "mine")
      #expect(other.code == 2 && other.errors.contains("other options"), "\(other)")
      let wrong = try volume(bed, "create", "-o", "typ=tmpfs", "wrong")
      #expect(wrong.code == 2 && wrong.errors.contains("did you mean 'type'?"), "\(wrong)")
      let unnamed = try volume(bed, "create").succeeding().output.trimmingCharacters(in: .newlines)
      #expect(unnamed.count == 64)
      try bed.write(
        """
        services:
          web:
        \(service("echo hello > /data/file; exec sleep 1000", "volumes: [\"data:/data\", \"mine:/mine\"]"))
        volumes: { data: { labels: { tier: db } }, mine: { external: true } }
        """)
      try bed.up()
      #expect(
        try volume(bed, "ls", "-q").succeeding().output == [unnamed, "mine", "t_data"].sorted().joined(separator: "\n")
          + "\n")
      #expect(try volume(bed, "ls", "-q", "--filter", "dangling=true").output == unnamed + "\n")
      #expect(try volume(bed, "ls", "-q", "--filter", "label=tier=db").output == "t_data\n")
      #expect(try volume(bed, "ls", "-q", "--filter", "name=in").output == "mine\n")
      #expect(try volume(bed, "ls").output.hasPrefix("DRIVER  VOLUME NAME\nlocal   "))
      let line = try volume(bed, "ls", "--format", "json", "--filter", "name=t_data").output
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
      #expect(object?["Driver"] == "local" && object?["Stack"] == "t")
      #expect(object?["Labels"] == "com.docker.compose.project=t,com.docker.compose.volume=data,tier=db")
      let point = try mountpoint(bed, "t_data")
      try eventually("the file is written") { (try? bed.read(point + "/file")) == "hello\n" }
      let details = try volume(bed, "inspect", "t_data", "none")
      #expect(details.code == 1 && details.errors.contains("there is no volume none"), "\(details)")
      let all = try JSONSerialization.jsonObject(with: Data(details.output.utf8)) as? [[String: Any]]
      #expect(all?.count == 1 && all?[0]["Mountpoint"] as? String == point)
      #expect((all?[0]["UsedBy"] as? [String]) == ["t-web-1"])
      let used = try volume(bed, "rm", "t_data", "mine", "none")
      #expect(used.code == 1, "\(used)")
      #expect(used.errors.contains("volume t_data is in use by container t-web-1"), "\(used)")
      #expect(used.errors.contains("volume mine is in use by container t-web-1"), "external ones too: \(used)")
      #expect(try volume(bed, "rm", "-f", "none").code == 0)
      let pruned = try volume(bed, "prune", "-f").succeeding().output
      #expect(pruned == "Deleted Volumes:\n\(unnamed)\n\nTotal reclaimed space: 0b\n")
      try bed.down()
      let everything = try volume(bed, "prune", "-f", "-a").succeeding().output
      #expect(everything == "Deleted Volumes:\nmine\nt_data\n\nTotal reclaimed space: 6b\n")
      #expect(try volume(bed, "ls", "-q").output == "")
      bed.expectNothingLeft()
    }
  }

  @Test(
    "driver_opts: a tmpfs is one for all its containers and goes with the stack, a bind is the host's directory")
  func options() throws {
    try Bed.use { bed in
      try FileManager.default.createDirectory(atPath: bed.path + "/given", withIntermediateDirectories: true)
      try bed.write(
        """
        services:
          one:
        \(service("echo shared > /mem/file; echo bound > /dir/file; exec sleep 1000", "volumes: [\"mem:/mem\", \"dir:/dir\"]"))
          two:
        \(service("until test -s /mem/file; do sleep 0.05; done; (cat /mem/file; df /mem | tail -n 1; echo END) > /out/two; exec sleep 1000", "volumes: [\"mem:/mem\", \"./out:/out\"]"))
        volumes:
          mem: { driver_opts: { type: tmpfs, device: tmpfs, o: "size=3m,noexec" } }
          dir: { driver_opts: { type: none, o: bind, device: ./given } }
        """)
      try bed.up()
      let seen = try bed.output("two")
      #expect(seen.hasPrefix("shared\n") && seen.contains(" 3072 "), "\(seen)")
      try eventually("the bind is written") { (try? bed.read("given/file")) == "bound\n" }
      #expect(try bed.plan().hasPrefix("nothing to do"))
      let mounts = try bed.inside("grep t_mem/_data /proc/self/mountinfo")
      #expect(mounts.contains("noexec") && mounts.contains("size=3072k"), "\(mounts)")
      #expect(try volume(bed, "inspect", "-f", "{{.Mountpoint}}", "t_dir").output == bed.path + "/given\n")
      // Another size is another volume, and what was in it is lost.
      try bed.edit("size=3m", "size=5m")
      let plan = try bed.plan()
      #expect(plan.contains("driver_opts.o: size=3m,noexec → size=5m,noexec"), "\(plan)")
      #expect(plan.contains("data loss"), "\(plan)")
      try bed.up()
      #expect(try bed.inside("grep -c t_mem/_data /proc/self/mountinfo") == "1\n")
      try bed.down()
      #expect(try bed.read("given/file") == "bound\n", "down leaves what is the host's")
      #expect(try bed.inside("grep t_mem/_data /proc/self/mountinfo || echo none") == "none\n")
      try bed.down("-v")
      #expect(try bed.read("given/file") == "bound\n")
      let kept = try volume(bed, "snapshot", "ls", "-q").output.trimmingCharacters(in: .newlines)
      #expect(kept.hasPrefix("t_mem@"), "what was in memory was kept before it was made again: \(kept)")
      try volume(bed, "snapshot", "rm", kept).succeeding()
    }
  }

  @Test("a bind whose directory is not there is found before anything starts, with its line")
  func missingDevice() throws {
    try Bed.use { bed in
      try bed.write(
        """
        services:
          web:
        \(service("exec sleep 1000", "volumes: [\"dir:/dir\"]"))
        volumes:
          dir:
            driver_opts: { type: none, o: bind, device: ./none }
        """)
      let up = try bed.tryUp()
      #expect(up.code == 2 && up.errors.contains("/none does not exist"), "\(up)")
      #expect(up.errors.contains("stack.yaml:11:"), "\(up)")
    }
  }

  @Test("a new volume begins with what the layers hold there, once, and with its owner and mode; nocopy does not")
  func firstUse() throws {
    try Bed.use { bed in
      try bed.shell(
        """
        mkdir -p lower/data/sub upper/data; echo low > lower/data/a; echo up > upper/data/a; echo b > upper/data/sub-b
        ln lower/data/a lower/data/sub/hard; ln -s a lower/data/link; chown 1000:1000 lower/data/sub; chmod 751 upper/data
        chown 33:34 upper/data; truncate -s 1M lower/data/hole; touch -d @1000000 lower/data/sub/hard
        """.replacingOccurrences(of: "mkdir -p", with: "cd \(bed.path); mkdir -p"))
      let look =
        "(stat -c '%n %u:%g %a' /new /new/sub; cat /new/a /new/sub-b; readlink /new/link; stat -c %Y /new/sub/hard; du -k /new/hole; ls /not; echo END)"
      try bed.write(
        """
        services:
          web:
            layers: [./base, ./lower, ./upper]
            command: [sh, -c, "ln -s /data /x; \(look) > /out/$$TRY; echo mine > /new/a; exec sleep 1000"]
            environment: { TRY: first }
            network_mode: none
            stop_signal: SIGKILL
            volumes:
              - ./out:/out
              - new:/new
              - { type: volume, source: not, target: /not, volume: { nocopy: true } }
        volumes: { new: {}, not: {} }
        """)
      try bed.shell("cd \(bed.path); for l in lower upper; do mv $l/data $l/new; cp -a $l/new $l/not; done")
      try bed.up()
      let first = try bed.output("first")
      #expect(
        first.hasPrefix("/new 33:34 751\n/new/sub 1000:1000 755\nup\nb\na\n1000000\n0\t/new/hole\n"), "\(first)")
      #expect(first.hasSuffix("0\t/new/hole\n"), "nothing is in /not: \(first)")
      let point = try mountpoint(bed, "t_new")
      try eventually("it has written its own") { (try? bed.read(point + "/a")) == "mine\n" }
      try bed.edit("TRY: first", "TRY: second")
      try bed.up()
      #expect(try bed.output("second").contains("751\n/new/sub 1000:1000 755\nmine\nb\n"), "its data stays")
    }
  }

  private let counting = """
    services:
      web:
        layers: [./base]
        command: [sh, -c, "echo x >> /data/log; (cat /data/log; echo END) > /out/$$TRY; exec sleep 1000"]
        environment: { TRY: first }
        network_mode: none
        stop_signal: SIGKILL
        volumes: ["./out:/out", /data]
    """

  private func names(_ bed: Bed) throws -> [String] {
    try volume(bed, "ls", "-q").succeeding().output.split(separator: "\n").map(String.init)
  }

  @Test("a volume without a name is there again when its container is made again; -V begins with a new one")
  func anonymous() throws {
    try Bed.use(counting) { bed in
      try bed.up()
      #expect(try bed.output("first") == "x\n")
      let first = try names(bed)
      #expect(first.count == 1 && first[0].hasPrefix("t-web-1."), "\(first)")
      try bed.edit("TRY: first", "TRY: second")
      try bed.up()
      #expect(try bed.output("second") == "x\nx\n")
      #expect(try names(bed) == first)
      #expect(try bed.plan().hasPrefix("nothing to do"))
      try bed.edit("TRY: second", "TRY: third")
      try bed.up("-V")
      #expect(try bed.output("third") == "x\n", "with -V it begins anew")
      let third = try names(bed)
      #expect(third.count == 1 && third != first, "\(third)")
      #expect(try bed.plan().hasPrefix("nothing to do"))
    }
  }

  @Test("down and fewer replicas leave volumes without a name; prune takes those that nobody has, down -v all")
  func anonymousOutlives() throws {
    try Bed.use(counting) { bed in
      try bed.up("--scale", "web=2")
      let both = try names(bed)
      #expect(both.count == 2, "\(both)")
      let fewer = try bed.up()
      #expect(!fewer.output.contains("volume"), "\(fewer)")
      #expect(try names(bed) == both, "the second container has gone, and its volume stays")
      let pruned = try volume(bed, "prune", "-f").succeeding().output
      #expect(pruned.contains("t-web-2.") && !pruned.contains("t-web-1."), "\(pruned)")
      try bed.down()
      let left = try names(bed)
      #expect(left.count == 1 && both.contains(left[0]), "\(left)")
      // Another life is another container: it begins with a volume of its own.
      try bed.edit("TRY: first", "TRY: again")
      try bed.up()
      #expect(try bed.output("again") == "x\n")
      let again = try names(bed)
      #expect(again.count == 2 && again.contains(left[0]), "\(again)")
      try bed.down("-v")
      #expect(try names(bed) == [])
      bed.expectNothingLeft()
    }
  }

  @Test("a volume that gets another name makes its containers again once, and both keep their data")
  func renamed() throws {
    try Bed.use { bed in
      try bed.write(
        """
        services:
          web:
        \(service("(ls /data; echo END) > /out/$$TRY; touch /data/$$TRY; exec sleep 1000", "volumes: [\"data:/data\", \"./out:/out\"]\n    environment: { TRY: first }"))
        volumes: { data: { } }
        """)
      try bed.up()
      #expect(try bed.output("first") == "")
      try bed.edit("data: { }", "data: { name: other }")
      #expect(try bed.plan().contains("volume data is another one now"))
      try bed.edit("TRY: first", "TRY: second")
      try bed.up()
      #expect(try bed.output("second") == "")
      #expect(try bed.plan().hasPrefix("nothing to do"), "once")
      #expect(try names(bed) == ["other", "t_data"])
    }
  }

  @Test("a volume that an orphan has is not made again from under it: that is said before anything is touched")
  func orphan() throws {
    try Bed.use { bed in
      let old = "  old:\n\(service("exec sleep 1000", "volumes: [\"data:/data\"]"))\n"
      let new = "services:\n  web:\n\(service("exec sleep 1000", "volumes: [\"data:/data\"]"))\n"
      try bed.write(new + old + "volumes: { data: { } }\n")
      try bed.up()
      try bed.write(new + "volumes: { data: { driver_opts: { type: tmpfs, device: tmpfs } } }\n")
      let up = try bed.tryUp()
      #expect(up.code == 2 && up.errors.contains("containers that stay have it: t-old-1"), "\(up)")
      #expect(up.errors.contains("--remove-orphans") && up.errors.contains("stack.yaml:"), "\(up)")
      #expect(try bed.pids().count == 2)
      try bed.up("--remove-orphans")
      #expect(try bed.pids().count == 1)
      for id in try volume(bed, "snapshot", "ls", "-q").output.split(separator: "\n") {
        try volume(bed, "snapshot", "rm", String(id)).succeeding()
      }
    }
  }

  @Test("backup and restore bring the data back, to a volume of another name as well; one in use is refused")
  func backup() throws {
    try Bed.use { bed in
      try bed.write(
        """
        services:
          web:
        \(service("echo one > /data/.file; chown 7:8 /data/.file; chmod 640 /data/.file; busybox mv /data/.file /data/file; exec sleep 1000", "volumes: [\"data:/data\"]"))
        volumes: { data: {} }
        """)
      try bed.up()
      let point = try mountpoint(bed, "t_data")
      try eventually("the file is written") { (try? bed.read(point + "/file")) == "one\n" }
      try volume(bed, "backup", "t_data", "-o", bed.path + "/data.tar").succeeding()
      let piped = try bed.shell("tar -tvf \(bed.path)/data.tar")
      #expect(piped.contains("-rw-r----- 7/8") && piped.hasSuffix(" ./\n") == false, "\(piped)")
      let used = try volume(bed, "restore", "t_data", "-i", bed.path + "/data.tar")
      #expect(used.code == 2 && used.errors.contains("in use by container t-web-1"), "\(used)")
      let missing = try volume(bed, "backup", "none", "-o", bed.path + "/none.tar")
      #expect(
        missing.code == 1 && missing.errors.contains("there is no volume none") && !bed.exists("none.tar"), "\(missing)"
      )
      try volume(bed, "restore", "other", "-i", bed.path + "/data.tar").succeeding()
      let other = try mountpoint(bed, "other")
      #expect(
        try bed.shell("stat -c '%u:%g %a' \(other)/file; cat \(other)/file")
          == "\(bed.sandbox.hostID(7)):\(bed.sandbox.hostID(8)) 640\none\n")
      try bed.sandbox.directory.write("no archive\n", to: "bad.tar")
      let bad = try volume(bed, "restore", "other", "-i", bed.path + "/bad.tar")
      #expect(bad.code == 1, "\(bad)")
      #expect(try bed.read(other + "/file") == "one\n", "what was there stays")
      try volume(bed, "rm", "other").succeeding()
    }
  }

  @Test("snapshots: down -v --snapshot and a volume that is made again keep what there was, and restore brings it back")
  func snapshots() throws {
    try Bed.use { bed in
      try bed.write(
        """
        services:
          web:
        \(service("cat /data/file > /out/seen; echo END >> /out/seen; test -e /data/file || echo one > /data/file; exec sleep 1000", "volumes: [\"data:/data\", \"./out:/out\"]"))
        volumes: { data: {} }
        """)
      try bed.up()
      let first = try mountpoint(bed, "t_data")
      try eventually("it has written") { (try? bed.read(first + "/file")) == "one\n" }
      try bed.run("containr-down", ["-y", "-v", "--snapshot", Bed.file]).succeeding()
      try FileManager.default.removeItem(atPath: bed.path + "/out/seen")
      let kept = try volume(bed, "snapshot", "ls", "-q").output.trimmingCharacters(in: .newlines)
      #expect(kept.hasPrefix("t_data@20"), "\(kept)")
      try volume(bed, "restore", "t_data", "--snapshot", "last").succeeding()
      try bed.up()
      #expect(try bed.output("seen") == "one\n")
      try bed.down()
      // Of several that were made in one second the last one is the last one.
      let point = try mountpoint(bed, "t_data")
      for number in 1...3 {
        try bed.shell("echo \(number) > \(point)/file")
        try volume(bed, "snapshot", "t_data").succeeding()
      }
      try volume(bed, "restore", "t_data", "--snapshot", "last").succeeding()
      #expect(try bed.read(point + "/file") == "3\n")
      try volume(bed, "rm", "--snapshot", "t_data").succeeding()
      for id in try volume(bed, "snapshot", "ls", "-q").output.split(separator: "\n") {
        try volume(bed, "snapshot", "rm", String(id)).succeeding()
      }
      #expect(try volume(bed, "snapshot", "ls", "-q").output == "")
      // Other options in the file: nobody asked for the data to go.
      try bed.up()
      try bed.edit("data: {}", "data: { driver_opts: { type: tmpfs, device: tmpfs } }")
      try bed.up()
      let again = try volume(bed, "snapshot", "ls", "-q").output.trimmingCharacters(in: .newlines)
      #expect(again.hasPrefix("t_data@20"), "\(again)")
      try volume(bed, "snapshot", "rm", again).succeeding()
    }
  }
}
