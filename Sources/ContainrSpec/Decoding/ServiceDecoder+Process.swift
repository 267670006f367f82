// What runs: entrypoint, command, working directory, user, host name, signals, labels.

extension ServiceDecoder {
  mutating func decodeProcess(_ reader: ObjectReader) {
    draft.plan.entrypoint = arguments(reader["entrypoint"], "entrypoint")
    draft.plan.command = arguments(reader["command"], "command")
    let isSet = reader["entrypoint"] != nil || reader["command"] != nil
    let isEmpty = draft.plan.entrypoint.isEmpty && draft.plan.command.isEmpty
    // After another error with the two keys this would only repeat it.
    let isReported = isSet && draft.origins["entrypoint"] == nil && draft.origins["command"] == nil
    if isEmpty, !isReported, reader["layers"] != nil, reader["image"] == nil,
      !context.incompleteServices.contains(draft.plan.name)
    {
      context.error(
        .nothingToRun, "the service '\(draft.plan.name)' has no command", at: draft.nameSpan, label: "nothing to start",
        help: "add 'command', such as\ncommand: [httpd, -f, -p, \"80\"]")
    }
    set("working_dir", reader["working_dir"], into: \.workingDirectory) { text throws(ValueProblem) in
      try PathText.inContainer(text)
    }
    set("user", reader["user"], into: \.user) { text throws(ValueProblem) in try UserText.user(text) }
    set("hostname", reader["hostname"], into: \.hostname) { text throws(ValueProblem) in try NameText.host(text) }
    set("stop_signal", reader["stop_signal"], into: \.stopSignal) { text throws(ValueProblem) in
      try SignalText.name(text)
    }
    set("stop_grace_period", reader["stop_grace_period"], expected: "a duration", into: \.stopGraceMilliseconds) {
      text throws(ValueProblem) in try DurationText.milliseconds(text)
    }
    if let entry = reader["read_only"], let value = context.boolean(entry.value, key: "read_only") {
      draft.plan.readOnly = value
      draft.origins["read_only"] = entry.keySpan
    }
    var labels: [String: String] = [:]
    let fromFiles = reader["label_file"].map { variableFiles($0, key: "label_file") } ?? []
    for pair in fromFiles + pairs(reader["labels"], key: "labels", what: "a label") {
      labels[pair.name] = pair.value ?? ""
      draft.origins["labels.\(pair.name)"] = pair.span
    }
    draft.plan.labels = labels.sorted { $0.key < $1.key }.map { EnvironmentPlan(name: $0.key, value: $0.value) }
  }

  /// A command as a list, or as a string that is split like a shell does.
  private mutating func arguments(_ entry: YAMLEntry?, _ key: String) -> [String] {
    guard let entry, let arguments = words(entry, key) else { return [] }
    if key == "entrypoint" || draft.plan.entrypoint.isEmpty, arguments.first == "" {
      context.error(.invalidValue, "the program of '\(key)' is empty", at: entry.keySpan, label: "nothing to start")
    }
    draft.origins[key] = entry.keySpan
    return arguments
  }

  /// The words of a command in either form; nil after a report.
  func words(_ entry: YAMLEntry, _ key: String) -> [String]? {
    guard case .sequence(let items) = entry.value.content else {
      return context.value(entry.value, key: key, expected: "a string or a list") { text throws(ValueProblem) in
        try ShellWords.split(text)
      }
    }
    var words: [String] = []
    for item in items {
      guard let text = context.anyText(item, key: key) else { return nil }
      words.append(text)
    }
    return words
  }
}
