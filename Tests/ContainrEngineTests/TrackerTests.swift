import ContainrReconcile
import ContainrSpec
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
    var tracker = self.tracker("always")
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
    var tracker = self.tracker("on-failure:2")
    let answer6 = tracker.pause(afterExit: 0, ranFor: 0)
    #expect(answer6 == nil)
    let answer7 = tracker.pause(afterExit: 1, ranFor: 0)
    #expect(answer7 != nil)
    let answer8 = tracker.pause(afterExit: 1, ranFor: 0)
    #expect(answer8 != nil)
    let answer9 = tracker.pause(afterExit: 1, ranFor: 0)
    #expect(answer9 == nil)
    var never = self.tracker("no")
    let answer10 = never.pause(afterExit: 1, ranFor: 0)
    #expect(answer10 == nil)
  }

  @Test("a start that fails does not count as a long run, however long the one before was")
  func failedStart() {
    var tracker = self.tracker("on-failure:3")
    tracker.begin(at: second)
    var pauses: [UInt64?] = []
    for failure in 0..<4 { pauses.append(tracker.pause(afterExit: 137, at: (20 + UInt64(failure)) * second)) }
    #expect(pauses == [100_000_000, 200_000_000, 400_000_000, nil])
    tracker.begin(at: 30 * second)
    let afterwards = tracker.pause(afterExit: 1, at: 41 * second)
    #expect(afterwards == 100_000_000)
  }

  /// Of a policy and its other fields, by path.
  private func tracker(_ policy: String, _ more: [String: String] = [:]) -> RestartTracker {
    RestartTracker([PlanField(path: "restart", value: policy)] + more.map { PlanField(path: $0.key, value: $0.value) })
  }

  @Test("a delay stands for every pause")
  func delay() {
    var tracker = self.tracker("always", ["deploy.restart_policy.delay": "5000ms"])
    let pauses = (0..<3).map { _ in tracker.pause(afterExit: 1, ranFor: 0) }
    #expect(pauses == [5 * second, 5 * second, 5 * second])
  }

  @Test("a run that lasts for the window makes up for the attempts before it, a shorter one does not")
  func window() {
    var tracker = self.tracker("always:2", ["deploy.restart_policy.window": "30000ms"])
    let failed = (0..<3).map { _ in tracker.pause(afterExit: 0, ranFor: 29 * second) }
    #expect(failed == [100_000_000, 100_000_000, nil], "the pause begins anew after ten seconds all the same")
    let lasted = (0..<3).map { _ in tracker.pause(afterExit: 0, ranFor: 30 * second) }
    #expect(lasted == [100_000_000, 100_000_000, 100_000_000])
    var short = self.tracker("always:1", ["deploy.restart_policy.window": "1000ms"])
    let pauses = (0..<3).map { _ in short.pause(afterExit: 1, ranFor: 2 * second) }
    #expect(pauses == [100_000_000, 200_000_000, 400_000_000])
  }

  private static let unhealthy = ["x-containr.on-unhealthy": "restart"]

  @Test("one that is unhealthy starts again if that is asked for, whatever the policy says of ends")
  func unhealthy() {
    var never = self.tracker("always")
    let none = never.pause(whileUnhealthyAt: second)
    #expect(none == nil)
    var tracker = self.tracker("no", Self.unhealthy)
    tracker.begin(at: 0)
    let first = tracker.pause(whileUnhealthyAt: 90 * second)
    #expect(first == 100_000_000 && tracker.isForced)
    // It cannot be started at once: that is tried again.
    let again = tracker.pause(afterExit: 137, at: 91 * second)
    #expect(again == 200_000_000)
    tracker.succeed()
    let ended = tracker.pause(afterExit: 1, at: 92 * second)
    #expect(ended == nil)
  }

  @Test("a run that never was healthy makes up for nothing, one that was does")
  func neverHealthy() {
    var tracker = self.tracker("on-failure:2", Self.unhealthy)
    var pauses: [UInt64?] = []
    for round in 0..<3 {
      tracker.begin(at: UInt64(round) * 100 * second)
      pauses.append(tracker.pause(whileUnhealthyAt: UInt64(round) * 100 * second + 90 * second))
      tracker.take()
      tracker.succeed()
    }
    #expect(pauses == [100_000_000, 200_000_000, nil])
    tracker.begin(at: 400 * second)
    tracker.settle()
    let afterwards = tracker.pause(whileUnhealthyAt: 490 * second)
    #expect(afterwards == 100_000_000)
    let attempts = tracker.attempts
    tracker.succeed()
    #expect(tracker.attempts == attempts - 1, "it was well again before it was ended")
  }

  @Test("another supervisor goes on counting where one was killed")
  func resumed() {
    var first = self.tracker("on-failure:2", Self.unhealthy)
    _ = first.pause(afterExit: 1, ranFor: 0)
    #expect(first.text == "0 100000000\n", "it is still to be tried")
    first.take()
    var second = self.tracker("on-failure:2", Self.unhealthy)
    second.resume(first.text)
    #expect(second == first && second.text == "1 100000000\n")
    let pause = second.pause(whileUnhealthyAt: 0)
    #expect(pause == 200_000_000)
    var third = self.tracker("on-failure:2", Self.unhealthy)
    third.resume(second.text)
    let again = third.pause(afterExit: 0, ranFor: 0)
    #expect(third.isForced && again == 400_000_000)
    third.take()
    let last = third.pause(afterExit: 0, ranFor: 0)
    #expect(last == nil)
    third.resume("half")
    #expect(third.isForced)
    third.forget()
    #expect(third == self.tracker("on-failure:2", Self.unhealthy))
  }

  @Test("what its attempts were used up by is written down, told once, and forgotten when it is well or begins anew")
  func givenUp() {
    var tracker = self.tracker("on-failure:1", Self.unhealthy)
    _ = tracker.pause(afterExit: 1, ranFor: 0)
    #expect(tracker.givenUp == nil)
    tracker.take()
    let pause = tracker.pause(afterExit: 1, ranFor: 0)
    #expect(pause == nil && tracker.givenUp == .ended && tracker.text == "1 100000000 given-up=ended\n")
    #expect(RestartTracker.givenUp(in: tracker.text) == GivenUp(reason: .ended, attempts: 1))
    #expect(RestartTracker.givenUp(in: "1 100000000 unhealthy\n") == nil)
    var next = self.tracker("on-failure:1", Self.unhealthy)
    next.resume(tracker.text)
    #expect(next == tracker && !next.isForced)
    next.forget()
    #expect(next.givenUp == nil)
    next.resume("1 100000000\n")
    let again = next.pause(whileUnhealthyAt: second)
    #expect(again == nil && next.givenUp == .unhealthy)
    next.settle()
    #expect(next.givenUp == nil)
    var never = self.tracker("no")
    let none = never.pause(afterExit: 1, ranFor: 0)
    #expect(none == nil && never.givenUp == nil, "nothing was asked for that could be used up")
  }

  @Test("A supervisor's record survives being written")
  func record() {
    let record = SupervisorRecord(bootID: "b", process: .init(pid: 7, startTime: 99))
    #expect(SupervisorRecord(text: record.text) == record)
    #expect(SupervisorRecord(text: "half") == nil)
  }
}
