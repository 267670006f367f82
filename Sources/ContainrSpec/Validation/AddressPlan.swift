// Checks subnets against each other and fixed addresses against their subnets.
internal import ContainrAddresses

struct AddressPlan {
  let context: LoadContext
  let projectName: String

  func check(_ draft: StackDraft) {
    let networks = draft.networks.values.sorted { $0.span.start.offset < $1.span.start.offset }
    checkNames(networks)
    checkOverlaps(networks)
    for network in networks { checkAddresses(network, draft.services) }
    for service in draft.services {
      for attachment in service.plan.networks {
        guard let network = draft.networks[attachment.network], network.plan.isExternal != true else {
          if draft.networks[attachment.network] == nil { needSubnet(attachment, service, nil) }
          continue
        }
        needSubnet(attachment, service, network)
      }
      checkInterfaces(service)
      checkFamilies(service, draft.networks)
    }
  }

  /// An address of the host leads to one of the same family. What is external, or left to the host, only the host can tell.
  private func checkFamilies(_ service: ServiceDraft, _ networks: [String: NetworkDraft]) {
    if service.plan.namespace(.network) != nil { return }
    let keys = service.plan.networks.isEmpty ? ["default"] : service.plan.networks.map(\.network)
    let joined = keys.map { networks[$0] }
    for port in service.plan.ports {
      guard let family = port.hostAddress.flatMap({ IPAddress($0)?.family }) else { continue }
      func isOff(_ network: NetworkPlan) -> Bool {
        network.isExternal != true && (family == .ipv4 ? network.hasIPv4 == false : network.hasIPv6 == false)
      }
      guard joined.allSatisfy({ $0.map { isOff($0.plan) } ?? false }) else { continue }
      let key = family == .ipv4 ? "enable_ipv4" : "enable_ipv6"
      context.error(
        .conflict, "the port \(port.key) is of \(family), which no network of '\(service.plan.name)' has",
        at: service.span("ports.\(port.key)"), label: "an address of \(family)",
        secondary: joined.compactMap { $0?.origins[key] }.prefix(1).map { .init(span: $0, label: "switched off here") },
        help: "remove the address, or '\(key): false'")
    }
  }

  /// A fixed address is one of a subnet that the file says. Of an external network its maker has said it.
  private func needSubnet(_ attachment: AttachmentPlan, _ service: ServiceDraft, _ network: NetworkDraft?) {
    let all: [(key: String, family: IPFamily, text: String?, example: String)] = [
      ("ipv4_address", .ipv4, attachment.ipv4Address, "10.99.0.0/24"),
      ("ipv6_address", .ipv6, attachment.ipv6Address, "fd00:99::/64"),
    ]
    for (key, family, text, example) in all where text != nil {
      let span = service.span("networks.\(attachment.network)")
      let isOff = family == .ipv4 ? network?.plan.hasIPv4 == false : network?.plan.hasIPv6 == false
      let switchKey = family == .ipv4 ? "enable_ipv4" : "enable_ipv6"
      if isOff {
        context.error(
          .conflict, "'\(key)' has no meaning on a network without \(family)", at: span,
          label: "'\(key)' here",
          secondary: (network?.origins[switchKey]).map { [.init(span: $0, label: "switched off here")] } ?? [],
          help: "remove one of them")
        continue
      }
      let path = family == .ipv4 ? "ipam.config.subnet" : "ipam.config.subnet6"
      guard network?.origins[path] == nil else { continue }
      context.error(
        .addressPlan, "a fixed address needs a network with a subnet", at: span, label: "'\(key)' here",
        help:
          "add at the left margin:\nnetworks:\n  \(attachment.network):\n    ipam:\n      config:\n        - subnet: \(example)"
      )
    }
  }

  private func checkInterfaces(_ service: ServiceDraft) {
    var names: [String: String] = [:]
    for attachment in service.plan.networks {
      guard let name = attachment.interfaceName else { continue }
      if let other = names.updateValue(attachment.network, forKey: name) {
        context.error(
          .conflict, "two interfaces have the name \(DisplayText.quote(name))",
          at: service.span("networks.\(attachment.network)"), label: "named again here",
          secondary: [.init(span: service.span("networks.\(other)"), label: "first named here")],
          help: "choose another 'interface_name'")
      }
    }
  }

  private func checkNames(_ networks: [NetworkDraft]) {
    var names: [String: NetworkDraft] = [:]
    let isImplicit = !networks.contains { $0.plan.key == "default" }
    // Two keys may lead to one external network: they are refused by who makes the places on it.
    for network in networks where network.owner == nil {
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
    let known = networks.flatMap { network in network.subnets.map { (network: network, subnet: $0) } }
    for (index, left) in known.enumerated() {
      for right in known[(index + 1)...] where left.subnet.subnet.overlaps(right.subnet.subnet) {
        context.error(
          .addressPlan, "the subnets of '\(left.network.plan.key)' and '\(right.network.plan.key)' overlap",
          at: right.subnet.span, label: "\(right.subnet.subnet)",
          secondary: [.init(span: left.subnet.span, label: "\(left.subnet.subnet)")])
      }
    }
  }

  private func checkAddresses(_ network: NetworkDraft, _ services: [ServiceDraft]) {
    for subnet in network.subnets { checkAddresses(subnet, of: network, services) }
  }

  private func checkAddresses(_ subnet: SubnetDraft, of network: NetworkDraft, _ services: [ServiceDraft]) {
    let key = subnet.subnet.family == .ipv4 ? "ipv4_address" : "ipv6_address"
    var holders: [IPAddress: SourceSpan] = [:]
    for service in services {
      guard let place = service.plan.networks.first(where: { $0.network == network.plan.key }),
        let text = subnet.subnet.family == .ipv4 ? place.ipv4Address : place.ipv6Address,
        let address = try? AddressText.any(text)
      else { continue }
      let span = service.span("networks.\(network.plan.key)")
      let label = Diagnostic.Label(span: subnet.span, label: "the subnet of '\(network.plan.key)'")
      if !subnet.subnet.isHost(address) {
        context.error(
          .addressPlan, "\(text) is no host address of \(subnet.subnet)", at: span, label: "'\(key)' here",
          secondary: [label])
      } else if address == subnet.bridge {
        context.error(
          .addressPlan, "\(text) is the gateway's address", at: span, label: "'\(key)' here", secondary: [label],
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
