// Whether and when a container that ended, or that is unhealthy, starts again. Pure; times in nanoseconds.
internal import ContainrSpec

/// A service's restart policy, from its flat fields, and how far its starts in a row have come.
struct RestartTracker: Sendable, Hashable {
  enum Policy: Sendable, Hashable { case no, onFailure, always }
  let policy: Policy
  /// How many starts in a row may fail; nil: any number.
  let limit: Int?
  /// Before each start; nil: a growing pause.
  let delay: UInt64?
  /// A run this long makes up for the failures before it.
  let window: UInt64
  /// What its unhealthy container is to come to.
  let restartsUnhealthy: Bool
  private(set) var attempts = 0
  private var pause: UInt64 = 0
  /// When the run began whose end has not been counted yet; nil: there is none.
  private var began: UInt64?
  /// It was found healthy since then.
  private var wasHealthy = false
  /// It is ended, or has been, to start again: whatever the policy says of ends.
  private(set) var isForced = false
  /// The last attempt is still to be made.
  private var isPlanned = false
  /// What its attempts were used up by; nil: it has more, or wants none.
  private(set) var givenUp: GivenUp.Reason?
  /// The shortest pause.
  static let first: UInt64 = 100_000_000
  private static let longest: UInt64 = 60_000_000_000
  private static let settled: UInt64 = 10_000_000_000
  /// The fields that it is made from.
  private static let policyPath = "restart", partsPrefix = "deploy.restart_policy.",
    unhealthyPath = "x-containr.on-unhealthy"

  /// Whether a field is one of a restart policy.
  static func reads(_ path: String) -> Bool {
    path == policyPath || path == unhealthyPath || path.hasPrefix(partsPrefix)
  }

  /// `restart` is `always`, `unless-stopped`, `on-failure:3`; without it nothing starts again by itself.
  init(_ fields: [PlanField]) {
    func value(_ path: String) -> String? { fields.first { $0.path == path }?.value }
    func time(_ name: String) -> UInt64? {
      value(Self.partsPrefix + name).flatMap { UInt64($0.dropLast(2)) }.map { $0 * 1_000_000 }
    }
    let parts = (value(Self.policyPath) ?? "no").split(separator: ":")
    switch parts.first {
    case "always", "unless-stopped": policy = .always
    case "on-failure": policy = .onFailure
    default: policy = .no
    }
    limit = parts.count > 1 ? Int(parts[1]) : nil
    delay = time("delay")
    window = time("window") ?? Self.settled
    restartsUnhealthy = value(Self.unhealthyPath) == UnhealthyReaction.restart.rawValue
  }

  /// It runs.
  mutating func begin(at now: UInt64) {
    began = now
    wasHealthy = false
  }

  /// It was found healthy.
  mutating func settle() {
    wasHealthy = true
    givenUp = nil
  }

  /// The start that was planned has been tried.
  mutating func take() { isPlanned = false }

  /// It has been started again as it was to be, or need not be any more: then the attempt was none.
  mutating func succeed() {
    isForced = false
    if isPlanned { attempts -= 1 }
    isPlanned = false
  }

  /// Somebody else has started it: what was before does not count.
  mutating func forget() {
    attempts = 0
    pause = 0
    isForced = false
    isPlanned = false
    givenUp = nil
  }

  /// The pause before the next start; nil: it stays as it is. What did not begin since the last end is a start that
  /// failed, and makes up for nothing.
  mutating func pause(afterExit code: Int32, at now: UInt64) -> UInt64? {
    // Who was ended was not well.
    let age = isForced ? 0 : began.map { now - $0 } ?? 0
    began = nil
    return pause(afterExit: code, ranFor: age)
  }

  /// The pause before the next start; nil: it stays as it is.
  mutating func pause(afterExit code: Int32, ranFor age: UInt64) -> UInt64? {
    count(age)
    switch policy {
    case .no where !isForced: return nil
    case .onFailure where !isForced && code == 0: return nil
    default: return next(.ended)
    }
  }

  /// The pause before one that is unhealthy is ended and started again; nil: it stays as it is. A run in which it never was
  /// healthy makes up for nothing, however long it is. Its end does not count once more.
  mutating func pause(whileUnhealthyAt now: UInt64) -> UInt64? {
    guard restartsUnhealthy else { return nil }
    count(wasHealthy ? began.map { now - $0 } ?? 0 : 0)
    wasHealthy = false
    guard let pause = next(.unhealthy) else { return nil }
    isForced = true
    return pause
  }

  private mutating func count(_ age: UInt64) {
    if age >= window { attempts = 0 }
    if age >= Self.settled { pause = 0 }
  }

  private mutating func next(_ reason: GivenUp.Reason) -> UInt64? {
    if let limit, attempts >= limit {
      givenUp = reason
      return nil
    }
    givenUp = nil
    attempts += 1
    isPlanned = true
    pause = pause == 0 ? Self.first : min(pause * 2, Self.longest)
    return delay ?? pause
  }
}

extension RestartTracker {
  /// What the next supervisor has to know: attempts that were made, pause, whether it is to start whatever its policy
  /// says of ends, and that it is given up.
  var text: String {
    let given = givenUp.map { " \(Self.givenUpWord)\($0.rawValue)" } ?? ""
    return "\(attempts - (isPlanned ? 1 : 0)) \(pause)\(isForced ? " \(Self.forcedWord)" : "")\(given)\n"
  }

  private static let forcedWord = "unhealthy", givenUpWord = "given-up="

  /// What such a text says of starts that are used up; nil: nothing.
  static func givenUp(in text: String) -> GivenUp? {
    let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" })
    guard let word = words.dropFirst(2).first(where: { $0.hasPrefix(givenUpWord) }), let attempts = Int(words[0]),
      let reason = GivenUp.Reason(rawValue: String(word.dropFirst(givenUpWord.count)))
    else { return nil }
    return GivenUp(reason: reason, attempts: attempts)
  }

  /// Goes on where another supervisor was; text that is none says nothing.
  mutating func resume(_ text: String) {
    let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" })
    guard words.count >= 2, let attempts = Int(words[0]), let pause = UInt64(words[1]) else { return }
    self.attempts = attempts
    self.pause = pause
    isForced = words.count > 2 && words[2] == Self.forcedWord && restartsUnhealthy
    givenUp = Self.givenUp(in: text)?.reason
  }
}
