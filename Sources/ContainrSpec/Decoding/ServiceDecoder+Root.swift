// What a service is made of: image, layers, and when images are fetched.

extension ServiceDecoder {
  mutating func decodeRoot(_ reader: ObjectReader) {
    let image = reader["image"]
    draft.mayInheritHealthcheck = image != nil || reader["build"] != nil
    if let build = reader["build"] {
      let reason =
        "images are not built; build it with another tool and name it under 'image', or a directory under 'layers'"
      ObjectReader.refuse("build", reason, at: build.keySpan, context)
    }
    if let image { decodeImage(image) }
    if let layers = reader["layers"] { decodeLayers(layers) }
    decodePulling(reader)
    if image != nil || reader["layers"] != nil || reader["build"] != nil || reader["provider"] != nil { return }
    if context.input.options.checksConsistency, !context.incompleteServices.contains(draft.plan.name) {
      context.error(
        .missingKey, "the service '\(draft.plan.name)' has neither an image nor layers", at: draft.nameSpan,
        label: "nothing to run it from",
        help: "add 'image', or directories and tar archives, lowest first:\nlayers: [./base.tar, ./site]")
    }
  }

  private mutating func decodeImage(_ entry: YAMLEntry) {
    let reference = context.value(entry.value, key: "image") { text throws(ValueProblem) in
      try ImageText.check(text)
      return text
    }
    guard let reference else { return }
    draft.plan.image = ImagePlan(reference: reference)
    draft.origins["image"] = entry.keySpan
  }

  private mutating func decodePulling(_ reader: ObjectReader) {
    var policy: PullPolicy?
    if let entry = reader["pull_policy"] { policy = pullPolicy(entry, reader) }
    if let entry = reader["pull_refresh_after"], reader["pull_policy"]?.value.scalar?.text != "refresh" {
      ShapeChecker(context: context).check(entry.value, .scalar(.duration), key: entry.key)
      context.warning(
        .notHonoured, "'pull_refresh_after' has no effect", at: entry.keySpan,
        label: "is read with pull_policy: refresh",
        help: "write 'pull_policy: refresh'")
    }
    if let policy {
      draft.plan.image?.policy = policy
      if draft.plan.image == nil { draft.plan.pullPolicy = policy }
    }
    guard let entry = reader["platform"] else { return }
    let platform = context.value(entry.value, key: "platform") { text throws(ValueProblem) in text }
    guard let platform else { return }
    draft.origins["platform"] = entry.keySpan
    if draft.plan.image == nil { draft.plan.platform = platform }
    draft.plan.image?.platform = platform
  }

  private mutating func pullPolicy(_ entry: YAMLEntry, _ reader: ObjectReader) -> PullPolicy? {
    let text = context.value(entry.value, key: "pull_policy") { text throws(ValueProblem) in
      try PullPolicyText.check(text)
      return text
    }
    guard let text else { return nil }
    draft.origins["pull_policy"] = entry.keySpan
    switch text {
    case "build":
      ObjectReader.refuse(
        "pull_policy: build", "images are not built; write missing, always or never", at: entry.keySpan, context)
      return nil
    case "refresh":
      guard let after = reader["pull_refresh_after"] else {
        context.error(
          .cannotHonour, "'pull_policy: refresh' needs 'pull_refresh_after'", at: entry.keySpan, label: "says no time",
          help: "add 'pull_refresh_after', such as 24h")
        return nil
      }
      let seconds = context.value(after.value, key: "pull_refresh_after", expected: "a duration") {
        text throws(ValueProblem) in try DurationText.nanoseconds(text) / 1_000_000_000
      }
      return seconds.map { .every(Int($0)) }
    default:
      guard let policy = PullPolicyText.policy(text) else {
        context.report(
          ValueProblem(.invalidValue, "\(DisplayText.quote(text)) is longer than any time"), at: entry.value)
        return nil
      }
      return policy
    }
  }

  private mutating func decodeLayers(_ entry: YAMLEntry) {
    guard let items = context.items(entry.value, key: "layers") else { return }
    if items.isEmpty {
      context.error(.missingKey, "'layers' is empty", at: entry.keySpan, label: "needs at least one layer")
    }
    var places: [String: SourceSpan] = [:]
    for item in items {
      guard let text = context.text(item, key: "layers") else { continue }
      let layer: LayerPlan
      do throws(ValueProblem) {
        layer = try LayerText.layer(text, base: context.base(of: item), home: context.home)
      } catch {
        context.report(error, at: item)
        continue
      }
      if let first = places[layer.text] {
        context.error(
          .duplicateEntry, "the layer \(DisplayText.quote(layer.text)) is listed twice", at: item.span,
          label: "listed again here", secondary: [.init(span: first, label: "first listed here")])
        continue
      }
      places[layer.text] = item.span
      draft.plan.layers.append(layer)
    }
    draft.origins["layers"] = entry.keySpan
  }
}
