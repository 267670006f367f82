// A zone whose summer time comes every year by the same rule: the TZ of POSIX.1-2017 (8.3), with the hours of RFC 8536
// (3.3.1). Pure.

struct RecurringZone: Sendable, Hashable {
  /// A day of each year.
  private enum Day: Sendable, Hashable {
    /// 1 to 365; the 29th of February is never counted.
    case withoutLeap(Int)
    /// 0 to 365.
    case withLeap(Int)
    /// The last one for week 5.
    case weekday(month: Int, week: Int, weekday: Int)
  }
  private struct Turn: Sendable, Hashable {
    var day: Day
    /// Seconds after local midnight.
    var time: Int
  }

  private var standard: Int
  private var summer: (offset: Int, begin: Turn, end: Turn)?

  /// `CET-1CEST,M3.5.0,M10.5.0/3`; nil for what is none.
  init?(_ text: String) {
    var reader = Reader(rest: text[...])
    guard reader.name(), let west = reader.time() else { return nil }
    standard = -west
    if reader.rest.isEmpty { return }
    guard reader.name() else { return nil }
    var offset = standard + 3600
    if reader.rest.first != "," {
      guard let west = reader.time() else { return nil }
      offset = -west
    }
    guard let begin = reader.turn(), let end = reader.turn(), reader.rest.isEmpty else { return nil }
    summer = (offset, begin, end)
  }

  func offset(at time: Int64) -> Int {
    guard let summer else { return standard }
    let local = time + Int64(standard)
    let year = CivilDay(number: local.floored(by: 86_400)).year
    let begin = Self.time(of: summer.begin, in: year) - Int64(standard)
    let end = Self.time(of: summer.end, in: year) - Int64(summer.offset)
    // South of the equator it is summer at the turn of the year.
    let isSummer = begin < end ? time >= begin && time < end : time >= begin || time < end
    return isSummer ? summer.offset : standard
  }

  /// As the clocks show it.
  private static func time(of turn: Turn, in year: Int) -> Int64 {
    let january = CivilDay.number(year: year, month: 1, day: 1)
    let day: Int64
    switch turn.day {
    case .withoutLeap(let number): day = january + Int64(number - 1 + (CivilDay.isLeap(year) && number >= 60 ? 1 : 0))
    case .withLeap(let number): day = january + Int64(number)
    case .weekday(let month, let week, let weekday):
      let first = CivilDay(number: CivilDay.number(year: year, month: month, day: 1))
      var date = 1 + (weekday - first.weekday + 7) % 7 + (week - 1) * 7
      while date > CivilDay.days(inMonth: month, of: year) { date -= 7 }
      day = first.number + Int64(date - 1)
    }
    return day * 86_400 + Int64(turn.time)
  }

  static func == (a: RecurringZone, b: RecurringZone) -> Bool {
    a.standard == b.standard && a.summer?.offset == b.summer?.offset && a.summer?.begin == b.summer?.begin
      && a.summer?.end == b.summer?.end
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(standard)
    hasher.combine(summer?.offset)
    hasher.combine(summer?.begin)
    hasher.combine(summer?.end)
  }

  private struct Reader {
    var rest: Substring

    mutating func take(_ character: Character) -> Bool {
      guard rest.first == character else { return false }
      rest.removeFirst()
      return true
    }

    /// Three or more letters, or anything in angle brackets.
    mutating func name() -> Bool {
      if take("<") {
        guard let end = rest.firstIndex(of: ">") else { return false }
        rest = rest[rest.index(after: end)...]
        return true
      }
      let letters = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(letters.count)
      return letters.count >= 3
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int? {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard digits.count <= 3, let number = Int(digits), range.contains(number) else { return nil }
      rest = rest.dropFirst(digits.count)
      return number
    }

    /// `[+-]HH[:MM[:SS]]` in seconds.
    mutating func time() -> Int? {
      let isNegative = take("-")
      if !isNegative { _ = take("+") }
      guard var seconds = number(0...167).map({ $0 * 3600 }) else { return nil }
      for unit in [60, 1] {
        guard take(":") else { break }
        guard let part = number(0...59) else { return nil }
        seconds += part * unit
      }
      return isNegative ? -seconds : seconds
    }

    /// `,DAY[/TIME]`
    mutating func turn() -> Turn? {
      guard take(","), let day = day() else { return nil }
      if !take("/") { return Turn(day: day, time: 7200) }
      return time().map { Turn(day: day, time: $0) }
    }

    private mutating func day() -> Day? {
      if take("J") { return number(1...365).map { .withoutLeap($0) } }
      guard take("M") else { return number(0...365).map { .withLeap($0) } }
      guard let month = number(1...12), take("."), let week = number(1...5), take("."), let weekday = number(0...6)
      else { return nil }
      return .weekday(month: month, week: week, weekday: weekday)
    }
  }
}

extension Int64 {
  /// The quotient that is not larger than the fraction.
  func floored(by divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}
