// pre_start, post_start, pre_stop: commands around the life of a container.

extension ServiceDecoder {
  mutating func decodeHooks(_ reader: ObjectReader) {
    draft.plan.preStart = hooks(.preStart, reader)
    draft.plan.postStart = hooks(.postStart, reader)
    draft.plan.preStop = hooks(.preStop, reader)
  }

  private mutating func hooks(_ kind: HookPlan.Kind, _ reader: ObjectReader) -> [HookPlan] {
    guard let entry = reader[kind.rawValue], let items = context.items(entry.value, key: kind.rawValue) else {
      return []
    }
    var hooks: [HookPlan] = []
    let hasImage = reader["image"] != nil
    for item in items {
      let path = "\(kind.rawValue).\(hooks.count + 1)"
      guard let hook = hook(item, kind, path: path, hasImage: hasImage) else { continue }
      hooks.append(hook)
    }
    return hooks
  }

  /// nil after a report. `hasImage`: the service has one, which may say a command.
  private mutating func hook(
    _ item: YAMLNode, _ kind: HookPlan.Kind, path: String, hasImage: Bool
  ) -> HookPlan? {
    let table: KeyTable = kind == .preStart ? .preStart : .hook
    guard let reader = ObjectReader(item, table, key: kind.rawValue, context: context) else { return nil }
    var hook = HookPlan(command: [])
    func place(_ key: String) -> YAMLEntry? {
      if let entry = reader[key] { draft.origins["\(path).\(key)"] = entry.keySpan }
      return reader[key]
    }
    if let entry = place("command") {
      guard let words = words(entry, "command") else { return nil }
      hook.command = words
    }
    if let entry = place("user") {
      hook.user = context.value(entry.value, key: "user") { text throws(ValueProblem) in try UserText.user(text) }
    }
    if let entry = place("working_dir") {
      hook.workingDirectory = context.value(entry.value, key: "working_dir") { text throws(ValueProblem) in
        try PathText.inContainer(text)
      }
    }
    hook.isPrivileged = place("privileged").flatMap { context.boolean($0.value, key: "privileged") } ?? false
    hook.environment = variables(reader, path)
    if kind == .preStart {
      hook.isPerReplica = place("per_replica").flatMap { context.boolean($0.value, key: "per_replica") } ?? false
      if let entry = place("image"), let text = context.text(entry.value, key: "image") {
        hook.image = image(text)
      }
    }
    if reader["command"] == nil, kind != .preStart {
      context.error(
        .missingKey, "the entry of '\(kind.rawValue)' has no command", at: item.span, label: "needs 'command'")
      return nil
    }
    if hook.command.isEmpty, kind != .preStart || hook.image == nil && !hasImage {
      context.error(
        .nothingToRun, "the entry of '\(kind.rawValue)' has no command", at: item.span, label: "nothing to run",
        help: "write 'command'" + (kind == .preStart ? ", or an 'image' that has one" : ""))
      return nil
    }
    return hook
  }

  /// Of the service's platform, fetched when its image is.
  private func image(_ reference: String) -> ImagePlan {
    var image = ImagePlan(reference: reference)
    image.platform = draft.plan.image?.platform ?? draft.plan.platform
    image.policy = draft.plan.image?.policy ?? draft.plan.pullPolicy ?? .missing
    return image
  }

  private mutating func variables(_ reader: ObjectReader, _ path: String) -> [EnvironmentPlan] {
    var values: [String: String] = [:]
    for pair in pairs(reader["environment"], key: "environment", what: "a variable") {
      // A name without a value takes the caller's; unknown there, nothing is said.
      values[pair.name] = pair.value ?? pair.document.environment[pair.name]
      draft.origins["\(path).environment.\(pair.name)"] = pair.span
    }
    return values.sorted { $0.key < $1.key }.map { EnvironmentPlan(name: $0.key, value: $0.value) }
  }
}
