// A job with a schedule is made and not started: that is its supervisor's.
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension ChangeRunner {
  /// Makes all that it stands on, also what went with a restart of the host, and leaves it to its times: those that it had
  /// if it was not stopped, so that its supervisor sees what has come meanwhile.
  func leaveToSchedule(
    _ name: ContainerName, _ plan: ServicePlan, _ root: ImageRoot, _ record: ContainerRecord, isFresh: Bool
  ) throws(EngineError) {
    let given = try starter.make(name, plan: root, record: record)
    let there = before.containers.first { $0.id == name.id }
    if there == nil || there?.stage == .stopped { try engine.forgetTimes(of: name) }
    try settle(name, plan, given, isFresh: isFresh)
  }
}
