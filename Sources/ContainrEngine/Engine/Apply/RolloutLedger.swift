// What one apply learns of its rolling updates: which containers proved themselves, how many failed, what is to be
// taken back. Shared by all threads of the apply.
internal import ContainrReconcile
internal import Synchronization

final class RolloutLedger: Sendable {
  private struct State {
    var proven: Set<ContainerName> = []
    var failures: [String: Int] = [:]
    var rollbacks: Set<String> = []
    var remains: [ContainerName: ApplyReport.Remains] = [:]
  }

  private let state = Mutex(State())

  /// The container at this place has taken over.
  func prove(_ place: ContainerName) { _ = state.withLock { $0.proven.insert(place) } }

  /// Counts the places of a group that were not taken over; answers all failures of the service so far.
  func countFailures(of service: String, among places: [ContainerName]) -> Int {
    state.withLock { state in
      let failed = places.count { !state.proven.contains($0) }
      state.failures[service, default: 0] += failed
      return state.failures[service] ?? 0
    }
  }

  /// What was updated of this service goes back when nothing else is done any more.
  func requestRollback(of service: String) { _ = state.withLock { $0.rollbacks.insert(service) } }

  /// Services whose update is to be taken back, sorted.
  var rollbacks: [String] { state.withLock { $0.rollbacks.sorted() } }

  /// What is known of a container that is taken away.
  func keep(_ remains: ApplyReport.Remains, of name: ContainerName) { state.withLock { $0.remains[name] = remains } }

  /// nil if it was not taken away.
  func remains(of name: ContainerName) -> ApplyReport.Remains? { state.withLock { $0.remains[name] } }
}
