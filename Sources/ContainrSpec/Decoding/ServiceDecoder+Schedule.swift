// x-containr.schedule: the times at which a service's job is started.

extension ServiceDecoder {
  mutating func decodeSchedule(_ reader: ObjectReader) {
    let entries = reader["x-containr"]?.value.entries ?? []
    guard let entry = entries.first(where: { $0.key == "schedule" }), !entry.value.isNull,
      let plan = schedule(entry)
    else { return }
    draft.plan.schedule = plan
    draft.origins["x-containr.schedule"] = entry.keySpan
    if draft.restartsAfterSuccess {
      context.error(
        .conflict, "'schedule' and 'restart: \(draft.plan.restart.policy.rawValue)' exclude each other",
        at: entry.keySpan, label: "the job ends, and is started at its times",
        secondary: [.init(span: draft.span("restart"), label: "would start it again whenever it ends")],
        help: "write 'restart: on-failure', or remove 'restart'")
    }
    if draft.plan.update != nil {
      context.warning(
        .suspiciousValue, "'deploy.update_config' has no effect on a job with a schedule", at: entry.keySpan,
        label: "nothing of it runs that an update could take over from")
    }
  }

  private func schedule(_ entry: YAMLEntry) -> SchedulePlan? {
    func plan(_ node: YAMLNode) -> SchedulePlan? {
      context.value(node, key: "schedule") { text throws(ValueProblem) in try ScheduleText.plan(text) }
    }
    guard case .mapping = entry.value.content else { return plan(entry.value) }
    guard let parts = ObjectReader(entry.value, .containrSchedule, key: "schedule", context: context) else {
      return nil
    }
    guard let cron = parts["cron"] else {
      context.error(
        .missingKey, "'schedule' needs its times", at: entry.keySpan, label: "no 'cron'",
        help: "write 'cron: \"30 3 * * *\"'")
      return nil
    }
    guard var result = plan(cron.value) else { return nil }
    if let zone = parts["timezone"] {
      let name = context.value(zone.value, key: "timezone") { text throws(ValueProblem) in try ScheduleText.zone(text) }
      guard let name else { return nil }
      if let first = result.timeZone, first != name {
        context.error(
          .conflict, "'timezone' and 'CRON_TZ' disagree", at: zone.keySpan, label: "\(name) here",
          secondary: [.init(span: cron.value.span, label: "\(first) here")], help: "remove one of them")
      }
      result.timeZone = name
    }
    if let overlap = parts["overlap"] {
      let words = SchedulePlan.Overlap.allCases.map(\.rawValue)
      let word = context.value(overlap.value, key: "overlap") { text throws(ValueProblem) in
        try ScalarForm.check(text, among: words)
        return SchedulePlan.Overlap(rawValue: text) ?? .skip
      }
      guard let word else { return nil }
      result.overlap = word
    }
    if let entry = parts["catch-up"] { result.catchesUp = context.boolean(entry.value, key: "catch-up") ?? false }
    return result
  }
}
