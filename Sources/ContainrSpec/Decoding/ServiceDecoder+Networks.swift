// networks and depends_on of a service: lists and mappings. That the names exist is checked later.

extension ServiceDecoder {
  mutating func decodeNetworks(_ reader: ObjectReader) {
    guard let entry = reader["networks"] else { return }
    switch entry.value.content {
    case .sequence(let items):
      for item in items {
        guard let name = context.text(item, key: "networks") else { continue }
        attach(AttachmentPlan(network: name), at: item.span)
      }
    case .mapping(let entries):
      for entry in entries where !entry.key.hasPrefix("x-") { attach(attachment(entry), at: entry.keySpan) }
    case .scalar(let scalar):
      context.wrongType(
        entry.value, key: "networks", expected: "a list or a mapping", help: "write 'networks: [\(scalar.text)]'")
    }
    draft.plan.networks.sort { $0.network < $1.network }
  }

  private mutating func attach(_ attachment: AttachmentPlan, at span: SourceSpan) {
    let path = "networks.\(attachment.network)"
    if let first = draft.origins[path] {
      context.error(
        .duplicateEntry, "the network '\(attachment.network)' is listed twice", at: span, label: "listed again here",
        secondary: [.init(span: first, label: "first listed here")])
      return
    }
    draft.origins[path] = span
    draft.plan.networks.append(attachment)
  }

  private func attachment(_ entry: YAMLEntry) -> AttachmentPlan {
    var plan = AttachmentPlan(network: entry.key)
    guard !entry.value.isNull,
      let reader = ObjectReader(entry.value, .attachment, key: "networks.\(entry.key)", context: context)
    else { return plan }
    if let aliases = reader["aliases"], let items = context.items(aliases.value, key: "aliases") {
      let names = items.compactMap { item in
        context.value(item, key: "aliases") { text throws(ValueProblem) in try NameText.alias(text) }
      }
      plan.aliases = Array(Set(names)).sorted()
    }
    if let address = reader["ipv4_address"] {
      plan.ipv4Address = context.value(address.value, key: "ipv4_address") { text throws(ValueProblem) in
        try IPv4Address(text).text
      }
    }
    if let address = reader["mac_address"] {
      plan.macAddress = context.value(address.value, key: "mac_address") { text throws(ValueProblem) in
        try Self.hardwareAddress(text)
      }
    }
    return plan
  }

  mutating func decodeDependencies(_ reader: ObjectReader) {
    guard let entry = reader["depends_on"] else { return }
    switch entry.value.content {
    case .sequence(let items):
      for item in items {
        guard let name = context.text(item, key: "depends_on") else { continue }
        depend(DependencyPlan(service: name, condition: .started), at: item.span)
      }
    case .mapping(let entries):
      for entry in entries where !entry.key.hasPrefix("x-") { depend(dependency(entry), at: entry.keySpan) }
    case .scalar(let scalar):
      context.wrongType(
        entry.value, key: "depends_on", expected: "a list or a mapping", help: "write 'depends_on: [\(scalar.text)]'")
    }
    draft.plan.dependsOn.sort { $0.service < $1.service }
  }

  private mutating func depend(_ dependency: DependencyPlan, at span: SourceSpan) {
    let path = "depends_on.\(dependency.service)"
    if let first = draft.origins[path] {
      context.error(
        .duplicateEntry, "the dependency '\(dependency.service)' is listed twice", at: span, label: "listed again here",
        secondary: [.init(span: first, label: "first listed here")])
      return
    }
    draft.origins[path] = span
    draft.plan.dependsOn.append(dependency)
  }

  private func dependency(_ entry: YAMLEntry) -> DependencyPlan {
    var plan = DependencyPlan(service: entry.key, condition: .started)
    guard !entry.value.isNull,
      let reader = ObjectReader(entry.value, .dependency, key: "depends_on.\(entry.key)", context: context)
    else { return plan }
    if let condition = reader["condition"] {
      let value = context.value(condition.value, key: "condition") { text throws(ValueProblem) in
        try Self.condition(text)
      }
      plan.condition = value ?? .started
    }
    plan.restart = reader["restart"].flatMap { context.boolean($0.value, key: "restart") } ?? false
    plan.required = reader["required"].flatMap { context.boolean($0.value, key: "required") } ?? true
    return plan
  }

  private static func condition(_ text: String) throws(ValueProblem) -> DependencyPlan.Condition {
    if let condition = DependencyPlan.Condition(rawValue: text) { return condition }
    let all = ["service_started", "service_healthy", "service_completed_successfully"]
    let near = NearestName.suggestion(for: text, among: all) ?? all.first { $0 == "service_\(text)" }
    throw ValueProblem(
      .unknownCondition, "unknown condition \(DisplayText.quote(text))",
      help: near.map { "did you mean '\($0)'?" }
        ?? "one of service_started, service_healthy, service_completed_successfully",
      better: .init(text, near, whole: text))
  }
}
