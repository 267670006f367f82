// When to probe and what the results mean: the state machine of one health check. Pure; times in nanoseconds.
internal import ContainrReconcile

/// What a service's health check asks for.
struct HealthCheck: Sendable, Hashable {
  var command: [String]
  var interval: UInt64
  var timeoutMilliseconds: Int
  var retries: Int
  var startPeriod: UInt64
  var startInterval: UInt64
}

/// The health of one running container.
struct HealthTracker: Sendable, Hashable {
  let check: HealthCheck
  private(set) var health = ObservedContainer.Health.starting
  /// When the next probe is due.
  private(set) var due: UInt64
  private let begin: UInt64
  /// When the next probe is due whose failure counts.
  private var counted: UInt64
  /// The pause before the next probe that only serves to see health early: its failure does not count.
  private var eager: UInt64 = 50_000_000
  private var failures = 0

  init(_ check: HealthCheck, now: UInt64, health: ObservedContainer.Health = .starting) {
    self.check = check
    self.health = health
    begin = now
    counted = now + (check.startPeriod > 0 ? min(check.interval, check.startInterval) : check.interval)
    due = health == .starting ? min(counted, now + eager) : counted
  }

  /// Nothing was asked, or the answer says nothing: again after a while.
  mutating func postpone(now: UInt64) {
    due = now + min(check.interval, 1_000_000_000)
    counted = due
  }

  /// Takes a probe's result; answers whether the health has changed.
  mutating func take(success: Bool, now: UInt64) -> Bool {
    let before = health
    let counts = now >= counted
    if success {
      failures = 0
      health = .healthy
    } else if counts && now >= begin + check.startPeriod {
      failures += 1
      if failures >= check.retries { health = .unhealthy }
    }
    if counts || success {
      let inStart = health == .starting && now < begin + check.startPeriod
      counted = now + (inStart ? check.startInterval : check.interval)
    }
    due = counted
    if health == .starting {
      eager = min(eager * 2, 1_000_000_000)
      due = min(counted, now + eager)
    }
    return health != before
  }
}
