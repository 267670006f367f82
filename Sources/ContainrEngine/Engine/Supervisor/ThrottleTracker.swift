// When a limit of processor time is worth a word: not a single held-up period, but a container that is held up for a while,
// and then not again and again. Pure; times in nanoseconds.
internal import ContainrCgroups

/// What there is to say: counted since the last word, or since it began.
struct ThrottleReport: Sendable, Hashable {
  var periods: UInt64
  var throttled: UInt64
  /// Nanoseconds that tasks were held up, of all processors together.
  var time: UInt64
  /// Nanoseconds that this is of.
  var span: UInt64
}

/// One run of a container.
struct ThrottleTracker: Sendable {
  /// The pause between two looks.
  static let pause: UInt64 = 5_000_000_000
  /// Looks in a row that have to find it.
  private static let looks = 2
  /// Of a hundred periods so many.
  private static let share: UInt64 = 25
  /// The shortest and the longest pause between two words.
  private static let first: UInt64 = 60_000_000_000, longest: UInt64 = 3_600_000_000_000

  /// When the next look is due.
  private(set) var due: UInt64
  private var last: CgroupThrottling?
  /// What the next word counts from.
  private var base: (counts: CgroupThrottling, at: UInt64)?
  private var inARow = 0
  private var silentUntil: UInt64 = 0
  private var silence = first

  init(now: UInt64) { due = now + Self.pause }

  /// A look; nil: it has no limit, or none of its periods has come.
  mutating func take(_ counts: CgroupThrottling?, now: UInt64) -> ThrottleReport? {
    due = now + Self.pause
    defer { last = counts }
    guard let counts, let last, counts.periods >= last.periods, counts.throttled >= last.throttled else {
      // It begins, or has begun anew.
      (base, inARow) = (counts.map { ($0, now) }, 0)
      return nil
    }
    let (periods, throttled) = (counts.periods - last.periods, counts.throttled - last.throttled)
    guard periods > 0, throttled * 100 >= periods * Self.share else {
      inARow = 0
      // What was long ago is not part of what comes.
      base = (counts, now)
      if now >= silentUntil + Self.longest { silence = Self.first }
      return nil
    }
    inARow += 1
    guard inARow >= Self.looks, now >= silentUntil, let base else { return nil }
    self.base = (counts, now)
    silentUntil = now + silence
    silence = min(silence * 2, Self.longest)
    return ThrottleReport(
      periods: counts.periods - base.counts.periods, throttled: counts.throttled - base.counts.throttled,
      time: counts.time &- base.counts.time, span: now - base.at)
  }
}
