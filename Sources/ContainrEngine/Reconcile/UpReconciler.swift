// `up`: networks and volumes, then removals, then the services in the order of their dependencies.
internal import ContainrSpec

/// One run of it.
struct UpReconciler {
  let desired: StackPlan
  let observed: ObservedState
  private var builder: ChangesetBuilder
  private var matching = 0
  /// Changes that every start waits for.
  private var foundation: [Int] = []
  private var networkChange: [String: Int] = [:]
  /// Changes in which running containers leave networks.
  private var detaches: [Int] = []
  /// Which service asks for an address, by the network's key and the address.
  private var fixedAddresses: [String: [String: String]] = [:]
  private var recreatedNetworks: Set<String> = []
  /// Networks whose bridge comes new: every link to them has to be made again.
  private var rebuiltNetworks: Set<String> = []
  private var volumeChange: [String: Int] = [:]
  private var layerChange: [String: Int] = [:]
  private var supervisorStart: Int?
  private var firewallReasons: [ChangeReason] = []
  /// Records changed of which a living supervisor has to hear.
  private var heard: [Int] = []
  private var plans: [PlannedService] = []
  private var containers: [String: ObservedContainer] = [:]
  private var services: [String: ServicePlan] = [:]

  /// A service with what becomes of its containers.
  struct PlannedService {
    var plan: ServicePlan
    var verdicts: [(name: ContainerName, verdict: ContainerVerdict)]
    /// Starts of its containers in the changeset.
    var starts: [Int] = []
    /// Changes of running containers, among them of what a wait waits for.
    var updates: [Int] = []
    var waits: [DependencyPlan.Condition: Int] = [:]
  }

  init(desired: StackPlan, observed: ObservedState) {
    self.desired = desired
    self.observed = observed
    builder = ChangesetBuilder(stack: desired.name)
    for container in observed.containers { containers[container.id] = container }
    for service in desired.services {
      services[service.name] = service
      for place in service.networks {
        if let address = place.ipv4Address { fixedAddresses[place.network, default: [:]][address] = service.name }
      }
    }
  }

  mutating func changeset() -> Changeset {
    let cleared = builder.removeLeftovers(observed.leftovers)
    foundation = cleared
    judgeNetworks()
    judgeServices()
    let stopped = planStops()
    planDetaches()
    planNetworks(after: cleared + stopped + detaches)
    planVolumes()
    planFirewall()
    planSupervisor()
    for index in plans.indices { planStarts(of: index, after: stopped) }
    planReload()
    return Changeset(stack: desired.name, changes: builder.changes, matching: matching)
  }

  // MARK: what becomes of each

  private mutating func judgeNetworks() {
    for network in desired.networks {
      guard let there = observed.networks.first(where: { $0.key == network.key }) else { continue }
      if there.fields != network.fields {
        recreatedNetworks.insert(network.key)
      } else if there.bridgeMissing {
        rebuiltNetworks.insert(network.key)
      }
    }
  }

  private mutating func judgeServices() {
    var restarting: Set<String> = []
    for service in servicesInOrder() {
      let fields = service.fields
      var planned = PlannedService(plan: service, verdicts: [])
      for index in 1...max(1, service.replicas) where index <= service.replicas {
        let name = ContainerName(stack: desired.name, service: service.name, index: index)
        var verdict = ContainerVerdict(service: service, fields: fields, observed: containers[name.id])
        follow(service: service, observed: containers[name.id], restarting: restarting, verdict: &verdict)
        if verdict.kind == .keep { matching += 1 }
        planned.verdicts.append((name, verdict))
      }
      if planned.verdicts.contains(where: { $0.verdict.kind == .recreate || $0.verdict.kind == .start }) {
        restarting.insert(service.name)
      }
      plans.append(planned)
    }
  }

