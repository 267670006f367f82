// healthcheck: every form of the test, times, and switching it off.

extension ServiceDecoder {
  mutating func decodeHealthcheck(_ reader: ObjectReader) {
    guard let entry = reader["healthcheck"],
      let check = ObjectReader(entry.value, .healthcheck, key: "healthcheck", context: context)
    else { return }
    let isDisabled = check["disable"].flatMap { context.boolean($0.value, key: "disable") } ?? false
    let hasImage = reader["image"] != nil
    if isDisabled {
      draft.mayInheritHealthcheck = false
      draft.plan.disablesHealthcheck = hasImage ? true : nil
    }
    var plan = HealthcheckPlan(command: [])
    time(check["interval"], "interval", &plan, \.interval)
    time(check["timeout"], "timeout", &plan, \.timeout)
    time(check["start_period"], "start_period", &plan, \.startPeriod)
    time(check["start_interval"], "start_interval", &plan, \.startInterval)
    if let retries = check["retries"],
      let value = context.integer(retries.value, key: "retries", 0...1_000_000), value > 0
    {
      plan.retries = Int(value)
      draft.origins["healthcheck.retries"] = retries.keySpan
    }
    guard let test = check["test"] else {
      // `disable` alone, true or false, says enough; an image may bring the test that times alone are for.
      if check["disable"] == nil, !draft.mayInheritHealthcheck {
        context.error(
          .missingKey, "the healthcheck has no test", at: entry.keySpan, label: "needs 'test'",
          help: "write\ntest: [CMD, wget, -q, -O, /dev/null, \"http://localhost/\"]")
      }
      // Times and retries for the image's own test.
      if hasImage, !isDisabled {
        draft.plan.healthcheck = plan
      } else {
        forget()
      }
      return
    }
    let command = testCommand(test)
    draft.mayInheritHealthcheck = false
    guard let command, !command.isEmpty, !isDisabled else {
      if command?.isEmpty == true, hasImage { draft.plan.disablesHealthcheck = true }
      forget()
      return
    }
    plan.command = command
    draft.origins["healthcheck.test"] = test.keySpan
    draft.plan.healthcheck = plan
  }

  /// There is no check, so nothing of it comes from anywhere.
  private mutating func forget() {
    for path in draft.origins.keys where path.hasPrefix("healthcheck.") { draft.origins[path] = nil }
  }

  /// 0 stands for the default, as in Docker.
  private mutating func time(
    _ entry: YAMLEntry?, _ key: String, _ plan: inout HealthcheckPlan, _ field: WritableKeyPath<HealthcheckPlan, Int>
  ) {
    guard let entry else { return }
    let value = context.value(entry.value, key: key, expected: "a duration") { text throws(ValueProblem) in
      try DurationText.milliseconds(text)
    }
    guard let value, value > 0 else { return }
    plan[keyPath: field] = value
    draft.origins["healthcheck.\(key)"] = entry.keySpan
  }

  /// The argument vector; empty for NONE; nil after a report.
  private func testCommand(_ entry: YAMLEntry) -> [String]? {
    guard case .sequence(let items) = entry.value.content else {
      guard let text = context.text(entry.value, key: "test", expected: "a string or a list") else { return nil }
      if text.trimmed.isEmpty {
        context.report(ValueProblem(.invalidValue, "the test is empty"), at: entry.value)
        return nil
      }
      return text == "NONE" ? [] : ["/bin/sh", "-c", text]
    }
    var words: [String] = []
    for item in items {
      guard let text = context.anyText(item, key: "test") else { return nil }
      words.append(text)
    }
    switch (words.first, words.count) {
    case ("NONE", 1): return []
    case ("CMD", 2...): return Array(words.dropFirst())
    case ("CMD-SHELL", 2...):
      // Every tool hands the list to the shell as it is, and to a shell only its first word is the command.
      if words.count > 2 {
        context.warning(
          .suspiciousValue, "the shell only runs \(DisplayText.quote(words[1]))", at: entry.value.span,
          label: "the other words are its $0, $1, …",
          help: "write one string after CMD-SHELL, or CMD for a list of words")
      }
      return ["/bin/sh", "-c"] + words.dropFirst()
    default:
      let isShell = words.first == "CMD-SHELL"
      context.error(
        .invalidValue, "the test's list is not a command", at: entry.value.span,
        label: "begins with CMD, CMD-SHELL or NONE",
        help: words.isEmpty || isShell ? nil : "write [CMD, \(words.joined(separator: ", "))]")
      return nil
    }
  }
}
