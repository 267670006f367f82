// What only shows when the whole file is known: references, cycles, shared ports and addresses.

struct StackValidator {
  let context: LoadContext
  let projectName: String

  /// Reports everything that does not fit together and attaches services without networks to `default`.
  func check(_ draft: inout StackDraft) {
    let index = Dictionary(draft.services.map { ($0.plan.name, $0) }, uniquingKeysWith: { first, _ in first })
    for position in draft.services.indices { takeOver(&draft.services[position], draft.networks) }
    for service in draft.services {
      checkNetworks(service, draft)
      checkPublishing(service, draft)
      checkRates(service, draft)
      checkVolumes(service, draft)
      checkDependencies(service, index)
      checkLimits(service)
      checkReplicas(service)
      UpdateCheck(context: context).check(service)
      if service.isActive { HostControl(context: context).check(service) }
    }
    DependencyCycles(context: context).check(draft.services)
    PortOverlaps(context: context).check(draft.services.filter(\.isActive))
    AddressPlan(context: context, projectName: projectName).check(draft)
    for position in draft.services.indices
    where draft.services[position].plan.networks.isEmpty && draft.services[position].plan.namespace(.network) == nil {
      draft.services[position].plan.networks = [AttachmentPlan(network: "default")]
    }
    for position in draft.services.indices where draft.services[position].isActive {
      dropMissingDependencies(&draft.services[position], index)
    }
    for position in draft.services.indices {
      for place in draft.services[position].plan.networks.indices {
        let network = draft.networks[draft.services[position].plan.networks[place].network]?.plan
        if network?.isExternal == true { draft.services[position].plan.networks[place].external = network?.name }
      }
    }
  }

  private func checkNetworks(_ service: ServiceDraft, _ draft: StackDraft) {
    for attachment in service.plan.networks where attachment.network != "default" {
      guard draft.networks[attachment.network] == nil else { continue }
      let near = NearestName.suggestion(for: attachment.network, among: draft.networks.keys)
      context.error(
        .undefinedNetwork, "the network \(DisplayText.quote(attachment.network)) is not declared",
        at: service.span("networks.\(attachment.network)"), label: "used here",
        help: near.map { "did you mean '\($0)'?" } ?? "add at the left margin:\nnetworks:\n  \(attachment.network):",
        fixes: context.renaming(service.span("networks.\(attachment.network)"), attachment.network, to: near))
    }
  }

  /// A port of the host leads through a bridge.
  private func checkPublishing(_ service: ServiceDraft, _ draft: StackDraft) {
    guard let port = service.plan.ports.first, let place = service.plan.networks.first,
      service.plan.networks.allSatisfy({ draft.networks[$0.network]?.plan.driver != nil }),
      let driver = draft.networks[place.network]?.plan.driver
    else { return }
    context.error(
      .conflict, "'ports' has no meaning on a network with 'driver: \(driver.rawValue)'",
      at: service.span("ports.\(port.key)"), label: "the host does not reach what stands on its own interface",
      secondary: [.init(span: service.span("networks.\(place.network)"), label: "the only kind of network")],
      help: "remove it: the container's own address is reached from outside; or join a bridge as well")
  }

  /// A rate is kept at the host's end of a pair, which only a bridge has.
  private func checkRates(_ service: ServiceDraft, _ draft: StackDraft) {
    for place in service.plan.networks {
      let rates = service.plan.rates(on: place.network)
      guard let driver = draft.networks[place.network]?.plan.driver else { continue }
      for (key, rate, own) in [("ingress", rates.ingress, place.ingress), ("egress", rates.egress, place.egress)]
      where rate != nil {
        let path = "networks.\(place.network)"
        let span = own == nil ? service.span("x-containr.\(key)") : service.span(path)
        context.error(
          .conflict, "'\(key)' cannot be kept on a network with 'driver: \(driver.rawValue)'", at: span,
          label: "the host has no end of it",
          secondary: own == nil ? [.init(span: service.span(path), label: "this network")] : [],
          help: "remove it, or join a bridge instead")
      }
    }
  }