  /// What the fate of networks, volumes and dependencies means for a container that could have stayed.
  private func follow(
    service: ServicePlan, observed: ObservedContainer?, restarting: Set<String>, verdict: inout ContainerVerdict
  ) {
    guard verdict.kind != .create, verdict.kind != .recreate else { return }
    func add(_ words: String, _ effect: ChangeEffect, _ kind: ContainerVerdict.Kind) {
      verdict.reasons.append(ChangeReason(.dependency, words, origin: service.location, effect: effect))
      verdict.kind = kind
    }
    for attachment in service.networks where recreatedNetworks.contains(attachment.network) {
      add("network \(attachment.network) is made again", .recreate, .recreate)
    }
    for mount in service.mounts where mount.kind == .volume && volumeMoved(key: mount.source) {
      add("volume \(mount.source) is another one now", .recreate, .recreate)
    }
    if verdict.kind == .recreate { return }
    for dependency in service.dependsOn where dependency.restart && restarting.contains(dependency.service) {
      add("service \(dependency.service) restarts", .restart, .start)
    }
    guard verdict.kind != .start, let observed, observed.isRunning else { return }
    for place in service.networks where place.ipv4Address == nil && !verdict.attach.contains(place.network) {
      guard let address = observed.addresses?[place.network], let other = fixedAddresses[place.network]?[address]
      else { continue }
      add("its address \(address) on network \(place.network) goes to service \(other)", .inPlace, .update)
      verdict.attach = (verdict.attach + [place.network]).sorted()
      verdict.moves = true
    }
    for attachment in service.networks
    where rebuiltNetworks.contains(attachment.network) && !verdict.attach.contains(attachment.network) {
      add("the bridge of network \(attachment.network) is made again", .inPlace, .update)
      verdict.attach = (verdict.attach + [attachment.network]).sorted()
    }
  }

  private func volumeMoved(key: String) -> Bool {
    guard let plan = desired.volumes.first(where: { $0.key == key }) else { return false }
    return observed.volumes.contains { $0.key == key && $0.isOurs && $0.name != plan.name }
  }

  /// Dependencies first, else by name.
  private func servicesInOrder() -> [ServicePlan] {
    var done: Set<String> = []
    var order: [ServicePlan] = []
    func visit(_ name: String) {
      guard done.insert(name).inserted, let service = services[name] else { return }
      for dependency in service.dependsOn.map(\.service).sorted() { visit(dependency) }
      order.append(service)
    }
    for name in services.keys.sorted() { visit(name) }
    return order
  }

  // MARK: the changes

  /// Removals and stops, dependents first; answers their indices.
  private mutating func planStops() -> [Int] {
    var targets: [StopTarget] = []
    let wanted = Set(plans.flatMap { $0.verdicts.map(\.name.id) })
    for container in observed.containers where !wanted.contains(container.id) {
      let words =
        services[container.name.service] == nil
        ? "service \(container.name.service) is not in the file any more"
        : "replicas is \(services[container.name.service]?.replicas ?? 0)"
      targets.append(
        StopTarget(
          container: container, removes: true, reasons: [ChangeReason(.missing, words, effect: .recreate)],
          effect: .recreate))
      if !container.keys("ports.").isEmpty { noteFirewall("container \(container.id) goes") }
    }
    for planned in plans {
      for (name, verdict) in planned.verdicts {
        guard let there = containers[name.id] else { continue }
        if verdict.kind == .recreate {
          targets.append(StopTarget(container: there, removes: true, reasons: verdict.reasons, effect: verdict.effect))
        } else if verdict.kind == .start, there.isRunning {
          targets.append(StopTarget(container: there, removes: false, reasons: verdict.reasons, effect: verdict.effect))
        }
      }
    }
    let stops = builder.stop(targets, after: foundation)
    heard += stops.values
    return stops.values.sorted()
  }

  /// Who leaves a network does so before the network goes, and before others get its address.
  private mutating func planDetaches() {
    for planned in plans {
      for (name, verdict) in planned.verdicts where verdict.kind == .update && !verdict.detach.isEmpty {
        detaches.append(
          builder.add(
            .detachContainer(name, networks: verdict.detach), "container \(name.id)",
            reasons: verdict.detachReasons, effect: .inPlace, after: foundation))
      }
    }
  }

  private mutating func planNetworks(after stopped: [Int]) {
    for there in observed.networks where !desired.networks.contains(where: { $0.key == there.key }) {
      _ = builder.add(
        .removeNetwork(key: there.key, name: there.name), "network \(there.name)",
        reasons: [ChangeReason(.missing, "no service uses it any more", effect: .none)], after: stopped)
      noteFirewall("network \(there.name) goes")
    }
    for network in desired.networks { planNetwork(network, after: stopped) }
  }

