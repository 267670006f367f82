// x-containr.schedule in its short form: an expression, perhaps with the zone in front as cron has it.

enum ScheduleText {
  /// `30 3 * * *`, `CRON_TZ=Europe/Berlin 30 3 * * *`, `@daily`.
  static func plan(_ text: String) throws(ValueProblem) -> SchedulePlan {
    var words = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
    var zone: String?
    if let first = words.first, let prefix = ["CRON_TZ=", "TZ="].first(where: { first.hasPrefix($0) }) {
      zone = try self.zone(String(first.dropFirst(prefix.count)))
      words.removeFirst()
    }
    var plan = SchedulePlan(expression: try CronExpression(checking: words.joined(separator: " ")).text)
    plan.timeZone = zone
    return plan
  }

  /// A name of the zone data: words with slashes between. Whether this host has it is another matter.
  static func zone(_ text: String) throws(ValueProblem) -> String {
    if text.isEmpty { throw ValueProblem(.invalidValue, "an empty text is no time zone") }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let isName = parts.allSatisfy { part in
      !part.isEmpty
        && part.unicodeScalars.allSatisfy { scalar in
          scalar.isASCII
            && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "_+-".unicodeScalars.contains(scalar))
        }
    }
    guard isName else {
      throw ValueProblem(
        .cannotHonour, "\(DisplayText.quote(text)) is no time zone", label: "expected a name such as Europe/Berlin",
        help: "write UTC, or a name of /usr/share/zoneinfo")
    }
    return text
  }
}
