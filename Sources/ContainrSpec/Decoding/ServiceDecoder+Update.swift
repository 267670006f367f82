// deploy.update_config and deploy.rollback_config.

extension ServiceDecoder {
  mutating func decodeUpdates(_ deploy: ObjectReader) {
    draft.plan.update = update(deploy["update_config"], .updateConfig, UpdatePlan.FailureAction.allCases)
    // What goes back cannot go back further.
    draft.plan.rollback = update(deploy["rollback_config"], .rollbackConfig, [.pause, .goOn])
  }

  /// nil if there is none, or none that can be read.
  private mutating func update(
    _ entry: YAMLEntry?, _ table: KeyTable, _ actions: [UpdatePlan.FailureAction]
  ) -> UpdatePlan? {
    guard let entry, let reader = ObjectReader(entry.value, table, key: entry.key, context: context) else { return nil }
    var plan = UpdatePlan()
    if let entry = reader["parallelism"], let value = context.integer(entry.value, key: "parallelism", 0...10_000) {
      plan.parallelism = Int(value)
    }
    if let value = time(reader["delay"]) { plan.delay = value }
    if let value = time(reader["monitor"]) { plan.monitor = value }
    if let entry = reader["max_failure_ratio"] {
      let value = context.value(entry.value, key: entry.key, expected: "a number") { text throws(ValueProblem) in
        try NumberText.number(text, 0...1)
        return Double(text) ?? 0
      }
      if let value { plan.maxFailureRatio = value }
    }
    if let value = word(reader["order"], among: UpdatePlan.Order.allCases) {
      plan.order = value
      draft.orderSpans[entry.key] = reader["order"]?.keySpan
    }
    if let value = word(reader["failure_action"], among: actions) { plan.failureAction = value }
    return plan
  }

  private func time(_ entry: YAMLEntry?) -> Int? {
    guard let entry else { return nil }
    return context.value(entry.value, key: entry.key, expected: "a duration") { text throws(ValueProblem) in
      try DurationText.milliseconds(text)
    }
  }

  /// One of the words; another one asks for something that nobody here can do.
  private func word<Word: RawRepresentable<String>>(_ entry: YAMLEntry?, among words: [Word]) -> Word? {
    guard let entry else { return nil }
    return context.value(entry.value, key: entry.key) { text throws(ValueProblem) in
      if let word = words.first(where: { $0.rawValue == text }) { return word }
      let near = NearestName.suggestion(for: text, among: words.map(\.rawValue))
      throw ValueProblem(
        .invalidValue, "\(DisplayText.quote(text)) is not one of the words that are known here",
        label: "expected one of \(words.map(\.rawValue).joined(separator: ", "))",
        help: near.map { "did you mean '\($0)'?" })
    }
  }
}
