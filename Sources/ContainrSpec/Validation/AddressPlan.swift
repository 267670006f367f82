// Checks subnets against each other and fixed addresses against their subnets.

struct AddressPlan {
  let context: LoadContext
  let projectName: String

  func check(_ draft: StackDraft) {
    let networks = draft.networks.values.sorted { $0.span.start.offset < $1.span.start.offset }
    checkNames(networks)
    checkOverlaps(networks)
    for network in networks { checkAddresses(network, draft.services) }
    for service in draft.services {
      for attachment in service.plan.networks where attachment.ipv4Address != nil {
        guard draft.networks[attachment.network]?.origins["ipam.config.subnet"] == nil else { continue }
        context.error(
          .addressPlan, "a fixed address needs a network with a subnet",
          at: service.span("networks.\(attachment.network)"), label: "'ipv4_address' here",
          help:
            "add at the left margin:\nnetworks:\n  \(attachment.network):\n    ipam:\n      config:\n        - subnet: 10.99.0.0/24"
        )
      }
    }
  }

  private func checkNames(_ networks: [NetworkDraft]) {
    var names: [String: NetworkDraft] = [:]
    let isImplicit = !networks.contains { $0.plan.key == "default" }
    for network in networks {
      if isImplicit, network.plan.name == "\(projectName)_default" {
        context.error(
          .duplicateEntry, "the name '\(network.plan.name)' belongs to the network 'default'",
          at: network.origins["name"] ?? network.span, label: "taken", help: "choose another name")
      }
      if let first = names[network.plan.name] {
        context.error(
          .duplicateEntry, "two networks have the name \(DisplayText.quote(network.plan.name))", at: network.span,
          label: "named again here", secondary: [.init(span: first.span, label: "first named here")])
      }
      names[network.plan.name] = network
    }
  }

  private func checkOverlaps(_ networks: [NetworkDraft]) {
    let known = networks.filter { $0.subnet != nil }.sorted { $0.subnet!.network < $1.subnet!.network }
    for (left, right) in zip(known, known.dropFirst()) where left.subnet!.overlaps(right.subnet!) {
      let pair = [left, right].sorted { $0.span.start.offset < $1.span.start.offset }
      context.error(
        .addressPlan, "the subnets of '\(pair[0].plan.key)' and '\(pair[1].plan.key)' overlap",
        at: pair[1].origins["ipam.config.subnet"]!, label: pair[1].subnet!.text,
        secondary: [.init(span: pair[0].origins["ipam.config.subnet"]!, label: pair[0].subnet!.text)])
    }
  }

  private func checkAddresses(_ network: NetworkDraft, _ services: [ServiceDraft]) {
    guard let subnet = network.subnet else { return }
    let gateway = network.gateway ?? subnet.firstHost
    var holders: [IPv4Address: SourceSpan] = [:]
    for service in services {
      guard let text = service.plan.networks.first(where: { $0.network == network.plan.key })?.ipv4Address,
        let address = try? IPv4Address(text)
      else { continue }
      let span = service.span("networks.\(network.plan.key)")
      let label = Diagnostic.Label(
        span: network.origins["ipam.config.subnet"]!, label: "the subnet of '\(network.plan.key)'")
      if !subnet.contains(address) || address == subnet.network || address == subnet.broadcast {
        context.error(
          .addressPlan, "\(text) is no host address of \(subnet.text)", at: span, label: "'ipv4_address' here",
          secondary: [label])
      } else if address == gateway {
        context.error(
          .addressPlan, "\(text) is the gateway's address", at: span, label: "'ipv4_address' here", secondary: [label],
          help: "choose another address, or set 'gateway'")
      } else if let first = holders[address], service.isActive {
        context.error(
          .addressPlan, "the address \(text) is given twice", at: span, label: "given again here",
          secondary: [.init(span: first, label: "first given here")])
      }
      if service.isActive { holders[address] = holders[address] ?? span }
    }
  }
}
