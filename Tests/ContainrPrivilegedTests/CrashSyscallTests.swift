// SIGKILL at system calls that nobody chose, over up, update and down of five services: the same command again converges,
// and `down` leaves nothing. And at the boundaries of the update.
import ContainrTestSupport
import Foundation
import Testing

// Not serialized: each test has a sandbox of its own.
@Suite("Crash safety at any system call", .asRoot)
struct CrashSyscallTests {
  /// Kills a command at some of its system calls. `before` brings the stack where the command begins, `after` says what
  /// has to hold.
  private func kill(
    _ crash: CrashBed, _ name: String, rounds: Int, _ program: String, _ arguments: [String], before: () throws -> Void,
    after: (String) throws -> Void
  ) throws {
    var choices = CrashChoices(name)
    try before()
    let (code, count) = try SyscallKiller.run(crash.bed, until: 0, program, arguments)
    guard code == 0, count > 500 else { throw TestSupportError("\(name): code \(code), \(count) system calls") }
    try after("\(name) ended by itself")
    for _ in 0..<CrashChoices.rounds(rounds) {
      let number = Int.random(in: 1...count, using: &choices)
      let words = "\(name) killed at system call \(number) of \(count), seed \(choices.seed)"
      do {
        try before()
        let (code, _) = try SyscallKiller.run(crash.bed, until: number, program, arguments)
        // Threads come to their work in another order each time, so there may be fewer calls than there were.
        guard code == 128 + SIGKILL || code == 0 else { throw TestSupportError("\(words): code \(code)") }
        try after(words)
      } catch {
        Issue.record(error)
        crash.bed.sandbox.removeKernelObjects()
      }
    }
  }

  @Test("up, killed at any system call: the next up converges, and down leaves nothing")
  func up() throws {
    try CrashBed.use { crash in
      try kill(crash, "up", rounds: 5, "containr-up", CrashBed.up, before: {}) { words in
        try crash.expectConverged(words, changed: false)
        try crash.expectGone(words)
      }
    }
  }

  @Test("an update, killed at any system call: the next up finishes it")
  func update() throws {
    try CrashBed.use { crash in
      try kill(crash, "update", rounds: 5, "containr-up", CrashBed.up) {
        try crash.write(changed: false)
        try crash.expectConverged("brought back", changed: false)
        try crash.write(changed: true)
      } after: { words in
        try crash.expectConverged(words, changed: true)
      }
      try crash.expectGone("update")
    }
  }

  @Test("an update, killed at any system call, and then given up: the old file's up takes it back")
  func givenUp() throws {
    try CrashBed.use { crash in
      try kill(crash, "update given up", rounds: 3, "containr-up", CrashBed.up) {
        try crash.expectConverged("brought back", changed: false)
        try crash.write(changed: true)
      } after: { words in
        try crash.write(changed: false)
        try crash.expectConverged(words, changed: false)
      }
      try crash.expectGone("update given up")
    }
  }

  @Test("down, killed at any system call: the next down leaves nothing")
  func down() throws {
    try CrashBed.use { crash in
      try kill(crash, "down", rounds: 5, "containr-down", CrashBed.down) {
        try crash.bed.run("containr-up", CrashBed.up).succeeding()
      } after: { words in
        try crash.expectGone(words)
      }
    }
  }

  @Test("an update that dies at boundaries of its executor is finished by the next up")
  func boundaries() throws {
    try CrashBed.use { crash in
      let bed = crash.bed
      try bed.run("containr-up", CrashBed.up).succeeding()
      try crash.write(changed: true)
      let record = bed.path + "/boundaries"
      try bed.run("containr-up", CrashBed.up, environment: ["CONTAINR_FAILPOINT": "record:\(record)"]).succeeding()
      var boundaries = try bed.read("boundaries").split(separator: "\n").map(String.init)
      #expect(boundaries.count > 30, "\(boundaries)")
      #expect(Set(boundaries).count == boundaries.count, "every boundary has a name of its own")
      var choices = CrashChoices("boundaries of an update")
      boundaries.shuffle(using: &choices)
      let isSoak = CrashChoices.rounds(1) > 1
      for boundary in isSoak ? boundaries : Array(boundaries.prefix(10)) {
        do {
          try crash.write(changed: false)
          try crash.expectConverged("brought back", changed: false)
          try crash.write(changed: true)
          let dead = try bed.run("containr-up", CrashBed.up, environment: ["CONTAINR_FAILPOINT": boundary])
          guard dead.code == 128 + SIGKILL else { throw TestSupportError("\(boundary) was not reached: \(dead)") }
          try crash.expectConverged("update died at \(boundary)", changed: true)
        } catch {
          Issue.record(error)
          bed.sandbox.removeKernelObjects()
        }
      }
      try crash.expectGone("boundaries of an update")
    }
  }
}
