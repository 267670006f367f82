// Starts and changes of containers, each after what it needs.
internal import ContainrSpec

extension UpReconciler {
  mutating func planStarts(of index: Int, after stopped: [Int]) {
    let service = plans[index].plan
    if plans[index].verdicts.contains(where: \.verdict.runs) {
      for layer in service.layers where layer.kind == .archive && layerChange[layer.path] == nil {
        layerChange[layer.path] = builder.add(.prepareLayer(path: layer.path), "layer \(layer.path)")
      }
    }
    for (name, verdict) in plans[index].verdicts where plans[index].rollout?.replaces(name) != true {
      let address = "container \(name.display)"
      switch verdict.kind {
      case .keep: break
      case .update: plans[index].updates += planUpdate(name, address, verdict, service)
      case .create, .recreate, .start:
        if startsNothing && verdict.kind == .start { break }
        let needs = needs(of: service, named: name, isMade: verdict.isMade, stopped: stopped)
        let action: ChangeAction =
          startsNothing ? .makeContainer(name) : verdict.kind == .start ? .startContainer(name) : .createContainer(name)
        let start = builder.add(
          action, address, reasons: verdict.reasons, effect: verdict.effect, after: needs.hard, tolerating: needs.soft)
        plans[index].starts.append(start)
        // It records new fields after it has started.
        if verdict.kind == .start, verdict.reasons.contains(where: { $0.kind == .field }) { heard.append(start) }
      }
    }
    planRollout(of: index, after: stopped)
  }

  mutating func planUpdate(
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
  mutating func needs(of service: ServicePlan, named name: ContainerName, isMade: Bool = true, stopped: [Int]) -> (
    hard: [Int], soft: [Int]
  ) {
    var hard = foundation
    var soft: [Int] = []
    hard += stopped.filter { builder.changes[$0].action.container?.place == name.place }
    hard += leaverChange[name.place] ?? []
    hard += service.networks.compactMap { networkChange[$0.network] }
    hard += service.mounts.compactMap { $0.kind == .volume ? volumeChange[$0.source] : nil }
    hard += service.layers.compactMap { layerChange[$0.path] }
    if isMade { hard += service.images.compactMap { imageChange[Self.key($0)] } }
    hard += renewals[name.display] ?? []
    // What is not started waits for nobody.
    for dependency in service.dependsOn where !startsNothing && awaited?.contains(dependency.service) ?? true {
      let waits = waits(for: dependency)
      if dependency.required { hard += waits } else { soft += waits }
    }
    return (hard, soft)
  }

  /// The changes after which a dependency's condition holds; none if it holds already.
  mutating func waits(for dependency: DependencyPlan) -> [Int] {
    guard let index = plans.firstIndex(where: { $0.plan.name == dependency.service }) else { return [] }
    if dependency.condition == .started || holds(dependency.condition, of: plans[index]) { return plans[index].starts }
    if let wait = plans[index].waits[dependency.condition] { return [wait] }
    let wait = builder.add(
      .await(service: dependency.service, condition: dependency.condition), "service \(dependency.service)",
      after: plans[index].starts.isEmpty ? foundation + plans[index].updates : plans[index].starts)
    plans[index].waits[dependency.condition] = wait
    return [wait]
  }

  func holds(_ condition: DependencyPlan.Condition, of planned: PlannedService) -> Bool {
    planned.verdicts.allSatisfy { name, verdict in
      guard !verdict.runs, let there = containers[name.place] else { return false }
      // Another check has to find it well again.
      if condition == .healthy, verdict.reasons.contains(where: { $0.path.hasPrefix("healthcheck.") }) { return false }
      switch condition {
      case .started: return true
      case .healthy: return there.isRunning && there.health == .healthy
      case .completed: return there.process == .ended(code: 0, bySignal: false)
      }
    }
  }
}
