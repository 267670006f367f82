// deploy, scale and restart: replicas, limits and restart policy in their two spellings.

extension ServiceDecoder {
  mutating func decodeDeploy(_ reader: ObjectReader) {
    replicas(reader["scale"], key: "scale")
    guard let entry = reader["deploy"],
      let deploy = ObjectReader(entry.value, .deploy, key: "deploy", context: context)
    else { return }
    replicas(deploy["replicas"], key: "deploy.replicas")
    decodeUpdates(deploy)
    guard let entry = deploy["resources"],
      let resources = ObjectReader(entry.value, .resources, key: "resources", context: context)
    else { return }
    if let entry = resources["limits"],
      let limits = ObjectReader(entry.value, .limits, key: "limits", context: context)
    {
      processors(limits["cpus"], key: "deploy.resources.limits.cpus")
      memory(
        limits["memory"], path: "mem_limit", key: "deploy.resources.limits.memory", into: \.memoryLimit)
      processes(limits["pids"], key: "deploy.resources.limits.pids")
    }
    if let entry = resources["reservations"],
      let reservations = ObjectReader(entry.value, .reservations, key: "reservations", context: context)
    {
      memory(
        reservations["memory"], path: "mem_reservation", key: "deploy.resources.reservations.memory",
        into: \.memoryReservation)
    }
  }

  private mutating func replicas(_ entry: YAMLEntry?, key: String) {
    guard let entry, let value = context.integer(entry.value, key: key, 0...10_000),
      claim("replicas", key: key, value: String(value), at: entry.keySpan)
    else { return }
    draft.plan.replicas = Int(value)
    draft.replicasSpan = entry.keySpan
  }

  mutating func decodeRestart(_ reader: ObjectReader) {
    if let entry = reader["restart"] {
      let plan = context.value(entry.value, key: "restart") { text throws(ValueProblem) in try RestartText.policy(text)
      }
      if let plan { setRestart(plan, at: entry.keySpan) }
    }
    // Its other findings were reported with the rest of `deploy`.
    guard let entry = reader["deploy"], case .mapping(let entries) = entry.value.content,
      let policy = entries.first(where: { $0.key == "restart_policy" }), !policy.value.isNull,
      let object = ObjectReader(policy.value, .restartPolicy, key: "restart_policy", context: context)
    else { return }
    var plan = RestartPlan()
    plan.policy = .always
    if let condition = object["condition"] {
      let value = context.value(condition.value, key: "condition") { text throws(ValueProblem) in
        try RestartText.condition(text)
      }
      guard let value else { return }
      plan.policy = value
    }
    if let attempts = object["max_attempts"],
      let value = context.integer(attempts.value, key: "max_attempts", 0...1_000_000), value > 0
    {
      plan.maxAttempts = Int(value)
    }
    plan.delay = pause(object["delay"])
    plan.window = pause(object["window"])
    // Nothing is started again, so nothing is to be said of how.
    if plan.policy == .no { plan = RestartPlan() }
    setRestart(plan, at: policy.keySpan)
    for (key, value) in [("delay", plan.delay), ("window", plan.window)] where value != nil {
      draft.origins["deploy.restart_policy.\(key)"] = object[key]?.keySpan
    }
  }

  /// Milliseconds; 0 says as much as no key at all.
  private func pause(_ entry: YAMLEntry?) -> Int? {
    guard let entry else { return nil }
    let value = context.value(entry.value, key: entry.key, expected: "a duration") { text throws(ValueProblem) in
      try DurationText.milliseconds(text)
    }
    return value == 0 ? nil : value
  }

  /// x-containr.on-unhealthy.
  mutating func decodeUnhealthy(_ reader: ObjectReader) {
    let entries = reader["x-containr"]?.value.entries ?? []
    guard let entry = entries.first(where: { $0.key == "on-unhealthy" }), !entry.value.isNull else { return }
    let reaction = context.value(entry.value, key: entry.key) { text throws(ValueProblem) in
      try ScalarForm.check(text, among: UnhealthyReaction.allCases.map(\.rawValue))
      return UnhealthyReaction(rawValue: text) ?? .none
    }
    guard let reaction else { return }
    if reaction == .restart, draft.plan.healthcheck == nil, !draft.mayInheritHealthcheck {
      context.warning(
        .suspiciousValue, "'on-unhealthy: restart' needs a healthcheck", at: entry.keySpan,
        label: "without one the container is never unhealthy",
        help: "add a healthcheck to '\(draft.plan.name)', or remove 'on-unhealthy'")
    }
    draft.plan.onUnhealthy = reaction
    draft.origins["x-containr.on-unhealthy"] = entry.keySpan
  }

  private mutating func setRestart(_ plan: RestartPlan, at span: SourceSpan) {
    if let first = draft.origins["restart"], draft.plan.restart != plan {
      // The specification looks at `restart` only if there is no `restart_policy`.
      context.warning(
        .suspiciousValue, "'restart' is overruled by 'deploy.restart_policy'", at: first, label: "has no effect",
        secondary: [.init(span: span, label: "this one counts")], help: "remove one of them")
    }
    draft.origins["restart"] = span
    draft.plan.restart = plan
  }
}
