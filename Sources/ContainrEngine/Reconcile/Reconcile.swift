// reconcile: what is wanted × what is there → what has to be done. Synchronous, deterministic, without IO.
public import ContainrSpec

/// The changes that lead from `observed` to `desired`; nil means that the stack goes away (or, with the goal `.stop`,
/// that its containers stop).
public func reconcile(
  desired: StackPlan?, observed: ObservedState, stack: String, options: ReconcileOptions = ReconcileOptions()
) -> Changeset {
  switch options.goal {
  case .up:
    guard let desired else { break }
    let split = OrphanSplit(observed.takenAsStopped(options.asStopped), desired: desired, rule: options.orphans)
    var up = UpReconciler(desired: desired, observed: split.observed, options: options)
    var changeset = up.changeset()
    split.attach(to: &changeset)
    changeset.orphans = split.named
    return changeset
  case .stop: return stopChangeset(observed: observed, stack: stack, only: options.stopOnly)
  case .remove:
    return removalChangeset(
      observed: observed, stack: stack, only: options.removeOnly, removeVolumes: options.removeVolumes)
  case .down: break
  }
  return downChangeset(observed: observed, stack: stack, removeVolumes: options.removeVolumes)
}

extension ObservedState {
  /// The same with some containers as a stop would leave them.
  fileprivate func takenAsStopped(_ ids: Set<String>) -> ObservedState {
    if ids.isEmpty { return self }
    var state = self
    for index in state.containers.indices where ids.contains(state.containers[index].name.id) {
      state.containers[index].stage = .stopped
      if state.containers[index].isRunning { state.containers[index].process = .absent }
    }
    return state
  }
}