  private mutating func planNetwork(_ network: NetworkPlan, after stopped: [Int]) {
    let address = "network \(network.name)"
    let ensure = ChangeAction.ensureNetwork(key: network.key, name: network.name)
    guard let there = observed.networks.first(where: { $0.key == network.key }) else {
      let reason = ChangeReason(.missing, "not there yet", origin: network.location, effect: .none)
      networkChange[network.key] = builder.add(ensure, address, reasons: [reason], after: foundation)
      noteFirewall("\(address) comes")
      return
    }
    if recreatedNetworks.contains(network.key) {
      let reasons = differences(
        from: there.fields, to: network.fields, origins: network.origins, fallback: network.location
      ) { _, _, _ in .recreate }
      let removal = builder.add(
        .removeNetwork(key: there.key, name: there.name), "network \(there.name)", reasons: reasons, effect: .recreate,
        after: stopped)
      networkChange[network.key] = builder.add(ensure, address, reasons: reasons, effect: .recreate, after: [removal])
      noteFirewall("\(address) is made again")
      return
    }
    var reasons = there.drift.map { ChangeReason(.drift, $0, origin: network.location, effect: .inPlace) }
    if there.isUnfinished {
      reasons.append(
        ChangeReason(.leftover, "its making was interrupted", origin: network.location, effect: .inPlace))
    }
    if reasons.isEmpty { return }
    networkChange[network.key] = builder.add(ensure, address, reasons: reasons, effect: .inPlace, after: foundation)
    if there.isUnfinished { noteFirewall("\(address) comes") }
  }

  private mutating func planVolumes() {
    for volume in desired.volumes where !volume.isExternal {
      let there = observed.volumes.first { $0.key == volume.key && $0.name == volume.name }
      if let there, there.exists { continue }
      volumeChange[volume.key] = builder.add(
        .createVolume(key: volume.key, name: volume.name), "volume \(volume.name)",
        reasons: [
          ChangeReason(
            there?.isOurs == true ? .drift : .missing,
            there?.isOurs == true ? "its directory is gone" : "not there yet", origin: volume.location, effect: .none)
        ])
    }
  }

  private mutating func planFirewall() {
    for planned in plans {
      for (name, verdict) in planned.verdicts {
        if verdict.kind == .create, !planned.plan.ports.isEmpty { noteFirewall("container \(name.id) comes") }
        if verdict.reasons.contains(where: { $0.kind == .field && $0.path.hasPrefix("ports.") }) {
          noteFirewall("the ports of container \(name.id) change")
        } else if !planned.plan.ports.isEmpty, verdict.moves {
          noteFirewall("the networks of container \(name.id) change")
        }
      }
    }
    var reasons = observed.firewallDrift.map { ChangeReason(.drift, $0, effect: .inPlace) }
    reasons += firewallReasons
    if reasons.isEmpty { return }
    let effect: ChangeEffect = reasons.map(\.effect).max() ?? .none
    foundation.append(
      builder.add(
        .writeFirewall, "firewall", reasons: reasons, effect: effect, after: networkChange.values.sorted()))
  }

  private mutating func noteFirewall(_ words: String) {
    firewallReasons.append(ChangeReason(.dependency, words, effect: .none))
  }

  private mutating func planSupervisor() {
    guard !observed.supervisorAlive, desired.services.contains(where: { $0.replicas > 0 }) else { return }
    let drift = observed.containers.contains { $0.stage == .running }
    let reason = ChangeReason(
      drift ? .drift : .missing, drift ? "it has ended" : "not there yet", effect: drift ? .inPlace : .none)
    // It needs no bridge: its name servers bind addresses that come later.
    let start = builder.add(
      .startSupervisor, "supervisor \(desired.name)", reasons: [reason], effect: reason.effect)
    supervisorStart = start
    foundation.append(start)
  }

  private mutating func planStarts(of index: Int, after stopped: [Int]) {
    let service = plans[index].plan
    if plans[index].verdicts.contains(where: \.verdict.runs) {
      for layer in service.layers where layer.kind == .archive && layerChange[layer.path] == nil {
        layerChange[layer.path] = builder.add(.prepareLayer(path: layer.path), "layer \(layer.path)")
      }
    }
    for (name, verdict) in plans[index].verdicts {
      let address = "container \(name.id)"
      switch verdict.kind {
      case .keep: break
      case .update: plans[index].updates += planUpdate(name, address, verdict, service)
      case .create, .recreate, .start:
        let needs = needs(of: service, named: name, stopped: stopped)
        let action = verdict.kind == .start ? ChangeAction.startContainer(name) : .createContainer(name)
        let start = builder.add(
          action, address, reasons: verdict.reasons, effect: verdict.effect, after: needs.hard, tolerating: needs.soft)
        plans[index].starts.append(start)
        // It records new fields after it has started.
        if verdict.kind == .start, verdict.reasons.contains(where: { $0.kind == .field }) { heard.append(start) }
      }
    }
  }

