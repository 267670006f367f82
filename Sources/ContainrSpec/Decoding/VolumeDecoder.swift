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
    }
    return draft
  }
}
