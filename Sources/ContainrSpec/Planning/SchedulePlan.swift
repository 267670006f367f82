// x-containr.schedule: when a service's job runs.

/// A service that is a job, started at its times.
public struct SchedulePlan: Sendable, Hashable, Codable {
  /// What becomes of a run whose time comes while the one before goes on; the raw value is the file's word.
  public enum Overlap: String, Sendable, Codable, CaseIterable {
    /// It is left out.
    case skip
    /// The one before is stopped.
    case replace
    /// It begins when the one before has come to its end; one waits, and further ones are left out.
    case queue
  }
  /// As `CronExpression` reads it.
  public var expression: String
  /// A name of the zone data, such as `Europe/Berlin`; nil is this host's time.
  public var timeZone: String?
  /// What becomes of the second of two.
  public var overlap = Overlap.skip
  /// What was missed while nobody looked runs once.
  public var catchesUp = false

  /// With this host's time.
  public init(expression: String) { self.expression = expression }

  /// One line: `30 3 * * * timezone=Europe/Berlin`.
  public var text: String {
    var words = [expression]
    if let timeZone { words.append("timezone=\(timeZone)") }
    if overlap != .skip { words.append("overlap=\(overlap.rawValue)") }
    if catchesUp { words.append("catch-up=true") }
    return words.joined(separator: " ")
  }

  /// Of such a line; nil for what is none.
  public init?(text: String) {
    let words = text.split(separator: " ").map(String.init)
    let options = words.filter { $0.contains("=") }
    self.init(expression: words.filter { !$0.contains("=") }.joined(separator: " "))
    guard CronExpression(expression) != nil else { return nil }
    for option in options {
      let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { return nil }
      switch parts[0] {
      case "timezone": timeZone = parts[1]
      case "overlap":
        guard let word = Overlap(rawValue: parts[1]) else { return nil }
        overlap = word
      case "catch-up": catchesUp = parts[1] == "true"
      default: return nil
      }
    }
  }
}
