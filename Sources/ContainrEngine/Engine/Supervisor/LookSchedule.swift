// When a container is looked at next: some time after it has moved, and again and again, with growing pauses, while it is not
// as it should be. Pure; times in nanoseconds.

/// The state of one container that is listened for, or that could not be.
struct LookSchedule: Sendable, Hashable {
  /// Nobody moves a container once only: a start, an update, an attack have many steps.
  static let pause: UInt64 = 100_000_000
  private static let longest: UInt64 = 60_000_000_000
  /// When the next look is due; nil: nothing has moved since it was found in order.
  private(set) var due: UInt64?
  /// When looked at, all was in order, and it has not moved since.
  private(set) var isStill = false
  private var retry = pause

  /// It moves at this moment.
  init(movedAt now: UInt64) { move(at: now) }

  mutating func move(at now: UInt64) {
    due = now + Self.pause
    isStill = false
    retry = Self.pause
  }

  /// It was looked at. What was not in order may be put right without a word from the kernel (a limit of a process, a record
  /// that was written later), so it is looked at again.
  mutating func settle(isStill: Bool, at now: UInt64) {
    self.isStill = isStill
    if isStill {
      due = nil
    } else {
      retry = min(retry * 2, Self.longest)
      due = now + retry
    }
  }
}
