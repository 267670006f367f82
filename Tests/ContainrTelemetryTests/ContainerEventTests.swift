import ContainrSystem
import SystemPackage
import Testing

@testable import ContainrTelemetry

@Suite("Events on their way")
struct ContainerEventTests {
  private let subject = EventSubject(stack: "s", service: "web", name: "s-web-1", id: "s-web-1.b")

  @Test("a line is read as what was written, and what is none is none")
  func line() {
    let event = ContainerEvent(.health, subject, time: 17).with("health", "healthy").with("note", "a=b")
    #expect(event.line == "17\thealth_status\ts\tweb\ts-web-1\ts-web-1.b\thealth=healthy\tnote=a=b\n")
    #expect(ContainerEvent(line: event.line.dropLast()) == event)
    for wrong in ["", "17", "x\tdie\ts\tw\tn\ti", "1\tbirth\ts\tw\tn\ti", "1\tdie\ts\tw\tn", "1\tdie\ts\tw\tn\ti\tx"] {
      #expect(ContainerEvent(line: Substring(wrong)) == nil, "\(wrong)")
    }
    let cut = EventJournal.events(in: Array((event.line + "18\tdie").utf8))
    #expect(cut.events == [event] && cut.length == event.line.utf8.count)
  }

  @Test("a journal is put aside when it is long; who follows it misses nothing and sees nothing twice")
  func rotation() throws {
    let directory = FilePath("/tmp/containr-events-\(Kernel.processID())-\(Kernel.monotonicTime())")
    try Kernel.makeDirectory(directory, mode: 0o700)
    let journal = EventJournal(runDirectory: directory)
    let follower = try EventFollower(journal)
    var heard: [UInt64] = []
    let count: UInt64 = 30_000
    for time in 1...count {
      try journal.append([ContainerEvent(.die, subject, time: time).with("exitCode", "0")])
      if time % 4000 == 0 { heard += try follower.take().map(\.time) }
    }
    heard += try follower.take().map(\.time)
    #expect(heard == Array(1...count))
    let kept = try journal.all().map(\.time)
    #expect(kept.last == count && kept.count < Int(count) && kept == Array((count - UInt64(kept.count) + 1)...count))
    try journal.remove()
    #expect(try Kernel.names(inDirectory: directory) == [])
    try Kernel.remove(directory, isDirectory: true)
  }

  @Test(
    "times of RFC 3339 are read",
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2026-11-26T19:28:17.123456789Z", 1_795_721_297_123_456_789),
      ("2026-11-26T19:28:17+01:00", 1_795_717_697_000_000_000), ("2024-02-29", 1_709_164_800_000_000_000),
      ("2026-11-26T19:28", 1_795_721_280_000_000_000),
    ] as [(String, UInt64)])
  func times(text: String, expected: UInt64) { #expect(LogTimestamp.nanoseconds(of: text) == expected) }

  @Test(
    "what is no time is none",
    arguments: [
      "", "10m", "2026", "2026-13-01", "2026-11-26T25:00:00Z", "2026-11-26T19:28:17.Z", "2026-11-26T19:28:17Zx",
      "1969-12-31",
    ])
  func noTimes(text: String) { #expect(LogTimestamp.nanoseconds(of: text) == nil) }

  @Test("what is written as a time is read as that time") func roundTrip() {
    for time: UInt64 in [0, 951_782_400_000_000_000, 1_795_721_297_123_456_789, 4_102_444_799_999_999_999] {
      #expect(LogTimestamp.nanoseconds(of: LogTimestamp.text(time)) == time)
    }
  }
}
