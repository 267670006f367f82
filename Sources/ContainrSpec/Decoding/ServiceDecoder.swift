// Decodes one service. The families of attributes are extensions in files of their own.

struct ServiceDecoder {
  let context: LoadContext
  var draft: ServiceDraft
  /// What each field was set to and by which key, to find keys that disagree.
  private var claims: [String: Claim] = [:]
  /// Which key mounts what, by target.
  var mountKeys: [String: String] = [:]

  private struct Claim {
    let key: String
    let value: String
    let span: SourceSpan
  }

  init(context: LoadContext, name: String, span: SourceSpan) {
    self.context = context
    draft = ServiceDraft(name: name, span: span)
  }

  /// False after a report if the value is not a mapping at all.
  mutating func decode(_ entry: YAMLEntry) -> Bool {
    let name = draft.plan.name
    if entry.value.isNull {
      context.error(
        .missingKey, "the service '\(name)' is empty", at: entry.keySpan, label: "needs at least 'image' or 'layers'",
        help: StackDecoder.sketch)
      return false
    }
    guard let reader = ObjectReader(entry.value, .service, key: name, context: context, silent: ["build"])
    else { return false }
    decodeRoot(reader)
    decodeProcess(reader)
    decodeEnvironment(reader)
    decodeMounts(reader)
    decodeFiles(reader)
    decodeReaction(reader)
    decodeRates(reader)
    decodePorts(reader)
    decodeNetworks(reader)
    decodeDependencies(reader)
    decodeNamespaces(reader)
    decodeNames(reader)
    decodeResources(reader)
    decodeBlockIO(reader)
    decodeDeploy(reader)
    decodeSecurity(reader)
    checkOwnIDs(reader)
    decodeDevices(reader)
    decodeKernel(reader)
    decodeHealthcheck(reader)
    decodeRestart(reader)
    decodeUnhealthy(reader)
    decodeHooks(reader)
    decodeSchedule(reader)
    decodeLogging(reader)
    decodeProfiles(reader)
    return true
  }

  /// Records that `key` sets the field `path`. False after a report if another key has set it differently.
  mutating func claim(_ path: String, key: String, value: String, at span: SourceSpan) -> Bool {
    guard let first = claims[path] else {
      claims[path] = Claim(key: key, value: value, span: span)
      draft.origins[path] = span
      return true
    }
    guard first.value != value else { return false }
    context.error(
      .conflict, "'\(key)' and '\(first.key)' disagree", at: span, label: "\(value) here",
      secondary: [.init(span: first.span, label: "\(first.value) here")], help: "remove one of them")
    return false
  }

  /// Reads a scalar and sets the field of the same path.
  mutating func set<Value>(
    _ path: String, _ entry: YAMLEntry?, expected: String = "a string", into field: WritableKeyPath<ServicePlan, Value>,
    _ read: (String) throws(ValueProblem) -> Value
  ) {
    guard let entry, let value = context.value(entry.value, key: path, expected: expected, read) else { return }
    draft.plan[keyPath: field] = value
    draft.origins[path] = entry.keySpan
  }

  private mutating func decodeProfiles(_ reader: ObjectReader) {
    guard let entry = reader["profiles"], let items = context.items(entry.value, key: "profiles") else { return }
    draft.profiles = items.compactMap { context.text($0, key: "profiles") }
    let active = context.input.activeProfiles
    draft.isActive = draft.profiles.isEmpty || active.contains("*") || draft.profiles.contains { active.contains($0) }
  }
}
