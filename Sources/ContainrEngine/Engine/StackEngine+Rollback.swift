// Taking the failed update of a service back: its containers return to the plans that are recorded of them. It is an
// update like any other, by the rules of rollback_config, after everything else of the apply has ended.
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrStore

extension StackEngine {
  /// Does what the groups of an apply asked for.
  func takeBackUpdates(
    _ changeset: Changeset, _ runner: ChangeRunner, width: Int, _ announce: Announcer, _ report: inout ApplyReport
  ) {
    for service in runner.ledger.rollbacks {
      let rollback = takeBack(service, changeset, runner, width: width, announce)
      report.rollbacks.append(rollback)
      report.failures += rollback.failures
    }
  }

  private func takeBack(
    _ service: String, _ changeset: Changeset, _ runner: ChangeRunner, width: Int, _ announce: Announcer
  ) -> ApplyReport.Rollback {
    var rollback = ApplyReport.Rollback(service: service)
    do throws(EngineError) {
      let now = try contents()
      // What each of them was; mostly all were the same.
      var former: [String: [ContainerName]] = [:]
      for place in Self.replaced(in: changeset, of: service) {
        guard let old = runner.before.serving(place) else { continue }
        // A later group that was not touched.
        if let there = now.serving(place), there.id == old.id, there.plan == old.plan, there.image == old.image,
          there.stage == .running
        {
          continue
        }
        former[try PlanCoding.json(old.planWithItsImages()), default: []].append(place)
      }
      for (json, places) in former.sorted(by: { $0.value[0].index < $1.value[0].index }) {
        let names = places.map(\.display)
        announce.send(.note("\(names.joined(separator: ", ")) \(names.count == 1 ? "goes" : "go") back"))
        let failures = try takeBack(places, to: try PlanCoding.plan(json), runner, width: width, announce)
        rollback.failures += failures
        if failures.isEmpty { rollback.containers += names }
      }
    } catch {
      rollback.failures.append(
        ApplyReport.Failure(
          index: -1, address: "service \(service)", message: "it cannot go back: \(error.message)", location: nil))
    }
    return rollback
  }

  /// The places of a service that a rolling update of this changeset was to replace.
  private static func replaced(in changeset: Changeset, of service: String) -> [ContainerName] {
    changeset.changes.compactMap { change in
      guard change.rollout != nil, case .createContainer(let name) = change.action, name.service == service else {
        return nil
      }
      return name.place
    }
  }

  /// One more changeset, of these places alone; answers what failed.
  private func takeBack(
    _ places: [ContainerName], to former: ServicePlan, _ runner: ChangeRunner, width: Int, _ announce: Announcer
  ) throws(EngineError) -> [ApplyReport.Failure] {
    guard var desired = runner.desired, let index = desired.services.firstIndex(where: { $0.name == former.name })
    else { return [] }
    if let lost = former.networks.first(where: { place in !desired.networks.contains { $0.key == place.network } }) {
      throw EngineError(.kernel, "its former network \(lost.network) is not in the file any more")
    }
    desired.services[index] = Self.returning(to: former, from: desired.services[index])
    let observed = try observe(desired, stackName: desired.name)
    var options = ReconcileOptions()
    options.only = Set(places)
    let changeset = reconcile(desired: desired, observed: observed, stack: desired.name, options: options)
    if changeset.isEmpty { return [] }
    // The caller's indices are those of another changeset: only words go out.
    let words = Announcer { event in
      switch event {
      case .note: announce.send(event)
      case .failed(_, let change, let message): announce.send(.note("\(change.address): \(message)"))
      default: break
      }
    }
    let (back, store, _) = try prepare(changeset, desired: desired, recording: nil, announce: words)
    defer { store.close() }
    return try walk(changeset, back, width: width, label: "back:", words).failures.map { failure in
      var failure = failure
      failure.index = -1
      failure.message = "on the way back: \(failure.message)"
      return failure
    }
  }

  /// The former plan, to be reached by the rules of the present one's `rollback_config`.
  static func returning(to former: ServicePlan, from present: ServicePlan) -> ServicePlan {
    var plan = former
    plan.replicas = present.replicas
    var update = present.rollback ?? present.update ?? UpdatePlan()
    if update.failureAction == .rollback { update.failureAction = .pause }
    plan.update = update
    return plan
  }
}
