// The times of an expression at a place. Pure.

/// An expression with the clocks that it is about.
public struct CronSchedule: Sendable, Hashable {
  private let expression: CronExpression
  private let zone: TimeZoneRules
  /// Once in eight years there is a 29th of February, where a century has none.
  private static let horizon: Int64 = 366 * 9

  /// Joins the two.
  public init(_ expression: CronExpression, zone: TimeZoneRules) {
    self.expression = expression
    self.zone = zone
  }

  /// The first time after another, in seconds since 1970; nil: it does not come within nine years.
  ///
  /// Where clocks are put forward, what falls into the hour that is left out runs at that moment, once. Where they are put
  /// back, what falls into the hour that comes twice runs the first time. With `*` or `*/N` as its hour it is the hours that
  /// pass that count: nothing is left out, and nothing waits.
  public func next(after time: Int64) -> Int64? {
    expression.isHourly ? nextPassing(after: time) : nextShown(after: time)
  }

  private func nextShown(after time: Int64) -> Int64? {
    let local = time + Int64(zone.offset(at: time))
    let today = local.floored(by: 86_400)
    for number in today...today + Self.horizon {
      guard expression.matches(CivilDay(number: number)) else { continue }
      for hour in 0..<24 where expression.hours >> UInt64(hour) & 1 == 1 {
        // None of this hour, whatever is put back.
        if number == today, Int64(hour) * 3600 + 3 * 3600 < local - today * 86_400 { continue }
        for minute in 0..<60 where expression.minutes >> UInt64(minute) & 1 == 1 {
          let found = zone.time(showing: number * 86_400 + Int64(hour) * 3600 + Int64(minute) * 60)
          if found > time { return found }
        }
      }
    }
    return nil
  }

  private func nextPassing(after time: Int64) -> Int64? {
    // Offsets are whole minutes wherever clocks have been for a century; then so are the minutes of both.
    var now = (time.floored(by: 60) + 1) * 60
    let end = now + Self.horizon * 86_400
    while now < end {
      let local = now + Int64(zone.offset(at: now))
      let day = CivilDay(number: local.floored(by: 86_400))
      let second = local - day.number * 86_400
      let (hour, minute) = (second / 3600, second % 3600 / 60)
      guard expression.matches(day) else {
        // Not beyond midnight, whatever is put forward or back before it.
        now += max(60, min(3600 - second % 3600, 86_400 - second))
        continue
      }
      guard expression.hours >> UInt64(hour) & 1 == 1 else {
        now += max(60, 3600 - second % 3600)
        continue
      }
      if expression.minutes >> UInt64(minute) & 1 == 1 { return now }
      now += 60
    }
    return nil
  }
}
