// Whether and when a container that ended starts again. Pure; times in nanoseconds.

/// A service's restart policy, from its flat field.
struct RestartTracker: Sendable, Hashable {
  enum Policy: Sendable, Hashable { case no, always, onFailure(attempts: Int?) }
  let policy: Policy
  private var attempts = 0
  private var pause: UInt64 = 0
  /// When the run began whose end has not been counted yet; nil: there is none.
  private var began: UInt64?
  private static let first: UInt64 = 100_000_000
  private static let longest: UInt64 = 60_000_000_000
  /// A run this long makes up for the failures before it.
  private static let settled: UInt64 = 10_000_000_000

  /// `text` is `always`, `unless-stopped`, `on-failure:3`; nil is `no`.
  init(_ text: String?) {
    let parts = (text ?? "no").split(separator: ":")
    switch parts.first {
    case "always", "unless-stopped": policy = .always
    case "on-failure": policy = .onFailure(attempts: parts.count > 1 ? Int(parts[1]) : nil)
    default: policy = .no
    }
  }

  /// It runs.
  mutating func begin(at now: UInt64) { began = now }

  /// The pause before the next start; nil: it stays as it is. What did not begin since the last end is a start that
  /// failed, and makes up for nothing.
  mutating func pause(afterExit code: Int32, at now: UInt64) -> UInt64? {
    let age = began.map { now - $0 } ?? 0
    began = nil
    return pause(afterExit: code, ranFor: age)
  }

  /// The pause before the next start; nil: it stays as it is.
  mutating func pause(afterExit code: Int32, ranFor age: UInt64) -> UInt64? {
    if age >= Self.settled {
      attempts = 0
      pause = 0
    }
    switch policy {
    case .no: return nil
    case .onFailure(let limit):
      if code == 0 { return nil }
      if let limit, attempts >= limit { return nil }
    case .always: break
    }
    attempts += 1
    pause = pause == 0 ? Self.first : min(pause * 2, Self.longest)
    return pause
  }
}