  private mutating func planUpdate(
    _ name: ContainerName, _ address: String, _ verdict: ContainerVerdict, _ service: ServicePlan
  ) -> [Int] {
    var last = foundation + detaches.filter { builder.changes[$0].action.container == name }
    let recorded = verdict.reasons.filter { $0.kind == .field || ($0.kind == .drift && $0.old != nil) }
    if !verdict.attach.isEmpty {
      let paths = verdict.attach.map { "networks.\($0)" }
      let reasons = verdict.reasons.filter {
        paths.contains($0.path) || !(recorded.contains($0) || verdict.detachReasons.contains($0))
      }
      // An address may be free only when another container has left the network.
      last = [
        builder.add(
          .attachContainer(name, networks: verdict.attach), address, reasons: reasons, effect: .inPlace,
          after: last + verdict.attach.compactMap { networkChange[$0] }, tolerating: detaches)
      ]
      if verdict.moves { heard += last }
    }
    if recorded.isEmpty { return last }
    // The record says what is applied, so it comes last.
    let effect = recorded.map(\.effect).max() ?? .none
    last = [builder.add(.updateContainer(name), address, reasons: recorded, effect: effect, after: last)]
    heard += last
    return last
  }

  /// What has to be there before a container starts.
  private mutating func needs(of service: ServicePlan, named name: ContainerName, stopped: [Int]) -> (
    hard: [Int], soft: [Int]
  ) {
    var hard = foundation
    var soft: [Int] = []
    hard += stopped.filter { builder.changes[$0].action.container == name }
    hard += service.networks.compactMap { networkChange[$0.network] }
    hard += service.mounts.compactMap { $0.kind == .volume ? volumeChange[$0.source] : nil }
    hard += service.layers.compactMap { layerChange[$0.path] }
    for dependency in service.dependsOn {
      let waits = waits(for: dependency)
      if dependency.required { hard += waits } else { soft += waits }
    }
    return (hard, soft)
  }

  /// The changes after which a dependency's condition holds; none if it holds already.
  private mutating func waits(for dependency: DependencyPlan) -> [Int] {
    guard let index = plans.firstIndex(where: { $0.plan.name == dependency.service }) else { return [] }
    if dependency.condition == .started || holds(dependency.condition, of: plans[index]) { return plans[index].starts }
    if let wait = plans[index].waits[dependency.condition] { return [wait] }
    let wait = builder.add(
      .await(service: dependency.service, condition: dependency.condition), "service \(dependency.service)",
      after: plans[index].starts.isEmpty ? foundation + plans[index].updates : plans[index].starts)
    plans[index].waits[dependency.condition] = wait
    return [wait]
  }

  private func holds(_ condition: DependencyPlan.Condition, of planned: PlannedService) -> Bool {
    planned.verdicts.allSatisfy { name, verdict in
      guard !verdict.runs, let there = containers[name.id] else { return false }
      // Another check has to find it well again.
      if condition == .healthy, verdict.reasons.contains(where: { $0.path.hasPrefix("healthcheck.") }) { return false }
      switch condition {
      case .started: return true
      case .healthy: return there.isRunning && there.health == .healthy
      case .completed: return there.process == .ended(code: 0, bySignal: false)
      }
    }
  }

  private mutating func planReload() {
    let starts = plans.flatMap(\.starts)
    let known = supervisorStart.map { [$0] } ?? []
    if observed.supervisorAlive {
      if heard.isEmpty && starts.isEmpty && networkChange.isEmpty && !observed.supervisorStale { return }
    } else if known.isEmpty || heard.isEmpty {
      // One that starts in this changeset reads the intents; only what is recorded later escapes it.
      return
    }
    var reasons: [ChangeReason] = []
    if observed.supervisorAlive, observed.supervisorStale {
      reasons = [ChangeReason(.drift, "it works from older records", effect: .inPlace)]
    }
    _ = builder.add(
      .reloadSupervisor, "supervisor \(desired.name)", reasons: reasons, effect: reasons.first?.effect ?? .none,
      after: known, tolerating: heard + starts + networkChange.values.sorted())
  }
}
