// Two commands at once, and disks and records that fail: each command ends with success or says clearly why not, and
// `down` takes away what there is.
import ContainrTestSupport
import Foundation
import Testing

// Not serialized: each test has a sandbox of its own.
@Suite("Races and broken disks", .asRoot)
struct StoreTroubleTests {
  @Test("two ups at once: one does it, the other waits and finds nothing to do")
  func twoUps() throws {
    try CrashBed.use { crash in
      let bed = crash.bed
      for _ in 0..<CrashChoices.rounds(1) {
        let both = try (0..<2).map { _ in try bed.sandbox.start("containr-up", CrashBed.up) }
        let results = both.map { $0.wait() }
        #expect(results.map(\.code) == [0, 0], "\(results)")
        #expect(results.contains { $0.output.hasPrefix("nothing to do") }, "\(results)")
        try crash.expectConverged("two ups", changed: false)
        try crash.expectGone("two ups")
      }
    }
  }

  @Test("up against down: both end well, whoever was first, and the next command finds a whole stack or none")
  func upAgainstDown() throws {
    try CrashBed.use { crash in
      let bed = crash.bed
      var choices = CrashChoices("up against down")
      for round in 0..<CrashChoices.rounds(2) {
        if round % 2 == 1 { try bed.run("containr-up", CrashBed.up).succeeding() }
        let first = try bed.sandbox.start("containr-up", CrashBed.up)
        usleep(UInt32.random(in: 0...300_000, using: &choices))
        let second = try bed.sandbox.start("containr-down", CrashBed.down)
        let results = [first.wait(), second.wait()]
        #expect(results.map(\.code) == [0, 0], "\(results)")
        if round % 2 == 0 { try crash.expectConverged("up against down", changed: false) }
        try crash.expectGone("up against down")
      }
    }
  }

  /// A small file system as the state directory.
  private func mounted(_ bed: Bed, _ options: String, _ body: (String) throws -> Void) throws {
    let state = bed.sandbox.stateDirectory
    try run("mkdir", ["-p", state]).succeeding()
    try run("mount", ["-t", "tmpfs", "-o", options + ",mode=755", "tmpfs", state]).succeeding()
    do { try body(state) } catch { Issue.record(error) }
    try run("umount", [state]).succeeding()
    try run("rmdir", [state]).succeeding()
  }

  /// The directory is empty: everything was taken away.
  private func expectEmpty(_ state: String, _ words: String) throws {
    let left = try FileManager.default.contentsOfDirectory(atPath: state)
    #expect(left == [], "\(words)")
  }

  @Test("a disk that fills up while a layer is unpacked: the start says so, and down leaves nothing")
  func fullWhileUnpacking() throws {
    try CrashBed.use { crash in
      let bed = crash.bed
      // More than anybody could expect of so small an archive.
      try bed.shell("head -c 60000000 /dev/zero > \(bed.path)/base/zeros")
      try bed.shell("tar -C \(bed.path)/base -cJf \(bed.path)/base.tar.xz .")
      try bed.write(CrashBed.stack(changed: false).replacingOccurrences(of: "./base.tar", with: "./base.tar.xz"))
      try mounted(bed, "size=24m") { state in
        let up = try bed.tryUp()
        #expect(up.code == 4 && up.errors.contains("No space left on device"), "\(up)")
        #expect(up.errors.contains("base.tar.xz"), "\(up)")
        try bed.run("containr-down", CrashBed.down).succeeding()
        try expectEmpty(state, "after a full disk")
      }
      bed.expectNothingLeft()
    }
  }

