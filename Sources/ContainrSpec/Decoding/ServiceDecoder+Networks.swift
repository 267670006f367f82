// networks and depends_on of a service: lists and mappings. That the names exist is checked later.
internal import ContainrAddresses

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
    plan.ipv4Address = value("ipv4_address", of: reader) { text throws(ValueProblem) in
      try AddressText.ipv4(text).description
    }
    plan.ipv6Address = value("ipv6_address", of: reader) { text throws(ValueProblem) in
      try AddressText.ipv6(text).description
    }
    plan.macAddress = value("mac_address", of: reader) { text throws(ValueProblem) in
      try Self.hardwareAddress(text)
    }
    if let entry = reader["link_local_ips"], let items = context.items(entry.value, key: "link_local_ips") {
      let addresses = items.compactMap { item in
        context.value(item, key: "link_local_ips") { text throws(ValueProblem) in try AddressText.linkLocal(text) }
      }
      plan.linkLocalAddresses = Array(Set(addresses)).sorted()
    }
    let range = Int64(Int32.min)...Int64(Int32.max)
    plan.priority = reader["priority"].flatMap { context.integer($0.value, key: "priority", range) }.map { Int($0) }
    plan.gatewayPriority = reader["gw_priority"].flatMap { context.integer($0.value, key: "gw_priority", range) }
      .map { Int($0) }
    plan.interfaceName = value("interface_name", of: reader) { text throws(ValueProblem) in
      try InterfaceText.name(text)
    }
    decodeOptions(reader, &plan)
    plan.ingress = Self.rate("ingress", reader, context)?.value
    plan.egress = Self.rate("egress", reader, context)?.value
    return plan
  }

  private func value<Value>(
    _ key: String, of reader: ObjectReader, _ parse: (String) throws(ValueProblem) -> Value
  ) -> Value? {
    reader[key].flatMap { context.value($0.value, key: key, parse) }
  }

  /// `driver_opts` says the interface's name in another way, and its parameters.
  private func decodeOptions(_ reader: ObjectReader, _ plan: inout AttachmentPlan) {
    guard let entry = reader["driver_opts"],
      let options = ObjectReader(entry.value, .attachmentOptions, key: "driver_opts", context: context)
    else { return }
    let nameKey = "com.docker.network.endpoint.ifname"
    if let option = options[nameKey] {
      let name = value(nameKey, of: options) { text throws(ValueProblem) in try InterfaceText.name(text) }
      if let first = plan.interfaceName, let name, first != name, let other = reader["interface_name"] {
        context.error(
          .conflict, "the interface has two names", at: option.keySpan, label: name,
          secondary: [.init(span: other.keySpan, label: first)], help: "remove one of them")
      }
      plan.interfaceName = plan.interfaceName ?? name
    }
    let sysctls = value("com.docker.network.endpoint.sysctls", of: options) { text throws(ValueProblem) in
      try InterfaceText.sysctls(text)
    }
    plan.sysctls = sysctls ?? []
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
