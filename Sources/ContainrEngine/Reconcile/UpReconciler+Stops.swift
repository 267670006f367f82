// What has to stop or go before anything starts: containers that nobody wants, and those that are made again.
internal import ContainrSpec

extension UpReconciler {
  /// Removals and stops, dependents first; answers their indices.
  mutating func planStops() -> [Int] {
    var targets: [StopTarget] = []
    let wanted = Set(plans.flatMap { $0.verdicts.map(\.name.place) })
    let going = observed.networks.contains { network in
      recreatedNetworks.contains(network.key) || !desired.networks.contains { $0.key == network.key }
    }
    for container in observed.containers where only?.contains(container.name.place) ?? true {
      if container.role == .outgoing, container.isRunning, !going, containers[container.name.place] != nil {
        leavers.append(container)
        continue
      }
      if container.role != .serving {
        let reason = ChangeReason(.leftover, "an update was interrupted", effect: .none)
        targets.append(StopTarget(container: container, removes: true, reasons: [reason], effect: .none))
        continue
      }
      if wanted.contains(container.name.place) { continue }
      let words =
        services[container.name.service] == nil
        ? "service \(container.name.service) is not in the file any more"
        : "replicas is \(services[container.name.service]?.replicas ?? 0)"
      targets.append(
        StopTarget(
          container: container, removes: true, reasons: [ChangeReason(.missing, words, effect: .recreate)],
          effect: .recreate))
      if !container.keys("ports.").isEmpty { noteFirewall("container \(container.name.display) goes") }
    }
    for planned in plans {
      for (name, verdict) in planned.verdicts {
        guard let there = containers[name.place] else { continue }
        if verdict.kind == .recreate {
          if stopsLater(name) { continue }
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
}
