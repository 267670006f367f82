// Restart policies in their two spellings, and pull policies.

enum RestartText {
  /// `no`, `always`, `on-failure[:N]`, `unless-stopped`.
  static func policy(_ text: String) throws(ValueProblem) -> RestartPlan {
    var plan = RestartPlan()
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let policy = RestartPlan.Policy(rawValue: parts[0]), parts.count == 1 || policy == .onFailure else {
      let all = ["no", "always", "on-failure", "unless-stopped"]
      let near = NearestName.suggestion(for: parts[0], among: all)
      throw ValueProblem(
        .invalidValue, "unknown restart policy \(DisplayText.quote(text))",
        help: near.map { "did you mean '\($0)'?" } ?? "one of \"no\", always, on-failure, on-failure:3, unless-stopped",
        better: parts.count == 1 && near != "no" ? .init(text, near, whole: text) : nil)
    }
    plan.policy = policy
    if parts.count == 2 {
      let attempts = try NumberText.integer(parts[1], 0...1_000_000)
      plan.maxAttempts = attempts == 0 ? nil : Int(attempts)
    }
    return plan
  }

  /// `none`, `on-failure`, `any`, as `deploy.restart_policy` has it; the words of `restart` mean the same here.
  static func condition(_ text: String) throws(ValueProblem) -> RestartPlan.Policy {
    switch text {
    case "none", "no": return .no
    case "on-failure": return .onFailure
    case "any", "always": return .always
    case "unless-stopped": return .unlessStopped
    default:
      throw ValueProblem(
        .invalidValue, "unknown restart condition \(DisplayText.quote(text))", help: "one of none, on-failure, any")
    }
  }
}

enum PullPolicyText {
  private static let words = [
    "always", "never", "missing", "if_not_present", "build", "refresh", "daily", "weekly",
  ]

  /// One of the words, or `every_` and a duration.
  static func check(_ text: String) throws(ValueProblem) {
    if words.contains(text) { return }
    if text.hasPrefix("every_"), isEvery(text.dropFirst(6)) { return }
    let near = NearestName.suggestion(for: text, among: words)
    throw ValueProblem(
      .invalidValue, "unknown pull policy \(DisplayText.quote(text))",
      help: near.map { "did you mean '\($0)'?" }
        ?? "one of always, never, missing, build, refresh, daily, weekly, every_12h")
  }

  /// What a checked text asks for; nil: `build` and `refresh`, which others say more of.
  static func policy(_ text: String) -> PullPolicy? {
    switch text {
    case "always": return .always
    case "never": return .never
    case "missing", "if_not_present", "": return .missing
    case "daily": return .every(86_400)
    case "weekly": return .every(604_800)
    default: return text.hasPrefix("every_") ? seconds(text.dropFirst(6)).map { .every($0) } : nil
    }
  }

  /// nil: more than anybody waits.
  private static func seconds(_ text: Substring) -> Int? {
    let units: [Character: Int] = ["w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1]
    var total = 0
    var number = 0
    for character in text {
      if let unit = units[character] {
        let part = number.multipliedReportingOverflow(by: unit)
        let sum = total.addingReportingOverflow(part.partialValue)
        if part.overflow || sum.overflow { return nil }
        (total, number) = (sum.partialValue, 0)
      } else if let digit = character.wholeNumberValue, number < Int.max / 100 {
        number = number * 10 + digit
      } else {
        return nil
      }
    }
    return total
  }

  /// `([0-9]+[wdhms])+`
  private static func isEvery(_ text: Substring) -> Bool {
    var rest = text
    guard !rest.isEmpty else { return false }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      guard !digits.isEmpty, let unit = rest.first, "wdhms".contains(unit) else { return false }
      rest = rest.dropFirst()
    }
    return true
  }
}
