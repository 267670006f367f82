// `ipam` of a network: one subnet of each family, and what is said of it.
internal import ContainrAddresses

extension NetworkDecoder {
  func decodeAddresses(_ entry: YAMLEntry, _ draft: inout NetworkDraft) {
    guard let ipam = ObjectReader(entry.value, .ipam, key: "ipam", context: context),
      let config = ipam["config"], let items = context.items(config.value, key: "config")
    else { return }
    var reserved: [String: String] = [:]
    for item in items {
      guard let reader = ObjectReader(item, .ipamConfig, key: "config", context: context) else { continue }
      let subnet = decodeSubnet(reader, item, &draft)
      decodeGateway(reader, of: subnet, &draft)
      decodeRange(reader, of: subnet, &draft)
      decodeReserved(reader, of: subnet, &draft, &reserved)
    }
    draft.plan.reserved = reserved.sorted { $0.key < $1.key }.map { EnvironmentPlan(name: $0.key, value: $0.value) }
  }

  /// IPv6 has fields of its own in the plan.
  private static func path(_ key: String, _ family: IPFamily) -> String {
    "ipam.config.\(key)\(family == .ipv6 ? "6" : "")"
  }

  /// Its index among the subnets of the draft; nil: there is none, or it is not a good one, which is said.
  private func decodeSubnet(_ reader: ObjectReader, _ item: YAMLNode, _ draft: inout NetworkDraft) -> Int? {
    guard let entry = reader["subnet"] else { return nil }
    let found = context.value(entry.value, key: "subnet") { text throws(ValueProblem) in try AddressText.subnet(text) }
    guard let subnet = found else {
      // That a fixed address has no subnet would be said on top of it.
      let isSix = entry.value.scalar?.text.contains(":") ?? false
      draft.origins[Self.path("subnet", isSix ? .ipv6 : .ipv4)] = entry.keySpan
      return nil
    }
    if let first = draft.subnet(subnet.family) {
      context.error(
        .cannotHonour, "the network '\(draft.plan.key)' has two subnets of \(subnet.family)", at: item.span,
        label: "one of each family is possible", secondary: [.init(span: first.span, label: "the first one")],
        help: "remove one of them, or make another network of it")
      return nil
    }
    let path = Self.path("subnet", subnet.family)
    draft.origins[path] = entry.keySpan
    draft.subnets.append(SubnetDraft(subnet: subnet, span: entry.keySpan))
    switch subnet.family {
    case .ipv4: draft.plan.subnet = subnet.description
    case .ipv6: draft.plan.subnet6 = subnet.description
    }
    return draft.subnets.count - 1
  }

  private func decodeGateway(_ reader: ObjectReader, of index: Int?, _ draft: inout NetworkDraft) {
    guard let entry = reader["gateway"] else { return }
    let found = context.value(entry.value, key: "gateway") { text throws(ValueProblem) in try AddressText.any(text) }
    guard let gateway = found else { return }
    guard let index else { return needsSubnet("a gateway", entry, reader) }
    let subnet = draft.subnets[index]
    guard subnet.subnet.isHost(gateway) else {
      return context.error(
        .addressPlan, "the gateway \(gateway) is no host address of \(subnet.subnet)", at: entry.value.span,
        secondary: [.init(span: subnet.span, label: "the subnet")],
        help: "did you mean \(subnet.subnet.gateway)?")
    }
    draft.subnets[index].gateway = gateway
    draft.origins[Self.path("gateway", gateway.family)] = entry.keySpan
    switch gateway.family {
    case .ipv4: draft.plan.gateway = gateway.description
    case .ipv6: draft.plan.gateway6 = gateway.description
    }
  }

  private func decodeRange(_ reader: ObjectReader, of index: Int?, _ draft: inout NetworkDraft) {
    guard let entry = reader["ip_range"] else { return }
    let found = context.value(entry.value, key: "ip_range") { text throws(ValueProblem) in try AddressText.subnet(text)
    }
    guard let range = found else { return }
    guard let index else { return needsSubnet("'ip_range'", entry, reader) }
    let subnet = draft.subnets[index]
    guard subnet.subnet.contains(range.address), range.length >= subnet.subnet.length else {
      return context.error(
        .addressPlan, "the range \(range) is not inside \(subnet.subnet)", at: entry.value.span,
        label: "addresses are taken from here", secondary: [.init(span: subnet.span, label: "the subnet")])
    }
    draft.origins[Self.path("ip_range", range.family)] = entry.keySpan
    switch range.family {
    case .ipv4: draft.plan.range = range.description
    case .ipv6: draft.plan.range6 = range.description
    }
  }

  private func decodeReserved(
    _ reader: ObjectReader, of index: Int?, _ draft: inout NetworkDraft, _ reserved: inout [String: String]
  ) {
    guard let all = reader["aux_addresses"], let entries = context.entries(all.value, key: "aux_addresses") else {
      return
    }
    for entry in entries where !entry.value.isNull {
      let found = context.value(entry.value, key: "aux_addresses.\(entry.key)") { text throws(ValueProblem) in
        try AddressText.any(text)
      }
      guard let address = found else { continue }
      guard let index else { return needsSubnet("'aux_addresses'", all, reader) }
      let subnet = draft.subnets[index]
      guard subnet.subnet.contains(address) else {
        context.error(
          .addressPlan, "\(address) is not inside \(subnet.subnet)", at: entry.value.span,
          label: "nobody would be given it anyway", secondary: [.init(span: subnet.span, label: "the subnet")])
        continue
      }
      reserved[entry.key] = address.description
      draft.origins["ipam.config.aux_addresses.\(entry.key)"] = entry.keySpan
    }
  }

  /// Of a subnet that cannot be read, that is said already.
  private func needsSubnet(_ what: String, _ entry: YAMLEntry, _ reader: ObjectReader) {
    if reader["subnet"] != nil { return }
    context.error(.addressPlan, "\(what) needs a subnet", at: entry.keySpan, label: "add 'subnet'")
  }
}
