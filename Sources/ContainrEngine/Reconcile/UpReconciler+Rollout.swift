// Rolling updates: which containers are replaced in which groups, and the changes of each group.
internal import ContainrSpec

extension UpReconciler {
  mutating func judgeRollouts() {
    for index in plans.indices { plans[index].rollout = rollout(of: plans[index]) }
  }

  /// nil: nothing of the service that runs is made again, or nobody says how.
  private func rollout(of planned: PlannedService) -> Rollout? {
    guard let update = planned.plan.update, !startsNothing, planned.plan.schedule == nil else { return nil }
    let names = planned.verdicts.filter { $0.verdict.kind == .recreate && serves($0.name) }.map(\.name)
    if names.isEmpty { return nil }
    // A network takes its members along, and a fixed address cannot be there twice: then all of them stop first.
    let isFree =
      !names.contains { losesNetwork($0) } && !losesVolume(planned.plan) && !renewsVolume(names)
      && !planned.plan.networks.contains { $0.ipv4Address != nil }
    guard isFree else { return Rollout(update: update, groups: [names], isStartFirst: false, usesSlots: false) }
    let size = update.groupSize(of: names.count)
    let groups = stride(from: 0, to: names.count, by: size).map { Array(names[$0..<min($0 + size, names.count)]) }
    let isStartFirst = update.order == .startFirst
    return Rollout(
      update: update, groups: groups, isStartFirst: isStartFirst, usesSlots: isStartFirst || groups.count > 1)
  }

  private func serves(_ name: ContainerName) -> Bool {
    guard let there = containers[name.place] else { return false }
    return there.isRunning && there.stage == .running
  }

  /// Whether a network that a container is on goes with this changeset.
  func losesNetwork(_ name: ContainerName) -> Bool {
    (containers[name.place]?.keys("networks.") ?? []).contains { key in
      recreatedNetworks.contains(key) || rebuiltNetworks.contains(key) || !desired.networks.contains { $0.key == key }
    }
  }

  /// Whether containers of a service begin with new anonymous volumes: then the old ones have to be gone first.
  func renewsVolume(_ names: [ContainerName]) -> Bool {
    renewsAnonymousVolumes
      && observed.volumes.contains { volume in
        volume.isUnused != true && names.contains { $0.display == volume.place }
      }
  }

  /// Whether a volume of the service is made again with this changeset.
  func losesVolume(_ service: ServicePlan) -> Bool {
    service.mounts.contains { $0.kind == .volume && recreatedVolumes.contains($0.source) }
  }

  /// Whether the container at this place is replaced by a rolling update and so stops later than the others.
  func stopsLater(_ name: ContainerName) -> Bool {
    plans.contains { planned in planned.rollout.map { $0.usesSlots && $0.replaces(name) } ?? false }
  }

  /// What served before an interrupted update, still there: it goes when names and ports lead to its successor for sure.
  mutating func planLeavers() {
    for container in leavers {
      let reason = ChangeReason(.leftover, "an update was interrupted", effect: .none)
      let index = builder.add(
        .retireContainer(container.name), container.address, reasons: [reason], after: foundation)
      leaverChange[container.name.place, default: []].append(index)
      heard.append(index)
    }
  }

  /// The groups of a service, each after the end of the one before.
  mutating func planRollout(of index: Int, after stopped: [Int]) {
    guard let rollout = plans[index].rollout else { return }
    var gate: [Int] = []
    for (number, group) in rollout.groups.enumerated() {
      let step = RolloutStep(
        order: rollout.isStartFirst ? .startFirst : .stopFirst, group: number + 1, groups: rollout.groups.count)
      var last: [Int] = []
      for (name, verdict) in plans[index].verdicts where group.contains(name) {
        last.append(replace(name, verdict, rollout, step, of: index, after: gate, stopped: stopped))
      }
      let isLast = number + 1 == rollout.groups.count
      // The end of the last group decides nothing but whether all of it is taken back.
      if isLast && rollout.update.failureAction != .rollback { break }
      let end = RolloutGroup(
        service: plans[index].plan.name, containers: group.map(\.place), total: rollout.total,
        delay: isLast ? 0 : rollout.update.delay, failureAction: rollout.update.failureAction,
        maxFailureRatio: rollout.update.maxFailureRatio)
      gate = [
        builder.add(
          .endGroup(end), "service \(plans[index].plan.name)", after: gate, tolerating: last, rollout: step)
      ]
    }
  }

  /// The changes that put a new container in the place of a running one; answers the last of them.
  private mutating func replace(
    _ name: ContainerName, _ verdict: ContainerVerdict, _ rollout: Rollout, _ step: RolloutStep, of index: Int,
    after gate: [Int], stopped: [Int]
  ) -> Int {
    let service = plans[index].plan
    let address = "container \(name.display)"
    let new = rollout.usesSlots ? name.other : name
    let needs = needs(of: service, named: name, stopped: stopped)
    var before = needs.hard + gate
    if rollout.usesSlots && !rollout.isStartFirst {
      let vacate = builder.add(
        .vacateContainer(name, for: new), address, after: before, tolerating: needs.soft, rollout: step)
      before = [vacate]
    }
    let create = builder.add(
      .createContainer(new), address, reasons: verdict.reasons, effect: verdict.effect, after: before,
      tolerating: needs.soft, rollout: step)
    let ready = builder.add(
      .awaitReady(new, monitor: rollout.monitor(service)), address, after: [create], rollout: step)
    guard rollout.isStartFirst else {
      plans[index].starts.append(create)
      return ready
    }
    let turn = builder.add(.switchTraffic(from: name, to: new), address, after: [ready], rollout: step)
    plans[index].starts.append(turn)
    let retire = builder.add(.retireContainer(name), address, after: [turn], rollout: step)
    heard.append(retire)
    return retire
  }
}
