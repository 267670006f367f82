// What people do to containers by hand beside bringing a stack up: signals, and the word that one is to stay down.
public import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrStore
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

extension StackEngine {
  /// The number of `SIGHUP`, `hup` or `1`; nil if there is no such signal.
  public static func signalNumber(_ text: String) -> Int32? { SignalNumber.named(text.uppercased()) }

  /// `SIGHUP` for 1; real-time signals by number.
  public static func signalName(_ number: Int32) -> String {
    SignalNumber.name(number).map { "SIG\($0)" } ?? "\(number)"
  }

  /// Sends a signal to the first process of containers of one stack, whose lock is held; answers the ids of those that
  /// were running. After SIGKILL nothing starts them again but a start or an up, and they have ended when this returns.
  public func kill(
    _ containers: [ContainerStatus], of stack: String, signal: Int32, lock: borrowing StackLock
  ) throws(EngineError) -> Set<String> {
    // Before the end: the supervisor looks at the record when it hears of that.
    if signal == 9 { try leaveStopped(containers.filter { $0.pid != nil }, of: stack, lock: lock) }
    var reached: Set<String> = []
    let paused = signal == 9 ? try contents().containers.filter { $0.stack == stack } : []
    do throws(RuntimeError) {
      for container in containers {
        guard case .running = try runtime.observe(container.id) else { continue }
        // The cause before its consequence: its shim may write of the end before this call returns. Whether the signal still
        // finds it alive nobody can say: to one that has just ended the kernel sends it as well.
        tell(ContainerEvent(.kill, container.eventSubject).with("signal", String(signal)))
        if try runtime.signal(container.id, signal: signal) { reached.insert(container.id) }
      }
      // In v1's freezer nothing dies.
      do throws(EngineError) {
        for record in paused where reached.contains(record.id) { try goOn(record) }
      } catch { throw RuntimeError(container: "*", stage: "let it go on", message: error.message) }
      if signal == 9 { for id in reached { _ = try runtime.waitForExit(id, milliseconds: 10_000) } }
    } catch {
      throw EngineError(.kernel, error.description)
    }
    if signal == 9 { try informSupervisor(of: stack, "reload") }
    return reached
  }

  /// What has ended and would be begun again by its policy or its schedule stays down, as what is stopped while it runs. Answers their names.
  /// The stack's lock is held.
  @discardableResult
  public func endRestarts(
    of stack: String, only: Set<String>? = nil, lock: borrowing StackLock
  ) throws(EngineError) -> [String] {
    let waiting = try containers(stack: stack).filter { $0.comesBack && only?.contains($0.id) ?? true }
    if waiting.isEmpty { return [] }
    try leaveStopped(waiting, of: stack, lock: lock)
    try informSupervisor(of: stack, "reload")
    for container in waiting { tell(ContainerEvent(.stop, container.eventSubject)) }
    return waiting.map(\.name)
  }

  /// Records containers as stopped: a start or an up begins them, also those that had done their work. The stack's lock is
  /// held.
  public func leaveStopped(
    _ containers: [ContainerStatus], of stack: String, lock: borrowing StackLock
  ) throws(EngineError) {
    if containers.isEmpty { return }
    try StackLock.withHost(settings) { () throws(EngineError) in
      let store: Store
      do throws(StoreError) { store = try Store(directory: settings.stateDirectory) } catch { throw EngineError(error) }
      defer { store.close() }
      let (before, after): (StoreContents, StoreContents)
      do throws(StoreError) {
        let there = try store.contents()
        try store.write(containers.map { .setStage(container: $0.id, .stopped) })
        (before, after) = (there, try store.contents())
      } catch { throw EngineError(error) }
      let (old, new) = (
        FirewallRows.plan(before, settings: settings), FirewallRows.plan(after, settings: settings)
      )
      if old.ports == new.ports { return }
      try HostNetworks(engine: self, store: store, links: linkDriver()) { _ in }.turn(from: old, to: new)
    }
    for container in containers {
      try forgetTimes(
        of: ContainerName(stack: stack, service: container.service, index: container.index, slot: container.slot))
    }
  }
}