  /// `host` and `none` as networks are what they are as `network_mode`: whoever joins one of them has no other.
  private func takeOver(_ service: inout ServiceDraft, _ networks: [String: NetworkDraft]) {
    if service.plan.networks.isEmpty, service.plan.namespace(.network) == nil, networks["default"]?.owner != nil {
      service.plan.networks = [AttachmentPlan(network: "default")]
    }
    for attachment in service.plan.networks {
      guard let network = networks[attachment.network], let owner = network.owner else { continue }
      let path = "networks.\(attachment.network)"
      let mode = NamespacePlan(.network, owner).text
      for key in ["ingress", "egress"] {
        guard let span = service.origins["x-containr.\(key)"] else { continue }
        context.error(
          .conflict, "'\(key)' has no meaning on the network '\(attachment.network)'", at: span,
          label: "network_mode: \(mode)", help: "remove one of them")
      }
      if service.plan.networks.count > 1 {
        let other = service.plan.networks.first { $0.network != attachment.network }
        context.error(
          .conflict,
          "the network '\(attachment.network)' excludes others: it is \(owner == .host ? "the host's" : "none")",
          at: service.span(path), label: "network_mode: \(mode)",
          secondary: other.map { [.init(span: service.span("networks.\($0.network)"), label: "another one")] } ?? [],
          help: "remove one of them")
      }
      if !attachment.text.isEmpty {
        context.error(
          .conflict, "a place on the network '\(attachment.network)' has nothing to be set", at: service.span(path),
          label: "network_mode: \(mode)", help: "write only its name")
      }
      let origin = service.span(path)
      service.plan.networks = []
      service.origins[path] = nil
      service.plan.namespaces.removeAll { $0.kind == .network }
      service.plan.namespaces.append(NamespacePlan(.network, owner))
      service.plan.namespaces.sort { $0.kind.rawValue < $1.kind.rawValue }
      service.origins["network_mode"] = origin
      if !service.plan.ports.isEmpty {
        context.warning(
          .suspiciousValue, "'ports' has no meaning on the network '\(attachment.network)'",
          at: service.span("ports.\(service.plan.ports[0].key)"), label: "has no effect",
          secondary: [.init(span: origin, label: "network_mode: \(mode)")], help: "remove it")
        service.plan.ports = []
      }
      return
    }
  }

  private func checkVolumes(_ service: ServiceDraft, _ draft: StackDraft) {
    for mount in service.plan.mounts
    where mount.kind == .volume && !mount.isAnonymous && draft.volumes[mount.source] == nil {
      let near = NearestName.suggestion(for: mount.source, among: draft.volumes.keys)
      context.error(
        .undefinedVolume, "the volume \(DisplayText.quote(mount.source)) is not declared",
        at: service.span("volumes.\(mount.target)"), label: "used here",
        help: near.map { "did you mean '\($0)'?" }
          ?? "add at the left margin:\nvolumes:\n  \(mount.source):\nor write ./\(mount.source) for a directory",
        fixes: context.renaming(service.span("volumes.\(mount.target)"), mount.source, to: near))
    }
  }

  private func checkDependencies(_ service: ServiceDraft, _ index: [String: ServiceDraft]) {
    for dependency in service.plan.dependsOn {
      let span = service.span("depends_on.\(dependency.service)")
      guard let other = index[dependency.service] else {
        guard dependency.required else { continue }
        let near = NearestName.suggestion(for: dependency.service, among: index.keys)
        context.error(
          .undefinedService, "the service \(DisplayText.quote(dependency.service)) is not defined", at: span,
          label: "'\(service.plan.name)' depends on it", help: near.map { "did you mean '\($0)'?" },
          fixes: context.renaming(span, dependency.service, to: near))
        continue
      }
      if service.isActive, !other.isActive, dependency.required {
        context.error(
          .disabledService, "the service '\(dependency.service)' is disabled", at: span,
          label: "'\(service.plan.name)' depends on it",
          secondary: [
            .init(
              span: other.nameSpan, label: "its profiles [\(other.profiles.joined(separator: ", "))] are not active")
          ],
          help: "use --profile \(other.profiles.first ?? ""), or write 'required: false'")
      }
      checkCondition(dependency, of: service, on: other, at: span)
    }
  }

  private func checkCondition(
    _ dependency: DependencyPlan, of service: ServiceDraft, on other: ServiceDraft, at span: SourceSpan
  ) {
    let label = Diagnostic.Label(span: other.nameSpan, label: "'\(other.plan.name)' is defined here")
    if other.plan.schedule != nil {
      context.error(
        .conflict, "'\(other.plan.name)' is started by its schedule: nobody can wait for it", at: span,
        label: "'\(service.plan.name)' waits for it",
        secondary: [.init(span: other.span("x-containr.schedule"), label: "because of this")],
        help: "remove one of them")
      return
    }
    if dependency.condition == .healthy, other.plan.healthcheck == nil, !other.mayInheritHealthcheck {
      context.error(
        .neverHealthy, "'\(other.plan.name)' has no healthcheck and can never be healthy", at: span,
        label: "'\(service.plan.name)' waits for it", secondary: [label],
        help: "add a healthcheck to '\(other.plan.name)', or write 'condition: service_started'")
    }
    if dependency.condition == .completed, other.restartsAfterSuccess {
      context.warning(
        .neverCompletes, "'\(other.plan.name)' is started again whenever it ends", at: span,
        label: "'\(service.plan.name)' waits until it has completed",
        secondary: [.init(span: other.span("restart"), label: "because of this")],
        help: "write 'restart: on-failure' or remove it")
    }
  }

