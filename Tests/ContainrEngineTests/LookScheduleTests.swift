import Testing

@testable import ContainrEngine

@Suite("When a container is looked at")
struct LookScheduleTests {
  @Test("once it has been left alone for a moment; and not again as long as it was found in order and does not move")
  func still() {
    var looks = LookSchedule(movedAt: 1000)
    #expect(looks.due == 1000 + LookSchedule.pause && !looks.isStill)
    looks.move(at: 5000)
    #expect(looks.due == 5000 + LookSchedule.pause)
    looks.settle(isStill: true, at: 200_000_000)
    #expect(looks.due == nil && looks.isStill)
    looks.move(at: 300_000_000)
    #expect(looks.due == 300_000_000 + LookSchedule.pause && !looks.isStill)
  }

  @Test("what is not in order is looked at again, ever more rarely, but at least once a minute; a movement begins anew")
  func again() throws {
    var looks = LookSchedule(movedAt: 0)
    var now: UInt64 = 0
    var pauses: [UInt64] = []
    for _ in 0..<12 {
      now = try #require(looks.due)
      looks.settle(isStill: false, at: now)
      #expect(!looks.isStill)
      pauses.append(try #require(looks.due) - now)
    }
    #expect(pauses.prefix(3) == [200_000_000, 400_000_000, 800_000_000])
    #expect(pauses.suffix(2) == [60_000_000_000, 60_000_000_000])
    looks.move(at: now)
    looks.settle(isStill: false, at: now + LookSchedule.pause)
    #expect(looks.due == now + 3 * LookSchedule.pause)
  }
}
