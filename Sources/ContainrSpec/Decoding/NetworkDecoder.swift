// Decodes one entry of the top-level `networks`.

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
    if let name = reader["name"] {
      let text = context.value(name.value, key: "name") { text throws(ValueProblem) in
        try NameText.object(text, "network")
      }
      if let text { draft.plan.name = text }
      draft.origins["name"] = name.keySpan
    }
    if let driver = reader["driver"], let text = context.text(driver.value, key: "driver"),
      text != "bridge", text != "default"
    {
      ObjectReader.refuse(
        "driver: \(text)", "only bridges are available; write 'driver: bridge' or remove the line", at: driver.keySpan,
        context)
    }
    if let entry = reader["internal"], let value = context.boolean(entry.value, key: "internal") {
      draft.plan.isInternal = value
      draft.origins["internal"] = entry.keySpan
    }
    if let entry = reader["driver_opts"],
      let options = ObjectReader(entry.value, .networkOptions, key: "driver_opts", context: context),
      let mtu = options["com.docker.network.driver.mtu"]
    {
      // 68 is the least that IPv4 allows (RFC 791).
      draft.plan.mtu = context.integer(mtu.value, key: "mtu", 68...65_535).map { Int($0) }
      draft.origins["driver_opts.mtu"] = mtu.keySpan
    }
    if let ipam = reader["ipam"] { decodeAddresses(ipam, &draft) }
    return draft
  }

  private func decodeAddresses(_ entry: YAMLEntry, _ draft: inout NetworkDraft) {
    guard let ipam = ObjectReader(entry.value, .ipam, key: "ipam", context: context),
      let config = ipam["config"], let items = context.items(config.value, key: "config")
    else { return }
    if items.count > 1 {
      context.error(
        .cannotHonour, "the network '\(draft.plan.key)' has more than one subnet", at: items[1].span,
        label: "one IPv4 subnet is available")
    }
    guard let first = items.first,
      let reader = ObjectReader(first, .ipamConfig, key: "config", context: context)
    else { return }
    if let subnet = reader["subnet"] {
      draft.subnet = context.value(subnet.value, key: "subnet") { text throws(ValueProblem) in
        try AddressText.subnet(text)
        if text.contains(":") { throw AddressText.notIPv4(text) }
        return try IPv4Subnet(text)
      }
      draft.plan.subnet = draft.subnet?.text
      draft.origins["ipam.config.subnet"] = subnet.keySpan
    }
    if let gateway = reader["gateway"] {
      draft.gateway = context.value(gateway.value, key: "gateway") { text throws(ValueProblem) in
        try AddressText.any(text)
        if text.contains(":") { throw AddressText.notIPv4(text) }
        return try IPv4Address(text)
      }
      draft.plan.gateway = draft.gateway?.text
      draft.origins["ipam.config.gateway"] = gateway.keySpan
      checkGateway(draft, gateway, hasSubnet: reader["subnet"] != nil)
    }
  }

  private func checkGateway(_ draft: NetworkDraft, _ entry: YAMLEntry, hasSubnet: Bool) {
    guard let gateway = draft.gateway else { return }
    guard let subnet = draft.subnet else {
      if !hasSubnet {
        context.error(.addressPlan, "a gateway needs a subnet", at: entry.keySpan, label: "add 'subnet'")
      }
      return
    }
    if !subnet.contains(gateway) || gateway == subnet.network || gateway == subnet.broadcast {
      context.error(
        .addressPlan, "the gateway \(gateway.text) is no host address of \(subnet.text)", at: entry.value.span,
        secondary: [.init(span: draft.origins["ipam.config.subnet"]!, label: "the subnet")],
        help: "did you mean \(subnet.firstHost.text)?")
    }
  }
}