  private func checkLimits(_ service: ServiceDraft) {
    let resources = service.plan.resources
    if let swap = resources.memorySwapLimit, swap != -1 {
      guard let limit = resources.memoryLimit else {
        context.error(
          .conflict, "'memswap_limit' needs a memory limit", at: service.span("memswap_limit"),
          label: "limits memory and swap together", help: "add 'mem_limit'")
        return
      }
      if swap < limit {
        context.error(
          .conflict, "'memswap_limit' is smaller than the memory limit", at: service.span("memswap_limit"),
          label: "\(swap) bytes, memory included",
          secondary: [.init(span: service.span("mem_limit"), label: "\(limit) bytes")])
      }
    }
    if let reservation = resources.memoryReservation, let limit = resources.memoryLimit, reservation > limit {
      context.error(
        .conflict, "the memory reservation is larger than the limit", at: service.span("mem_reservation"),
        label: "\(reservation) bytes", secondary: [.init(span: service.span("mem_limit"), label: "\(limit) bytes")])
    }
  }

  private func checkReplicas(_ service: ServiceDraft) {
    let count = service.plan.replicas
    guard count > 1 else { return }
    // Without a place the number is the command line's.
    let labels = service.replicasSpan.map { [Diagnostic.Label(span: $0, label: "\(count) containers")] } ?? []
    let notes = service.replicasSpan == nil ? ["--scale \(service.plan.name)=\(count) asks for that many"] : []
    if let port = service.plan.ports.first(where: { $0.hostPort != nil }) {
      context.error(
        .replicas, "several containers cannot publish the same host port", at: service.span("ports.\(port.key)"),
        label: "a fixed host port", secondary: labels, notes: notes, help: Self.choices(port, count))
    }
    if let port = service.plan.ports.first(where: { $0.hostRange.map { $0.count < count } ?? false }) {
      context.error(
        .replicas, "there are fewer host ports than containers", at: service.span("ports.\(port.key)"),
        label: "\(port.hostRange?.count ?? 0) host ports for \(count) containers", secondary: labels, notes: notes,
        help: Self.choices(port, count))
    }
    for attachment in service.plan.networks
    where attachment.ipv4Address != nil || attachment.ipv6Address != nil || !attachment.linkLocalAddresses.isEmpty {
      context.error(
        .replicas, "several containers cannot have the same address",
        at: service.span("networks.\(attachment.network)"), label: "a fixed address", secondary: labels, notes: notes)
    }
    let macPath = service.plan.macAddress.map { _ in "mac_address" }
    if let path = macPath
      ?? service.plan.networks.first(where: { $0.macAddress != nil }).map({ "networks.\($0.network)" })
    {
      context.error(
        .replicas, "several containers cannot have the same MAC address", at: service.span(path),
        label: "a fixed address", secondary: labels, notes: notes)
    }
  }

  /// How several containers can publish one port of theirs.
  private static func choices(_ port: PortPlan, _ count: Int) -> String {
    let alone = "write only the container's port, \(port.containerPort), and a free host port is chosen"
    guard let first = port.hostPort ?? port.hostRange?.first, first + count - 1 <= 65535 else { return alone }
    return alone + ", or a range with one for each: \"\(first)-\(first + count - 1):\(port.containerPort)\""
  }

  /// A dependency that may be missing and is: said once, and not in the plan.
  private func dropMissingDependencies(_ service: inout ServiceDraft, _ index: [String: ServiceDraft]) {
    for dependency in service.plan.dependsOn where !dependency.required && index[dependency.service]?.isActive != true {
      context.warning(
        index[dependency.service] == nil ? .undefinedService : .disabledService,
        "the optional dependency '\(dependency.service)' is not there",
        at: service.span("depends_on.\(dependency.service)"),
        label: "'\(service.plan.name)' starts without it")
    }
    let kept = service.plan.dependsOn.filter { index[$0.service]?.isActive == true }
    for dependency in service.plan.dependsOn where !kept.contains(dependency) {
      service.origins["depends_on.\(dependency.service)"] = nil
    }
    service.plan.dependsOn = kept
  }
}
