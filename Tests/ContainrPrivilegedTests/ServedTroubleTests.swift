// What is killed, and what hangs, where a server makes what containers have for a root: supervisors, shims, servers, commands
// half way.
import ContainrTestSupport
import Foundation
import Testing

@Suite(
  "Trouble with overlays that a server makes", .serialized, .asRoot,
  .notAsUser("it mounts what the state directory is on; ServedOverlayTests has users of its own"))
struct ServedTroubleTests {
  private static let pair = """
    services:
      web: {layers: [./base], command: [sleep, "100000"], stop_grace_period: 0s, restart: always}
      app: {layers: [./base], command: [sleep, "100000"], stop_grace_period: 0s}
    """

  /// The number of openat(2).
  #if arch(x86_64)
    private static let openat = 257
  #else
    private static let openat = 56
  #endif

  private static let drift = "drift: was killed: fuse-overlayfs, which served its files, had ended"

  private func inside(_ bed: Bed, _ service: String, _ script: String) throws -> CommandResult {
    try bed.run("containr", ["exec", "-T", "-f", Bed.file, service, "sh", "-c", script])
  }

  private func expectServed(_ bed: Bed, _ service: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try inside(bed, service, "cat /file").output == "kept\n", sourceLocation: sourceLocation)
    #expect(try bed.plan().hasPrefix("nothing to do"), sourceLocation: sourceLocation)
  }

  private func expectNoServer(_ bed: Bed) throws {
    try eventually("no server is left") { bed.servers().isEmpty }
  }

  @Test(
    "containers outlive their supervisor, the next one takes over with its policies, and down leaves nothing",
    arguments: ServedGround.allCases)
  func supervisor(ground: ServedGround) throws {
    try Bed.use(Self.pair, ground: ground) { bed in
      #expect(try bed.up().errors.contains("warning[state-through-fuse]"))
      for service in ["web", "app"] { try inside(bed, service, "echo kept > /file").succeeding() }
      let (pids, servers, first) = (try bed.pids(), bed.servers(), try #require(try bed.supervisor()))
      #expect(servers.count == 2)
      kill(first, SIGKILL)
      try eventually("another one is there") { try bed.supervisor().map { $0 != first } ?? false }
      try bed.awaitStill("t-app-1", "t-web-1")
      #expect(try bed.pids() == pids && bed.servers() == servers)
      try expectServed(bed, "web")
      // Whom it has not begun is its own to begin again.
      try bed.killServer("web")
      try eventually("another one runs") {
        let row = try bed.container("web")
        return row.state == "running" && row.pid != pids["web-1"]
      }
      try bed.awaitStill("t-web-1")
      try expectServed(bed, "web")
      // Without any, nobody does; the others go on.
      try bed.killSupervision()
      #expect(try bed.pid("app") == pids["app-1"])
      #expect(try inside(bed, "app", "cat /file").output == "kept\n")
      try bed.killServer("web")
      try bed.wait("web", "exited")
      let plan = try bed.plan()
      #expect(plan.contains("supervisor t   repair") && plan.contains("container t-web-1   start"), "\(plan)")
      #expect(plan.contains(Self.drift), "\(plan)")
      try bed.up()
      try expectServed(bed, "web")
      #expect(try bed.pid("app") == pids["app-1"])
      try bed.down("-v")
      bed.expectNothingLeft()
      try expectNoServer(bed)
    }
  }

  @Test("a killed server and a killed shim are named and repaired; down works without either")
  func killed() throws {
    try Bed.use(Self.pair, ground: .overlay) { bed in
      try bed.up()
      let web = try bed.pid("web")
      try inside(bed, "app", "echo kept > /file").succeeding()
      try bed.killServer("app")
      try bed.wait("app", "exited")
      #expect(try bed.run("containr", ["ps", "-a", "-p", "t"]).output.contains("exited (137, files lost)"))
      let plan = try bed.plan()
      #expect(plan.contains("container t-app-1   start\n      \(Self.drift)   stack.yaml:"), "\(plan)")
      let status = try bed.run("containr", ["status", "-p", "t"])
      #expect(status.code == 2 && status.output.contains(Self.drift), "\(status)")
      try bed.up()
      try expectServed(bed, "app")
      let (shim, server) = (try bed.shim(of: try bed.pid("app")), try bed.server("app"))
      kill(shim, SIGKILL)
      try eventually("its server goes with it") { kill(server, 0) != 0 || isZombie(server) }
      #expect(try bed.plan().contains("container t-app-1   start"))
      try bed.up()
      try expectServed(bed, "app")
      #expect(try bed.pid("web") == web)
      for service in ["web", "app"] { kill(try bed.server(service), SIGKILL) }
      try bed.down("-v")
      bed.expectNothingLeft()
      try expectNoServer(bed)
    }
  }

  /// Whether a process of these words is in openat(2).
  private func isOpening(_ words: String) -> Bool {
    for pid in HostSnapshot.pids() where HostSnapshot.commandLine(pid).hasPrefix(words) {
      let call = FileManager.default.contents(atPath: "/proc/\(pid)/syscall") ?? Data()
      if String(decoding: call, as: UTF8.self).hasPrefix("\(Self.openat) ") { return true }
    }
    return false
  }

  @Test("a server that answers nobody holds nothing up: the container is stopped, started and taken away")
  func hung() throws {
    let stack = Self.pair.replacingOccurrences(of: "app: {layers: [./base]", with: "app: {layers: [./base, ./remote]")
    try Bed.use(stack, ground: .overlay) { bed in
      // A layer whose own server is stopped: the container's waits for it, and the container's process for that.
      let (source, remote) = ("\(bed.path)/source", "\(bed.path)/remote")
      for place in [source, remote] {
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      }
      for name in ["one", "two"] { try bed.sandbox.directory.write(name + "\n", to: "source/\(name)") }
      let layer = try Command("bindfs", ["-f", source, remote])
      defer {
        layer.signal(SIGCONT)
        layer.signal(SIGTERM)
        _ = layer.wait()
      }
      try eventually("the layer is mounted") { bed.exists("remote/one") }
      try bed.up()
      #expect(try inside(bed, "app", "echo kept > /file; cat /one").output == "one\n")
      layer.signal(SIGSTOP)
      let reader = try bed.sandbox.start("containr", ["exec", "-T", "-f", Bed.file, "app", "cat", "/two"])
      try eventually("somebody waits for it") { isOpening("cat /two") }
      let stop = try bed.run("containr", ["stop", "-f", Bed.file, "app"])
      #expect(stop.code == 0, "\(stop)")
      #expect(reader.wait().code != 0)
      #expect(try bed.container("app").state != "running")
      layer.signal(SIGCONT)
      try bed.up()
      try expectServed(bed, "app")
      // One that is stopped itself.
      kill(try bed.server("app"), SIGSTOP)
      #expect(try bed.plan().hasPrefix("nothing to do"))
      let restart = try bed.run("containr", ["restart", "-f", Bed.file, "app"])
      #expect(restart.code == 0, "\(restart)")
      try expectServed(bed, "app")
      kill(try bed.server("app"), SIGSTOP)
      try bed.down("-v")
      try expectNoServer(bed)
    }
  }

  @Test(
    "up that dies at a boundary, or is killed at any moment: the next one converges, and down leaves nothing"
  )
  func crashes() throws {
    let stack = """
      services:
        web:
          layers: [./base.tar]
          command: [sh, -c, "echo kept > /file; exec sleep 100000"]
          stop_signal: SIGKILL
          volumes: ["data:/data"]
      volumes: {data: {}}
      """
    try Bed.use(stack, ground: .overlay) { bed in
      try BaseLayer.pack(bed.path + "/base", into: bed.path + "/base.tar")
      let up = ["-d", "-y", Bed.file]
      func converge(_ words: String) throws {
        let next = try bed.tryUp()
        if next.code != 0 { throw TestSupportError("\(words): up does not converge: \(next)") }
        let plan = try bed.plan()
        if !plan.hasPrefix("nothing to do") { throw TestSupportError("\(words): after up there is still\n\(plan)") }
        try eventually("\(words): it is served") { try inside(bed, "web", "cat /file").output == "kept\n" }
        #expect(bed.servers().count == 1, "\(words)")
        try bed.down("-v")
        try bed.awaitNothingLeft(words)
        try expectNoServer(bed)
      }
      try Data().write(to: URL(fileURLWithPath: bed.path + "/boundaries"))
      let whole = try bed.run("containr-up", up, environment: ["CONTAINR_FAILPOINT": "record:\(bed.path)/boundaries"])
        .succeeding().seconds
      try converge("recorded")
      let boundaries = try bed.read("boundaries").split(separator: "\n").map(String.init)
      #expect(boundaries.count > 15, "\(boundaries)")
      // CrashTests dies at all of them, on a file system of the kernel's.
      for (number, boundary) in boundaries.enumerated() where number % 3 == 1 {
        let result = try bed.run("containr-up", up, environment: ["CONTAINR_FAILPOINT": boundary])
        #expect(result.code == 128 + SIGKILL, "\(boundary) was not reached: \(result)")
        try converge("died at \(boundary)")
      }
      for round in 1...5 {
        let command = try bed.sandbox.start("containr-up", up)
        usleep(UInt32(whole * Double(round) / 5 * 1_000_000))
        command.signal(SIGKILL)
        _ = command.wait()
        try converge("killed after \(round) fifths")
      }
    }
  }

  @Test("layers on a file system without ACLs are read by who is not their owner")
  func withoutACLs() throws {
    try Bed.use(ground: .overlay) { bed in
      let layer = bed.path + "/plain"
      try FileManager.default.createDirectory(atPath: layer, withIntermediateDirectories: true)
      try ContainrTestSupport.run("mount", ["-t", "ramfs", "plain", layer]).succeeding()
      try bed.shell(
        "mkdir \(layer)/own; echo text > \(layer)/own/file; chown -R 1000:1000 \(layer)/own; chmod 0750 \(layer)/own")
      try bed.write("services: {web: {layers: [./base, ./plain], command: [sleep, \"100000\"], stop_signal: SIGKILL}}")
      try bed.up()
      let read = try inside(bed, "web", "ls /own; cat /own/file; echo more >> /own/file; cat /own/file")
      #expect(read.output == "file\ntext\ntext\nmore\n", "\(read)")
      #expect(try bed.run("containr", ["cp", "-f", Bed.file, "web:/own/file", bed.path + "/copied"]).code == 0)
      #expect(try bed.read("copied") == "text\nmore\n")
      let one = try bed.run("containr", ["run", "--layer", "./base", "--layer", "./plain", "--", "cat", "/own/file"])
      #expect(one.output == "text\n", "\(one)")
      try bed.down("-v")
      try ContainrTestSupport.run("umount", [layer]).succeeding()
    }
  }

  /// A file system of bindfs for the state directory, with options.
  private func withState(_ bed: Bed, on options: [String], _ body: ([String: String], String) throws -> Void) throws {
    let (source, state) = ("\(bed.path)/source", "\(bed.path)/mounted")
    for place in [source, state] {
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    }
    try ContainrTestSupport.run("bindfs", options + [source, state]).succeeding()
    defer { umount2(state, Int32(MNT_DETACH)) }
    try body(["CONTAINR_STATE_DIR": state + "/state"], state + "/state")
  }

  @Test("a state directory whose files nobody can share is refused with the way out, and no database is left there")
  func unshared() throws {
    try Bed.use(Self.pair) { bed in
      try withState(bed, on: ["-o", "direct_io"]) { environment, state in
        let up = try bed.tryUp(environment: environment)
        #expect(
          up.code == 4 && up.errors.contains("mount it so that they can (9P: cache=mmap; FUSE: without direct_io)"),
          "\(up)")
        #expect(up.errors.contains("CONTAINR_STATE_DIR=DIRECTORY"), "\(up)")
        let down = try bed.run("containr-down", ["-y", Bed.file], environment: environment)
        #expect(down.code == 0, "\(down)")
        #expect(!bed.exists(state + "/containr.db"))
      }
    }
  }

  @Test("where no file can be given to another owner a layer with several is refused with the way out")
  func owners() throws {
    let stack = "services: {web: {layers: [./base, ./owned.tar], command: [sleep, \"100000\"], stop_grace_period: 0s}}"
    try Bed.use(stack) { bed in
      try bed.shell("cd \(bed.path); mkdir owned; tar -C owned --owner=1000 --group=1000 -cf owned.tar .")
      try withState(bed, on: ["--chown-deny"]) { environment, state in
        let up = try bed.tryUp(environment: environment)
        #expect(up.code == 4 && up.errors.contains("gives none to another one"), "\(up)")
        #expect(up.errors.contains("CONTAINR_STATE_DIR=DIRECTORY"), "\(up)")
        try bed.run("containr-down", ["-v", "-y", Bed.file], environment: environment).succeeding()
        #expect(!bed.exists(state))
      }
    }
  }
}
