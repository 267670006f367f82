// Rolling updates: a new container proves itself, names and ports turn to it, the old one goes when nobody talks to it
// any more. The clock of an update is here.
internal import ContainrAddresses
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension ChangeRunner {
  /// Clients may keep an answer of the name server as long as it says.
  private static let nameLifetime = 2000
  /// Between two looks at the connections, and the least that a container is left alone, in milliseconds.
  private static let drainStep = 20, quiet = 100

  // MARK: the gate

  /// Returns when a new container may take over.
  func awaitReady(_ name: ContainerName, monitor: Int) throws(EngineError) {
    let plan = try plan(name)
    if plan.healthcheck != nil { try awaitHealth(of: name) }
    // Names and ports never turn to what has ended already; else not being watched is not being watched.
    if monitor > 0 || trials.contains(name) { try watch(name, plan, milliseconds: monitor) }
    if !trials.contains(name) { ledger.prove(name.place) }
  }

  /// Sees that a container runs, and goes on to for a while. A job may end well.
  private func watch(_ name: ContainerName, _ plan: ServicePlan, milliseconds: Int) throws(EngineError) {
    do {
      if let exit = try engine.runtime.exitDescriptor(name.id) {
        if try !Kernel.waitUntilEnded(pidfd: exit.raw, milliseconds: Int32(clamping: milliseconds)) {
          guard milliseconds > 0, try engine.health(of: name) == .unhealthy else { return }
          throw EngineError(.kernel, "\(name.display) became unhealthy again: \(try lastProbe(of: name))")
        }
      }
      let isJob = plan.restart.policy == .no || plan.restart.policy == .onFailure
      switch try engine.runtime.observe(name.id) {
      case .running: return
      case .exited(let exit) where isJob && exit.status == .exited(0): return
      case .exited(let exit):
        throw EngineError(.kernel, "\(name.display) did not keep running: it \(Self.words(exit))")
      case .absent, .incomplete, .died:
        throw EngineError(.kernel, "\(name.display) did not keep running, and nobody knows how it ended")
      }
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "watch \(name.display): \(error)")
    }
  }

  /// Counts what failed in a group, and decides.
  func end(_ group: RolloutGroup) throws(EngineError) {
    let failures = ledger.countFailures(of: group.service, among: group.containers)
    if group.failureAction != .goOn, group.isExceeded(by: failures) {
      let count = "\(failures) of \(group.total) containers failed"
      guard group.failureAction == .rollback else {
        throw EngineError(.kernel, "\(count): the update pauses here, the others stay as they are")
      }
      ledger.requestRollback(of: group.service)
      throw EngineError(.kernel, "\(count): the update is taken back")
    }
    do { try Self.pause(milliseconds: group.delay) } catch { throw EngineError(error, "wait for the next group") }
  }

  private static func pause(milliseconds: Int) throws(SyscallError) {
    if milliseconds <= 0 { return }
    let timer = try Kernel.timerDescriptor()
    try Kernel.arm(timer: timer.raw, nanoseconds: UInt64(milliseconds) * 1_000_000)
    while try !Kernel.waitReadable(timer.raw, milliseconds: -1) {}
  }

  // MARK: the turn

  /// One transaction of the store, one of nft, and the name server hears of it at once. Whatever fails is turned back.
  func switchTraffic(from old: ContainerName, to new: ContainerName) throws(EngineError) {
    let turned = try turn(
      [.setRole(container: new.id, .serving), .setRole(container: old.id, .outgoing)], "switch \(new.id)")
    do throws(EngineError) {
      try engine.informOfNames(of: stack, turned)
    } catch {
      try turn(
        [.setRole(container: old.id, .serving), .setRole(container: new.id, .incoming)], "switch back \(new.id)")
      throw error
    }
    ledger.prove(new.place)
  }

  /// Writes rows that say who serves, and the rules that follow from them; both or none.
  @discardableResult
  private func turn(_ writes: [StoreWrite], _ label: String) throws(EngineError) -> StoreContents {
    try StackLock.withHost(settings) { () throws(EngineError) in
      let old = try contents()
      try write(writes, label, durable: true)
      let new = try contents()
      do throws(EngineError) {
        try move(
          from: FirewallRows.plan(old, settings: settings, desired: desired),
          to: FirewallRows.plan(new, settings: settings, desired: desired))
      } catch {
        let back = old.containers.filter { row in new.containers.contains { $0.id == row.id } }
        try write(back.filter { $0.stack == stack }.map { .setRole(container: $0.id, $0.role) }, "\(label) not done")
        throw error
      }
      return new
    }
  }

  private func contents() throws(EngineError) -> StoreContents {
    do { return try store.contents() } catch { throw EngineError(error) }
  }

  private func move(from old: FirewallPlan, to new: FirewallPlan) throws(EngineError) {
    if old == new { return }
    do {
      try hostNetworks.turn(from: old, to: new, for: desired)
      firewall.note(new)
      guard new.ports.contains(where: { $0.transport == .udp && !old.ports.contains($0) }) else { return }
      // A flow of datagrams has no end by itself: it would go to the old container as long as its client sends.
      let local = try starter.links.links().flatMap { link in
        link.addresses.map { IPAddress.v4($0.address) } + link.addresses6.map { .v6($0.address) }
      }
      try ConnectionTable().forgetStaleFlows(plan: new, local: Set(local))
    } catch {
      throw EngineError(.kernel, "turn the published ports: \(error)")
    }
  }

  // MARK: the end of the old

  /// Lets a container that serves no more finish what it has begun, then stops and removes it.
  func retire(_ name: ContainerName) throws(EngineError) {
    let record = try record(name.id, in: before)
    do { try drain(name, record) } catch { throw EngineError(.kernel, "watch \(name.display): \(error)") }
    try write([.setStage(container: name.id, .removing)], "retiring \(name.id)", durable: true)
    try engine.stopProcess(name, record: record, note: note)
    try clear(name, record)
    if !remade.contains(name.id) { try write([.removeContainer(name.id)], "removed \(name.id)") }
  }

  /// Waits until nobody outside talks to it, at most as long as it may take to stop. The kernel tells nobody when a
  /// connection of another namespace ends, so this looks; nothing that starts waits for it.
  private func drain(_ name: ContainerName, _ record: ContainerRecord) throws {
    guard case .running(let initial, _) = try engine.runtime.observe(name.id),
      let exit = try engine.runtime.exitDescriptor(name.id)
    else { return }
    let begin = Kernel.monotonicTime()
    let grace = UInt64(engine.stopGrace(record)) * 1_000_000
    // Others may have asked for its name just before.
    let isKnown =
      !record.leases.isEmpty && after.containers.contains { $0.stack == stack && $0.service != name.service }
    let least = min(grace, UInt64((isKnown ? Self.nameLifetime : 0) + Self.quiet) * 1_000_000)
    var lastOpen = begin
    while true {
      let now = Kernel.monotonicTime()
      if now - begin >= grace { return }
      if try openConnections(of: initial.pid) > 0 { lastOpen = now }
      if now - begin >= least, now - lastOpen >= UInt64(Self.quiet) * 1_000_000 { return }
      if try Kernel.waitUntilEnded(pidfd: exit.raw, milliseconds: Int32(Self.drainStep)) { return }
    }
  }

  private func openConnections(of pid: Int32) throws(SyscallError) -> Int {
    var tables: [String] = []
    for name in ["tcp", "tcp6"] {
      // No IPv6 in this kernel, or the process has just ended.
      try tolerating(2, 3, 22) { () throws(SyscallError) in
        tables.append(try Kernel.text(of: FilePath("/proc/\(pid)/net/\(name)")))
      }
    }
    return OpenConnections.count(tables)
  }

  /// The old container goes first, and its place is the new one's.
  func vacate(_ old: ContainerName, for new: ContainerName) throws(EngineError) {
    let record = try record(old.id, in: before)
    try write([.setStage(container: old.id, .removing)], "vacating \(old.id)", durable: true)
    try engine.informOfNames(of: stack, contents())
    try engine.stopProcess(old, record: record, note: note)
    try clear(old, record)
    let turned = try turn([.removeContainer(old.id), .setRole(container: new.id, .serving)], "vacated \(old.id)")
    try engine.informOfNames(of: stack, turned)
  }

  // MARK: what did not come to serve

  /// Takes away new containers that will not take over: those that failed, and those whose turn never came.
  func sweep(_ names: Set<ContainerName>) throws(EngineError) {
    // After the last stack's end there is no store any more.
    if names.isEmpty { return }
    let rows = try contents().containers.filter { $0.role == .incoming && names.contains($0.name) }
    for row in rows { try discard(row.name) }
  }

  /// Nothing of a new container that failed stays but its last words.
  /// `startFailure`: why it did not even start.
  func discard(_ name: ContainerName, because startFailure: String? = nil) throws(EngineError) {
    guard let record = try contents().containers.first(where: { $0.id == name.id }), record.role == .incoming else {
      return
    }
    do throws(EngineError) {
      let report = try engine.failureReport(record, try plan(name), startFailure: startFailure)
      let lines = try LastLines.of(settings.logFile(name.id), since: try engine.logBegin(of: name.id))
      ledger.keep(ApplyReport.Remains(report: report, lastLines: lines), of: name)
    } catch {
      // It goes whether or not anybody can say what was wrong with it.
      note("\(name.display): what it wrote last is not known: \(error.message)")
    }
    try write([.setStage(container: name.id, .removing)], "discarding \(name.id)", durable: true)
    try engine.stopProcess(name, record: record, note: note)
    try clear(name, record)
    try write([.removeContainer(name.id)], "discarded \(name.id)")
    try engine.informSupervisor(of: stack, "reload")
  }
}
