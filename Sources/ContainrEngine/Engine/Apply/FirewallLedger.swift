// Which rules this apply has written last: what they are compared with at its end. Changes run on many threads.
internal import ContainrNetwork
internal import Synchronization

final class FirewallLedger: Sendable {
  private let plan = Mutex<FirewallPlan?>(nil)

  /// nil: none were looked at.
  var last: FirewallPlan? { plan.withLock { $0 } }

  func note(_ plan: FirewallPlan) { self.plan.withLock { $0 = plan } }
}