  @Test("a disk that is full when something is to be changed or taken away: the change says so, down goes on")
  func full() throws {
    try CrashBed.use { crash in
      let bed = crash.bed
      try mounted(bed, "size=24m") { state in
        try bed.run("containr-up", CrashBed.up).succeeding()
        let pids = try bed.pids()
        _ = try bed.sandbox.runInShell("head -c 100000000 /dev/zero > \(state)/ballast")
        try crash.write(changed: true)
        let up = try bed.tryUp()
        #expect([1, 2, 4].contains(up.code) && (up.errors.contains("full") || up.errors.contains("free")), "\(up)")
        #expect(try bed.pids() == pids, "nothing was touched")
        let down = try bed.run("containr-down", CrashBed.down)
        #expect(down.code == 0, "\(down)")
        try FileManager.default.removeItem(atPath: state + "/ballast")
        try expectEmpty(state, "after a down on a full disk")
      }
      bed.expectNothingLeft()
    }
  }

  @Test("a disk that has become read-only: changes say so and touch nothing; writable again, down leaves nothing")
  func readOnly() throws {
    try CrashBed.use { crash in
      let bed = crash.bed
      try mounted(bed, "size=24m") { state in
        try bed.run("containr-up", CrashBed.up).succeeding()
        let pids = try bed.pids()
        // A second mount of it on top: what has a file open for writing keeps the first one writable.
        try bed.inside("mount --bind \(state) \(state); mount -o remount,bind,ro \(state)")
        #expect(try bed.plan().hasPrefix("nothing to do"), "what only looks goes on")
        try crash.write(changed: true)
        let up = try bed.tryUp()
        #expect(up.code == 2 && up.errors.contains("read-only file system"), "\(up)")
        let down = try bed.run("containr-down", CrashBed.down)
        #expect(down.code != 0 && down.errors.lowercased().contains("read-only"), "\(down)")
        #expect(try bed.pids() == pids, "nothing was touched")
        try bed.inside("umount \(state)")
        try crash.expectConverged("writable again", changed: true)
        try bed.run("containr-down", CrashBed.down).succeeding()
        try expectEmpty(state, "after a read-only disk")
      }
      bed.expectNothingLeft()
    }
  }

  @Test(
    "records that are damaged or gone: every command says which file and what to do, and that works",
    arguments: ["truncated", "garbage", "empty", "short"])
  func damaged(how: String) throws {
    // What a setting of the uplink was before is in the records alone, and a volume that nobody knows stays.
    try Bed.use(
      """
      services:
        a: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
        b: { layers: [./base], command: [sleep, "100000"], stop_signal: SIGKILL }
      networks: { default: { internal: true } }
      """
    ) { bed in
      try bed.up()
      let pids = try bed.pids()
      let store = bed.sandbox.stateDirectory + "/containr.db"
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: store))
      switch how {
      case "truncated": try file.truncate(atOffset: 5000)
      case "short": try file.truncate(atOffset: 50)
      case "empty": try file.truncate(atOffset: 0)
      default: try file.write(contentsOf: Data((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 37) }))
      }
      try file.close()
      // Who read at the end of `up` kept the log from being emptied, and pages that are in it are not read from the file.
      let log = store + "-wal"
      if let size = try? FileManager.default.attributesOfItem(atPath: log)[.size] as? Int, size > 0 {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: log))
        try file.write(contentsOf: Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 37) }))
        try file.close()
      }
      // An empty file is a store in which nothing is recorded.
      if how != "empty" {
        for (program, arguments) in [
          ("containr-up", CrashBed.up), ("containr", ["plan", Bed.file]), ("containr-down", CrashBed.down),
          ("containr", ["ps", "-p", "t"]),
        ] {
          let result = try bed.run(program, arguments)
          #expect(result.code == 1, "\(result)")
          #expect(result.errors.contains("\(store) is damaged") && result.errors.contains("move it away"), "\(result)")
        }
        for pid in pids.values { #expect(kill(pid, 0) == 0, "nothing was touched") }
        // What the message says.
        try FileManager.default.moveItem(atPath: store, toPath: bed.path + "/damaged.db")
      }
      // Without records everything of the stack is found by its names.
      try CrashBed(bed: bed).expectGone("the records were \(how)")
    }
  }
}
