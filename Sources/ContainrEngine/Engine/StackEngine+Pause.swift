// Containers that stand still because somebody wants it so, until he lets them go on. The kernel's freezer is the only record
// of it.
internal import ContainrCgroups
public import ContainrHost
internal import ContainrStore
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

extension StackEngine {
  /// Lets containers of one stack, whose lock is held, stand still, or go on; answers the ids of those that did not do so
  /// before. Those that do not run are left out. All of them are tried, whatever one of them says.
  public func setPaused(
    _ isPaused: Bool, _ containers: [ContainerStatus], of stack: String, lock: borrowing StackLock
  ) throws(EngineError) -> Set<String> {
    let records = try contents().containers
    var changed: Set<String> = []
    var failure: EngineError?
    for container in containers where container.pid != nil {
      guard let record = records.first(where: { $0.id == container.id }) else { continue }
      do throws(EngineError) {
        if try self.isPaused(record) == isPaused { continue }
        try setFrozen(isPaused, record)
        changed.insert(container.id)
        tell(ContainerEvent(isPaused ? .pause : .unpause, container.eventSubject))
      } catch { failure = error }
    }
    // A probe that is on its way stands still as well, and what comes of it says nothing.
    if isPaused, !changed.isEmpty { try informSupervisor(of: stack, "paused") }
    if let failure { throw failure }
    return changed
  }

  /// Whether somebody has let it stand still; what a command does for a moment, under a mark, is no pause.
  func isPaused(_ record: ContainerRecord) throws(EngineError) -> Bool {
    do {
      guard try Cgroup(mounts: cgroups, path: cgroup(of: record)).isFrozen() else { return false }
      return try !Kernel.exists(frozenDirectory.appending(record.id))
    } catch { throw EngineError(.kernel, "container \(record.id): \(error)") }
  }

  /// What is to be ended has to go on: nothing that stands still hears of a signal.
  func goOn(_ record: ContainerRecord) throws(EngineError) { if try isPaused(record) { try setFrozen(false, record) } }

  private func setFrozen(_ isFrozen: Bool, _ record: ContainerRecord) throws(EngineError) {
    do { try Cgroup(mounts: cgroups, path: cgroup(of: record)).setFrozen(isFrozen) } catch {
      throw EngineError(.kernel, "container \(record.id): \(error)")
    }
  }
}
