import ContainrReconcile
import ContainrSystem
import Testing

@testable import ContainrEngine

private let second: UInt64 = 1_000_000_000

@Suite("Health and restarts")
struct TrackerTests {
  private func check(startPeriod: UInt64 = 0) -> HealthCheck {
    HealthCheck(
      command: ["true"], interval: 30 * second, timeoutMilliseconds: 1000, retries: 3, startPeriod: startPeriod,
      startInterval: 5 * second)
  }

  @Test("Health is seen as soon as it is there, not an interval later")
  func eager() {
    var tracker = HealthTracker(check(), now: 0)
    #expect(tracker.due < second / 10)
    let answer1 = tracker.take(success: true, now: tracker.due)
    #expect(answer1)
    #expect(tracker.health == .healthy && tracker.due >= 30 * second)
  }

  @Test("Probes before the interval is over do not count as failures")
  func uncounted() {
    var tracker = HealthTracker(check(), now: 0)
    var probes = 0
    while tracker.due < 30 * second {
      let answer2 = tracker.take(success: false, now: tracker.due)
      #expect(!answer2)
      probes += 1
    }
    #expect(tracker.health == .starting && probes > 5 && probes < 50)
  }

  @Test("Three failures at their times make it unhealthy, one success healthy again")
  func failures() {
    var tracker = HealthTracker(check(), now: 0)
    var now: UInt64 = 0
    for _ in 0..<3 {
      now += 31 * second
      _ = tracker.take(success: false, now: now)
    }
    #expect(tracker.health == .unhealthy)
    let answer3 = tracker.take(success: true, now: now + second)
    #expect(answer3)
    #expect(tracker.health == .healthy)
  }

  @Test("Failures within the start period do not count")
  func startPeriod() {
    var tracker = HealthTracker(check(startPeriod: 60 * second), now: 0)
    for answer in 1...10 { _ = tracker.take(success: false, now: UInt64(answer) * 5 * second) }
    #expect(tracker.health == .starting)
  }

  @Test("always starts again with a growing pause, and forgets it after a long run")
  func always() {
    var tracker = RestartTracker("always")
    let pauses = (0..<3).map { _ in tracker.pause(afterExit: 0, ranFor: second) }
    #expect(pauses == [100_000_000, 200_000_000, 400_000_000])
    let answer4 = tracker.pause(afterExit: 1, ranFor: 20 * second)
    #expect(answer4 == 100_000_000)
    for _ in 0..<20 { _ = tracker.pause(afterExit: 1, ranFor: 0) }
    let answer5 = tracker.pause(afterExit: 1, ranFor: 0)
    #expect(answer5 == 60 * second)
  }

  @Test("on-failure leaves success alone and gives up after its attempts")
  func onFailure() {
    var tracker = RestartTracker("on-failure:2")
    let answer6 = tracker.pause(afterExit: 0, ranFor: 0)
    #expect(answer6 == nil)
    let answer7 = tracker.pause(afterExit: 1, ranFor: 0)
    #expect(answer7 != nil)
    let answer8 = tracker.pause(afterExit: 1, ranFor: 0)
    #expect(answer8 != nil)
    let answer9 = tracker.pause(afterExit: 1, ranFor: 0)
    #expect(answer9 == nil)
    var never = RestartTracker(nil)
    let answer10 = never.pause(afterExit: 1, ranFor: 0)
    #expect(answer10 == nil)
  }

  @Test("a start that fails does not count as a long run, however long the one before was")
  func failedStart() {
    var tracker = RestartTracker("on-failure:3")
    tracker.begin(at: second)
    var pauses: [UInt64?] = []
    for failure in 0..<4 { pauses.append(tracker.pause(afterExit: 137, at: (20 + UInt64(failure)) * second)) }
    #expect(pauses == [100_000_000, 200_000_000, 400_000_000, nil])
    tracker.begin(at: 30 * second)
    let afterwards = tracker.pause(afterExit: 1, at: 41 * second)
    #expect(afterwards == 100_000_000)
  }

  @Test("A supervisor's record survives being written")
  func record() {
    let record = SupervisorRecord(bootID: "b", process: .init(pid: 7, startTime: 99))
    #expect(SupervisorRecord(text: record.text) == record)
    #expect(SupervisorRecord(text: "half") == nil)
  }
}
