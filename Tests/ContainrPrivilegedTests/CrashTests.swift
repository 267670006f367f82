// SIGKILL at any moment: the next `up` converges, the next `down` leaves nothing. First at every boundary of the
// executor, one after the other, then at moments that nobody chose.
import ContainrTestSupport
import Foundation
import Testing

// Not serialized: each test has a sandbox of its own, and they are the longest ones.
@Suite("Crash safety", .asRoot)
struct CrashTests {
  private static let stack = """
    services:
      job:
        layers: [./base.tar]
        command: ["true"]
      web:
        layers: [./base.tar]
        command: [sleep, "100000"]
        stop_signal: SIGKILL
        ports: ["8080:80"]
        volumes: ["data:/data"]
        mem_limit: 64m
        depends_on: { job: { condition: service_completed_successfully } }
    volumes: { data: {} }
    """

  private func use(_ body: (Bed) throws -> Void) throws {
    try Bed.use { bed in
      try BaseLayer.pack(bed.path + "/base", into: bed.path + "/base.tar")
      try bed.write(Self.stack)
      try body(bed)
    }
  }

  /// The boundaries that a command passes, in their order.
  private func boundaries(_ bed: Bed, _ program: String, _ arguments: [String]) throws -> [String] {
    let record = bed.path + "/boundaries"
    try Data().write(to: URL(fileURLWithPath: record))
    try bed.run(program, arguments, environment: ["CONTAINR_FAILPOINT": "record:\(record)"]).succeeding()
    let names = try bed.read("boundaries").split(separator: "\n").map(String.init)
    #expect(Set(names).count == names.count, "every boundary has a name of its own: \(names)")
    return names
  }

  /// Runs a command that dies at a boundary.
  private func crash(_ bed: Bed, at boundary: String, _ program: String, _ arguments: [String]) throws {
    let result = try bed.run(program, arguments, environment: ["CONTAINR_FAILPOINT": boundary])
    guard result.code == 128 + SIGKILL else { throw TestSupportError("\(boundary) was not reached: \(result)") }
  }

  /// The stack as it has to be.
  private func expectConverged(_ bed: Bed, _ words: String) throws {
    let up = try bed.tryUp()
    guard up.code == 0 else { throw TestSupportError("\(words): up does not converge: \(up)") }
    let plan = try bed.plan()
    if !plan.hasPrefix("nothing to do") { throw TestSupportError("\(words): after up there is still\n\(plan)") }
    let states = try bed.ps().map { "\($0.service) \($0.state) \($0.exitCode ?? 0)" }
    if states != ["job exited 0", "web running 0"] { throw TestSupportError("\(words): \(states)") }
  }

  private func expectGone(_ bed: Bed, _ words: String) throws {
    let down = try bed.run("containr-down", ["-v", "-y", Bed.file])
    guard down.code == 0 else { throw TestSupportError("\(words): down fails: \(down)") }
    try bed.awaitNothingLeft(words)
  }

  @Test("up that dies at any of its boundaries: the next up converges, and down leaves nothing")
  func everyBoundaryOfUp() throws {
    try use { bed in
      let up = ["-d", "-y", Bed.file]
      let boundaries = try boundaries(bed, "containr-up", up)
      #expect(boundaries.count > 20, "\(boundaries)")
      try expectGone(bed, "recorded")
      for boundary in boundaries {
        do {
          try crash(bed, at: boundary, "containr-up", up)
          try expectGone(bed, "died at \(boundary)")
          try crash(bed, at: boundary, "containr-up", up)
          try expectConverged(bed, "died at \(boundary)")
          try expectGone(bed, "died at \(boundary), then up")
        } catch {
          Issue.record(error)
          bed.sandbox.removeKernelObjects()
        }
      }
    }
  }

  @Test("down that dies at any of its boundaries: the next down leaves nothing, and an up in between converges")
  func everyBoundaryOfDown() throws {
    try use { bed in
      let down = ["-v", "-y", Bed.file]
      try bed.up()
      let boundaries = try boundaries(bed, "containr-down", down)
      #expect(boundaries.count > 8, "\(boundaries)")
      bed.expectNothingLeft()
      for (number, boundary) in boundaries.enumerated() {
        do {
          try bed.up()
          try crash(bed, at: boundary, "containr-down", down)
          if number % 2 == 0 { try expectConverged(bed, "down died at \(boundary)") }
          try expectGone(bed, "down died at \(boundary)")
        } catch {
          Issue.record(error)
          bed.sandbox.removeKernelObjects()
        }
      }
    }
  }

  @Test("a change that dies half way, and a recovery that dies as well, end well at the third time")
  func recoveryDies() throws {
    try use { bed in
      let up = ["-d", "-y", Bed.file]
      try bed.up()
      try bed.edit("\"100000\"", "\"100001\"")
      let change = try boundaries(bed, "containr-up", up)
      try expectGone(bed, "recorded")
      for (number, boundary) in change.enumerated() where number % 3 == 1 {
        do {
          try bed.edit("\"100001\"", "\"100000\"")
          try bed.up()
          try bed.edit("\"100000\"", "\"100001\"")
          try crash(bed, at: boundary, "containr-up", up)
          // The recovery has boundaries of its own: it dies at the last third of those that it shares with a plain up.
          let second = try bed.run(
            "containr-up", up, environment: ["CONTAINR_FAILPOINT": "store:started t-web-1:before"])
          #expect(second.code == 128 + SIGKILL || second.code == 0, "\(second)")
          try expectConverged(bed, "died at \(boundary) and in its recovery")
          let pid = try bed.pid("web")
          #expect(try bed.read("/proc/\(pid)/cmdline") == "sleep\0100001\0")
          try expectGone(bed, "died at \(boundary) and in its recovery")
        } catch {
          Issue.record(error)
          bed.sandbox.removeKernelObjects()
        }
      }
    }
  }

  @Test("up and down that are killed at moments that nobody chose: the next ones put everything right")
  func anyMoment() throws {
    try use { bed in
      let whole = try bed.run("containr-up", ["-d", "-y", Bed.file]).succeeding().seconds
      try expectGone(bed, "measured")
      var generator = SystemRandomNumberGenerator()
      for round in 0..<10 {
        let isDown = round % 3 == 2
        let delay = Double.random(in: 0...(whole * 1.1), using: &generator)
        let words = "\(isDown ? "down" : "up") killed after \(Int(delay * 1000)) of \(Int(whole * 1000)) ms"
        do {
          if isDown { try bed.up() }
          let command = try bed.sandbox.start(
            isDown ? "containr-down" : "containr-up", isDown ? ["-v", "-y", Bed.file] : ["-d", "-y", Bed.file])
          usleep(UInt32(delay * 1_000_000))
          command.signal(SIGKILL)
          _ = command.wait()
          if round % 2 == 0 { try expectConverged(bed, words) }
          try expectGone(bed, words)
        } catch {
          Issue.record(error)
          bed.sandbox.removeKernelObjects()
        }
      }
    }
  }

  @Test("everything of ours killed at once, supervisor and shims as well: up puts it right")
  func allKilled() throws {
    try use { bed in
      try bed.up()
      for _ in 0..<3 {
        for pid in try bed.processes("containr-shim") + bed.processes("containr") { kill(pid, SIGKILL) }
        try expectConverged(bed, "everything was killed")
      }
      for pid in try bed.processes("containr-shim") + bed.processes("containr") { kill(pid, SIGKILL) }
      try expectGone(bed, "everything was killed")
    }
  }
}
