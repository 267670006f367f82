// Looks at containers after they have moved, and listens for the next movement: a plan then need not read all that the
// kernel says of them (docs/decisions/0016-witness.md).
internal import ContainrCgroups
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrRuntime
internal import ContainrStore
internal import ContainrSystem

extension Supervisor {
  /// Looks in one turn of the loop, some tenths of a millisecond each: names are to be answered meanwhile.
  private static let looksAtOnce = 8

  /// Listens for a container whose process was just seen. Where that fails it is tried again later; until then every plan
  /// looks at it.
  func witness(_ id: String) throws {
    guard let record = contents.containers.first(where: { $0.id == id }) else { return }
    // Another is about to end, and its mounts should go with it, or has not begun.
    if record.stage != .running {
      containers[id]?.listening = nil
      return _ = try witness.forget(id)
    }
    let now = Kernel.monotonicTime()
    if try hears(record) {
      containers[id]?.listening = nil
    } else if containers[id]?.listening == nil {
      containers[id]?.listening = LookSchedule(movedAt: now)
    } else {
      containers[id]?.listening?.settle(isStill: false, at: now)
    }
  }

  /// false: its start has not come so far that it can be listened for, or the host has nothing to listen with.
  private func hears(_ record: ContainerRecord) throws -> Bool {
    do {
      guard let pid = try engine.runtime.firstProcess(of: record.id) else { return false }
      var namespaces: Set<Int32> = []
      if !record.leases.isEmpty {
        let links = try LinkDriver()
        // One is enough, all lead to the same namespace. The process is there before they are.
        guard let peer = try record.leases.lazy.compactMap({ try links.link(named: $0.link)?.peerNamespace }).first
        else { return false }
        namespaces.insert(peer)
      }
      let cgroup = Cgroup(mounts: engine.cgroups, path: engine.cgroup(of: record))
      try witness.watch(
        record.id, pid: pid, namespaces: namespaces, cgroups: try cgroup.watchedDirectories(above: 2))
      return true
    } catch let error as SyscallError where [2, 3, 12, 22, 24, 28].contains(error.errno) {
      // It has just ended, or the host has no more descriptors or watches to give.
      return false
    } catch let error as CgroupError {
      if containers[record.id]?.listening == nil { try log("\(record.id): \(error)") }
      return false
    }
  }

  /// Lets go of a container that has ended. Not here: names are to be answered meanwhile.
  func endWitness(_ id: String) throws {
    guard let mounts = try witness.forget(id) else { return }
    try WorkerThread.start { withExtendedLifetime(mounts) {} }
  }

  /// Takes in what has moved and what has ended.
  func takeWitness() throws {
    try witness.take()
    let released = witness.takeReleased()
    if !released.isEmpty { try WorkerThread.start { withExtendedLifetime(released) {} } }
  }

  /// A record that changed says of other limits or networks than were compared.
  func witnessChanges(since old: StoreContents) throws {
    if old.networks != contents.networks { witness.moveAll() }
    let before = Dictionary(old.containers.map { ($0.id, $0) }) { first, _ in first }
    for record in contents.containers where before[record.id] != record && containers[record.id]?.exit != nil {
      try witness(record.id)
      watchThrottling(record)
    }
  }

  /// When the next look is due; nil: all are still.
  var nextLook: UInt64? {
    let unheard = containers.nextListening
    return [unheard, witness.looks.first?.due].compactMap(\.self).min()
  }

  func lookAgain(now: UInt64) throws {
    for id in containers.listening(now: now) { try witness(id) }
    let all = witness.looks.prefix { $0.due <= now }.prefix(Self.looksAtOnce)
    if all.isEmpty { return }
    try takeWitness()
    let records = Dictionary(contents.containers.map { ($0.id, $0) }) { first, _ in first }
    for (id, due) in all {
      // It has moved again by now.
      guard witness.looks.contains(where: { $0.id == id && $0.due == due }), let record = records[id] else { continue }
      do throws(EngineError) {
        witness.settle(id, isStill: try engine.isAsStarted(record, contents.networks))
      } catch {
        // The plan that looks will say it.
        witness.settle(id, isStill: false)
      }
    }
    // From here on it only waits.
    if witness.looks.first.map({ $0.due > now + LookSchedule.pause }) ?? true {
      Kernel.trimHeap()
      try ResidentText.release()
    }
  }
}
