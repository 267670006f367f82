// The OOM killer's strikes as the shim tells of them: each once, whenever the kernel speaks and whenever it counts.
import ContainrSystem
import SystemPackage
import Testing

@testable import ContainrInit

@Suite("Strikes of the OOM killer") struct KillWatchTests {
  private func withFiles(_ body: (FilePath, FilePath) throws -> Void) throws {
    let directory = FilePath("/tmp/containr-kills-\(Kernel.processID())-\(Kernel.monotonicTime())")
    try Kernel.makeDirectory(directory, mode: 0o700)
    let (counter, limit) = (directory.appending("counter"), directory.appending("limit"))
    try Kernel.open(counter, [.writeOnly, .create], mode: 0o600).writeAll(Array("low 0\noom_kill 0\n".utf8))
    try Kernel.open(limit, [.writeOnly, .create], mode: 0o600).writeAll(Array("67108864\n".utf8))
    try body(counter, limit)
    for path in [counter, limit] { try Kernel.remove(path) }
    try Kernel.remove(directory, isDirectory: true)
  }

  private func set(_ path: FilePath, _ text: String) throws {
    try Kernel.open(path, [.writeOnly, .truncate]).writeAll(Array(text.utf8))
  }

  @Test("each is told once, with the limit at that moment, how many they were and how many in all")
  func once() throws {
    try withFiles { counter, limit in
      var watch = KillWatch(
        counter: SharedFD(try Kernel.open(counter)), limit: SharedFD(try Kernel.open(limit)), notice: nil)
      #expect(try watch.look() == nil)
      try set(counter, "low 0\noom_kill 2\noom_group_kill 1\n")
      #expect(try watch.look() == "limit=67108864\tkills=2\ttotal=2")
      #expect(try watch.look() == nil)
      try set(counter, "oom_kill 3\n")
      try set(limit, "max\n")
      #expect(try watch.look() == "limit=none\tkills=1\ttotal=3")
      try set(counter, "oom_kill 4\n")
      try set(limit, "9223372036854771712\n")
      #expect(try watch.look() == "limit=none\tkills=1\ttotal=4", "v1's number for no limit")
      #expect(try KillCounter.hasCounted(watch.counter))
    }
  }

  @Test(
    "v1 speaks before it counts: the watch goes on looking for a while, and is content once it is counted or time is over"
  )
  func early() throws {
    try withFiles { counter, limit in
      let event = SharedFD(try Kernel.eventDescriptor())
      let events = try EventPoll()
      var watch = KillWatch(counter: SharedFD(try Kernel.open(counter)), limit: nil, notice: event)
      try watch.begin(events, token: 1)
      #expect(try events.wait(milliseconds: 0).isEmpty && !watch.isExpecting)
      try Kernel.writeAll(event.raw, [1, 0, 0, 0, 0, 0, 0, 0])
      #expect(try events.wait(milliseconds: 0).map(\.token) == [1])
      #expect(try watch.take(events) == nil)
      #expect(watch.isExpecting)
      #expect(try events.wait(milliseconds: 0).isEmpty, "what was told was taken")
      try set(counter, "oom_kill 1\n")
      #expect(try watch.look() == "limit=none\tkills=1\ttotal=1")
      #expect(!watch.isExpecting)
      try Kernel.writeAll(event.raw, [1, 0, 0, 0, 0, 0, 0, 0])
      #expect(try watch.take(events) == nil)
      var looks = 0
      while watch.isExpecting, looks < 1000 {
        #expect(try watch.look() == nil)
        looks += 1
      }
      #expect(looks < 100)
    }
  }
}
