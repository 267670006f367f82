// Decodes one entry of the top-level `volumes`.

struct VolumeDecoder {
  let context: LoadContext
  let projectName: String

  func decode(_ entry: YAMLEntry) -> VolumeDraft {
    let plan = VolumePlan(key: entry.key, name: "\(projectName)_\(entry.key)", location: entry.keySpan.location)
    var draft = VolumeDraft(plan: plan, span: entry.keySpan)
    do throws(ValueProblem) {
      _ = try NameText.object(entry.key, "volume")
    } catch {
      context.error(error.code, error.message, at: entry.keySpan, help: error.help)
    }
    guard !entry.value.isNull,
      let reader = ObjectReader(entry.value, .volume, key: "volumes.\(entry.key)", context: context)
    else { return draft }
    if let driver = reader["driver"], let text = context.text(driver.value, key: "driver"),
      text != "local", text != "default"
    {
      ObjectReader.refuse(
        "driver: \(text)", "volumes are directories of this host; write 'driver: local' or remove the line",
        at: driver.keySpan, context)
    }
    if let external = reader["external"] {
      // The obsolete form names the volume below `external`.
      if external.value.entries != nil {
        ShapeChecker(context: context).check(external.value, .external, key: "external")
        draft.plan.isExternal = true
      } else {
        draft.plan.isExternal = context.boolean(external.value, key: "external") ?? false
      }
    }
    // An external volume is named as it is: it belongs to no stack.
    if draft.plan.isExternal { draft.plan.name = entry.key }
    let obsolete = reader["external"]?.value.entries?.first { $0.key == "name" && !$0.value.isNull }
    if let name = reader["name"] ?? obsolete {
      let text = context.value(name.value, key: "name") { text throws(ValueProblem) in
        try NameText.object(text, "volume")
      }
      if let text { draft.plan.name = text }
      draft.origins["name"] = name.keySpan
    }
    decodeLabels(reader, &draft)
    decodeOptions(reader, &draft)
    return draft
  }

  private func decodeLabels(_ reader: ObjectReader, _ draft: inout VolumeDraft) {
    var labels: [String: String] = [:]
    for pair in context.pairs(reader["labels"], key: "labels", what: "a label") {
      labels[pair.name] = pair.value ?? ""
      draft.origins["labels.\(pair.name)"] = pair.span
    }
    draft.plan.labels = Self.plans(labels)
  }

  private func decodeOptions(_ reader: ObjectReader, _ draft: inout VolumeDraft) {
    guard let options = reader["driver_opts"],
      let entries = context.entries(options.value, key: "driver_opts")
    else { return }
    var values: [String: String] = [:]
    var nodes: [String: YAMLEntry] = [:]
    for entry in entries where !entry.value.isNull {
      guard let text = context.anyText(entry.value, key: "driver_opts.\(entry.key)") else { return }
      values[entry.key] = text
      nodes[entry.key] = entry
      draft.origins["driver_opts.\(entry.key)"] = entry.keySpan
    }
    // A directory of the project, as in a bind mount.
    let words = (values["o"] ?? "").pieces(",")
    if words.contains("bind") || words.contains("rbind"), let device = values["device"], !device.isEmpty,
      let node = nodes["device"]?.value
    {
      values["device"] = PathText.resolve(device, base: context.base(of: node), home: context.home)
    }
    draft.plan.options = Self.plans(values)
    if draft.plan.isExternal { return }
    // Another driver would have other options; that it is not there is said already.
    if let driver = reader["driver"]?.value.scalar?.text, driver != "local", driver != "default" { return }
    do throws(LocalVolumeProblem) {
      _ = try LocalVolume(draft.plan.options)
    } catch {
      context.error(
        .cannotHonour, "the volume '\(draft.plan.key)': \(error.message)",
        at: nodes[error.option].map { $0.value.span } ?? options.keySpan, label: "the data would lie elsewhere",
        help: error.help)
    }
  }

  private static func plans(_ values: [String: String]) -> [EnvironmentPlan] {
    values.sorted { $0.key < $1.key }.map { EnvironmentPlan(name: $0.key, value: $0.value) }
  }
}
