// The plans by which containers are probed, as values: to read one anew from its record costs more than all else of a probe.
internal import ContainrHost
internal import ContainrSpec
internal import Synchronization

/// What was read so far, by container.
final class ProbePlans: Sendable {
  private let known = Mutex<[String: (text: String, plan: ServicePlan)]>([:])

  /// The plan of a record's text; read only if it is another one than before.
  func plan(of id: String, _ text: String) throws(EngineError) -> ServicePlan {
    if let entry = known.withLock({ $0[id] }), entry.text == text { return entry.plan }
    let plan = try PlanCoding.plan(text)
    known.withLock { $0[id] = (text, plan) }
    return plan
  }

  /// Of a container that is gone.
  func forget(_ id: String) { known.withLock { $0[id] = nil } }
}
