// When a limit of processor time is told of.
import Testing

@testable import ContainrCgroups
@testable import ContainrEngine

@Suite("Throttling, told") struct ThrottleTrackerTests {
  private let second: UInt64 = 1_000_000_000

  /// Looks every five seconds, with so many periods held up of fifty between two looks; the seconds at which it is told.
  private func told(_ throttled: [UInt64]) -> [(second: UInt64, report: ThrottleReport)] {
    var tracker = ThrottleTracker(now: 0)
    var counts = CgroupThrottling(periods: 100, throttled: 30, time: 0)
    var all: [(UInt64, ThrottleReport)] = []
    for (index, count) in ([0] + throttled).enumerated() {
      let now = UInt64(index + 1) * ThrottleTracker.pause
      if index > 0 {
        (counts.periods, counts.throttled, counts.time) = (
          counts.periods + 50, counts.throttled + count, counts.time + count * 1000
        )
      }
      #expect(tracker.due == now)
      if let report = tracker.take(counts, now: now) { all.append((now / second, report)) }
    }
    return all
  }

  @Test("one look that finds it is no news, the second in a row is, with what there was since it began")
  func second_() {
    #expect(told([20]).isEmpty && told([20, 0, 20, 0, 20]).isEmpty && told([12, 12, 12, 12]).isEmpty)
    let all = told([0, 20, 30])
    #expect(all.count == 1 && all[0].second == 20)
    #expect(all[0].report == ThrottleReport(periods: 100, throttled: 50, time: 50_000, span: 10 * second))
  }

  @Test("what goes on is told again with growing pauses, each time what there was since")
  func again() {
    let all = told(Array(repeating: 50, count: 100))
    #expect(all.map(\.second) == [15, 75, 195, 435])
    #expect(all[1].report == ThrottleReport(periods: 600, throttled: 600, time: 600_000, span: 60 * second))
  }

  @Test("without a limit, and after a new beginning, nothing is told and nothing is carried over")
  func beginnings() {
    var tracker = ThrottleTracker(now: 0)
    #expect(tracker.take(nil, now: 5 * second) == nil)
    #expect(tracker.take(CgroupThrottling(periods: 10, throttled: 10, time: 1), now: 10 * second) == nil)
    #expect(tracker.take(CgroupThrottling(periods: 20, throttled: 20, time: 2), now: 15 * second) == nil)
    // The counters of another cgroup.
    #expect(tracker.take(CgroupThrottling(periods: 5, throttled: 5, time: 1), now: 20 * second) == nil)
    #expect(tracker.take(CgroupThrottling(periods: 10, throttled: 10, time: 2), now: 25 * second) == nil)
    #expect(tracker.take(CgroupThrottling(periods: 15, throttled: 15, time: 3), now: 30 * second)?.throttled == 10)
  }
}
