// When a job runs: the five fields of crontab(5), or one of its nicknames. Pure.

/// A checked expression. Lists, ranges, steps and English names of months and weekdays; 0 and 7 are Sunday.
public struct CronExpression: Sendable, Hashable {
  /// As it was written, blanks aside.
  public let text: String
  /// Bits of the minutes, hours, days, months and weekdays that count.
  let minutes: UInt64
  let hours: UInt64
  let days: UInt64
  let months: UInt64
  let weekdays: UInt64
  /// The field of hours begins with `*`: the hours that pass count, and not those that a clock shows.
  let isHourly: Bool
  /// Both fields of days are lists, of which one is enough; where one begins with `*` both have to hold.
  private let isEitherDay: Bool

  private static let nicknames = [
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
  ]
  private struct Field {
    let name: String
    let range: ClosedRange<Int>
    var words: [String] = []
  }
  private static let fields = [
    Field(name: "minute", range: 0...59), Field(name: "hour", range: 0...23),
    Field(name: "day of the month", range: 1...31),
    Field(
      name: "month", range: 1...12,
      words: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    Field(name: "day of the week", range: 0...7, words: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
  ]

  /// nil for what is no expression.
  public init?(_ text: String) {
    do throws(ValueProblem) { try self.init(checking: text) } catch { return nil }
  }

  init(checking text: String) throws(ValueProblem) {
    let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
    self.text = words.joined(separator: " ")
    let parts: [String]
    if words.count == 1, let five = Self.nicknames[words[0].lowercased()] {
      parts = five.split(separator: " ").map(String.init)
    } else {
      parts = words
    }
    guard parts.count == Self.fields.count else {
      let near = NearestName.suggestion(for: self.text, among: Self.nicknames.keys)
      let help =
        text.lowercased() == "@reboot"
        ? "what is to run whenever the stack starts is a service without a schedule"
        : near.map { "did you mean '\($0)'?" } ?? "write \"MINUTE HOUR DAY MONTH WEEKDAY\", such as \"30 3 * * *\""
      throw ValueProblem(
        .invalidValue, "\(DisplayText.quote(text)) is no schedule", label: "expected five fields or a nickname",
        help: help)
    }
    minutes = try Self.bits(parts[0], Self.fields[0])
    hours = try Self.bits(parts[1], Self.fields[1])
    days = try Self.bits(parts[2], Self.fields[2])
    months = try Self.bits(parts[3], Self.fields[3])
    let weekdays = try Self.bits(parts[4], Self.fields[4])
    self.weekdays = (weekdays | weekdays >> 7) & 0x7f
    isHourly = parts[1].hasPrefix("*")
    isEitherDay = !parts[2].hasPrefix("*") && !parts[4].hasPrefix("*")
    let (days, months) = (days, months)
    let exists = (1...12).contains { month in
      months >> month & 1 == 1 && days & ((2 << UInt64(CivilDay.days(inMonth: month, of: 2024))) - 2) != 0
    }
    guard exists || isEitherDay else {
      throw ValueProblem(
        .invalidValue, "\(DisplayText.quote(text)) never comes", label: "no month that counts has such a day")
    }
  }

  /// Whether a day counts.
  func matches(_ day: CivilDay) -> Bool {
    guard months >> UInt64(day.month) & 1 == 1 else { return false }
    let byDay = days >> UInt64(day.day) & 1 == 1
    let byWeekday = weekdays >> UInt64(day.weekday) & 1 == 1
    return isEitherDay ? byDay || byWeekday : byDay && byWeekday
  }

  private static func bits(_ text: String, _ field: Field) throws(ValueProblem) -> UInt64 {
    var bits: UInt64 = 0
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let some = Self.item(item, field) else {
        throw ValueProblem(
          .invalidValue, "\(DisplayText.quote(String(item))) is no \(field.name)",
          label: "expected \(field.range.lowerBound) to \(field.range.upperBound), a range, or *")
      }
      bits |= some
    }
    return bits
  }

  /// `*`, `5`, `mon`, `1-5`, each with `/STEP`; nil for anything else.
  private static func item(_ text: Substring, _ field: Field) -> UInt64? {
    let halves = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    if halves.count > 2 { return nil }
    var step = 1
    if halves.count == 2 {
      guard halves[1].isDigits, let number = Int(halves[1]), number > 0 else { return nil }
      step = number
    }
    var range = field.range
    if halves[0] != "*" {
      let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false).map { number(String($0), field) }
      guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last else {
        return nil
      }
      // A single number with a step goes on to the end.
      range = first...(ends.count == 1 && halves.count == 2 ? field.range.upperBound : last)
    }
    return stride(from: range.lowerBound, through: range.upperBound, by: step).reduce(UInt64(0)) {
      $0 | 1 << UInt64($1)
    }
  }

  private static func number(_ text: String, _ field: Field) -> Int? {
    if let index = field.words.firstIndex(of: text.lowercased()) { return field.range.lowerBound + index }
    guard text.isDigits, let number = Int(text), field.range.contains(number) else { return nil }
    return number
  }
}
