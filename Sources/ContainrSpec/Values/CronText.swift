// When a job runs: the five fields of crontab(5), or one of its nicknames.

enum CronText {
  private static let nicknames = ["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"]
  private static let fields: [(name: String, range: ClosedRange<Int>, words: [String])] = [
    ("minute", 0...59, []), ("hour", 0...23, []), ("day of the month", 1...31, []),
    ("month", 1...12, ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    ("day of the week", 0...7, ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
  ]

  static func check(_ text: String) throws(ValueProblem) {
    if nicknames.contains(text) { return }
    let parts = text.split(separator: " ").map(String.init)
    guard parts.count == fields.count else {
      let near = NearestName.suggestion(for: text, among: nicknames)
      throw ValueProblem(
        .invalidValue, "\(DisplayText.quote(text)) is no schedule", label: "expected five fields or a nickname",
        help: near.map { "did you mean '\($0)'?" } ?? "write \"MINUTE HOUR DAY MONTH WEEKDAY\", such as \"30 3 * * *\"")
    }
    for (part, field) in zip(parts, fields) {
      for item in part.split(separator: ",", omittingEmptySubsequences: false) {
        guard isItem(item, field.range, field.words) else {
          throw ValueProblem(
            .invalidValue, "\(DisplayText.quote(String(item))) is no \(field.name)",
            label: "expected \(field.range.lowerBound) to \(field.range.upperBound), a range, or *")
        }
      }
    }
  }

  private static func isItem(_ item: Substring, _ range: ClosedRange<Int>, _ words: [String]) -> Bool {
    let halves = item.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    if halves.count > 2 { return false }
    if halves.count == 2 {
      guard halves[1].isDigits, let step = Int(halves[1]), step > 0 else { return false }
    }
    if halves[0] == "*" { return true }
    let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false).map {
      number(String($0), range, words)
    }
    guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else { return false }
    return first <= last
  }

  private static func number(_ text: String, _ range: ClosedRange<Int>, _ words: [String]) -> Int? {
    if let index = words.firstIndex(of: text.lowercased()) { return range.lowerBound + index }
    guard text.isDigits, let number = Int(text), range.contains(number) else { return nil }
    return number
  }
}
