// A job with a schedule is made and not started: that is its supervisor's.
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension ChangeRunner {
  /// Makes all that it stands on, also what went with a restart of the host, and leaves it to its times. What it missed
  /// before is nobody's.
  func leaveToSchedule(
    _ name: ContainerName, _ plan: ServicePlan, _ root: ImageRoot, _ record: ContainerRecord, isFresh: Bool
  ) throws(EngineError) {
    let given = try starter.make(name, plan: root, record: record)
    do throws(SyscallError) {
      try tolerating(2, 20) { () throws(SyscallError) in try Kernel.remove(settings.schedule(name.id)) }
    } catch {
      throw EngineError(error, "forget the times of \(name.display)")
    }
    try settle(name, plan, given, isFresh: isFresh)
  }
}
