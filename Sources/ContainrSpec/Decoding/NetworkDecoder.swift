// Decodes one entry of the top-level `networks`; its subnets and options in the files beside.
internal import ContainrAddresses

struct NetworkDecoder {
  let context: LoadContext
  let projectName: String

  func decode(_ entry: YAMLEntry) -> NetworkDraft {
    let plan = NetworkPlan(key: entry.key, name: "\(projectName)_\(entry.key)", location: entry.keySpan.location)
    var draft = NetworkDraft(plan: plan, span: entry.keySpan)
    do throws(ValueProblem) {
      _ = try NameText.object(entry.key, "network")
    } catch {
      context.error(error.code, error.message, at: entry.keySpan, help: error.help)
    }
    guard !entry.value.isNull,
      let reader = ObjectReader(entry.value, .network, key: "networks.\(entry.key)", context: context)
    else { return draft }
    decodeName(reader, &draft)
    decodeDriver(reader, &draft)
    func flag(_ key: String) -> Bool? {
      guard let entry = reader[key], let value = context.boolean(entry.value, key: key) else { return nil }
      draft.origins[key] = entry.keySpan
      return value
    }
    draft.plan.isInternal = flag("internal") ?? false
    draft.plan.isAttachable = flag("attachable") == true ? true : nil
    draft.plan.hasIPv4 = flag("enable_ipv4") == false ? false : nil
    draft.plan.hasIPv6 = flag("enable_ipv6")
    var labels: [String: String] = [:]
    for pair in context.pairs(reader["labels"], key: "labels", what: "a label") {
      labels[pair.name] = pair.value ?? ""
      draft.origins["labels.\(pair.name)"] = pair.span
    }
    draft.plan.labels = labels.sorted { $0.key < $1.key }.map { EnvironmentPlan(name: $0.key, value: $0.value) }
    decodeOptions(reader, &draft)
    if let ipam = reader["ipam"] { decodeAddresses(ipam, &draft) }
    checkFamilies(reader, draft)
    return draft
  }

  /// An external network is named as it is: it belongs to no stack.
  private func decodeName(_ reader: ObjectReader, _ draft: inout NetworkDraft) {
    if let external = reader["external"] {
      if external.value.entries != nil {
        ShapeChecker(context: context).check(external.value, .external, key: "external")
        draft.plan.isExternal = true
      } else {
        draft.plan.isExternal = context.boolean(external.value, key: "external") == true ? true : nil
      }
      draft.origins["external"] = external.keySpan
    }
    if draft.plan.isExternal == true { draft.plan.name = draft.plan.key }
    let obsolete = reader["external"]?.value.entries?.first { $0.key == "name" && !$0.value.isNull }
    if let name = reader["name"] ?? obsolete {
      let text = context.value(name.value, key: "name") { text throws(ValueProblem) in
        try NameText.object(text, "network")
      }
      if let text { draft.plan.name = text }
      draft.origins["name"] = name.keySpan
    }
    // The names of those two in Docker, which nobody can make.
    if draft.plan.isExternal == true {
      draft.owner = ["host": .host, "none": .empty][draft.plan.name]
    }
  }

  private func decodeDriver(_ reader: ObjectReader, _ draft: inout NetworkDraft) {
    guard let entry = reader["driver"], let text = context.text(entry.value, key: "driver") else { return }
    switch text {
    case "bridge", "default": return
    case "macvlan", "ipvlan":
      draft.plan.driver = NetworkPlan.Driver(rawValue: text)
      draft.origins["driver"] = entry.keySpan
    case "host": draft.owner = .host
    case "none", "null": draft.owner = .empty
    default:
      ObjectReader.refuse(
        "driver: \(text)",
        "there are bridge, macvlan, ipvlan, host and none; write 'driver: bridge' or remove the line",
        at: entry.keySpan, context)
    }
  }

  private func checkFamilies(_ reader: ObjectReader, _ draft: NetworkDraft) {
    if draft.plan.hasIPv4 == false, draft.plan.hasIPv6 == false, let entry = reader["enable_ipv6"] {
      context.error(
        .conflict, "the network '\(draft.plan.key)' has neither IPv4 nor IPv6", at: entry.keySpan,
        label: "no IPv6", secondary: [.init(span: draft.origins["enable_ipv4"] ?? draft.span, label: "no IPv4")],
        help: "remove one of them; for a service without a network write 'network_mode: none'")
    }
    for (key, family, isOff) in [
      ("enable_ipv4", IPFamily.ipv4, draft.plan.hasIPv4 == false), ("enable_ipv6", .ipv6, draft.plan.hasIPv6 == false),
    ] {
      guard isOff, let subnet = draft.subnet(family), let span = draft.origins[key] else { continue }
      context.error(
        .conflict, "'\(key): false' and a subnet of \(family) exclude each other", at: subnet.span,
        label: "a subnet of \(family)", secondary: [.init(span: span, label: "switched off here")],
        help: "remove one of them")
    }
  }
}
