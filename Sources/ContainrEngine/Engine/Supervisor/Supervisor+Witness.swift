// Looks at containers after they have moved, and listens for the next movement: a plan then need not read all that the
// kernel says of them (docs/decisions/0016-witness.md).
internal import ContainrCgroups
internal import ContainrHost
internal import ContainrNetwork
internal import ContainrRuntime
internal import ContainrStore
internal import ContainrSystem

extension Supervisor {
  /// Nobody moves a container once only: a start, an update, an attack have many steps.
  private static let pause: UInt64 = 100_000_000
  /// Looks in one turn of the loop, some tenths of a millisecond each: names are to be answered meanwhile.
  private static let looksAtOnce = 8

  /// Listens for a container whose process was just seen. What cannot be listened for is looked at by every plan.
  func witness(_ id: String) throws {
    guard let record = contents.containers.first(where: { $0.id == id }) else { return }
    // Another is about to end, and its mounts should go with it, or has not begun.
    if record.stage != .running { return _ = try witness.forget(id) }
    do {
      guard let pid = try engine.runtime.firstProcess(of: id) else { return }
      var namespaces: Set<Int32> = []
      if !record.leases.isEmpty {
        let links = try LinkDriver()
        // One is enough, all lead to the same namespace.
        guard let peer = try record.leases.lazy.compactMap({ try links.link(named: $0.link)?.peerNamespace }).first
        else { return }
        namespaces.insert(peer)
      }
      let cgroup = Cgroup(mounts: engine.cgroups, path: engine.cgroup(of: record))
      try witness.watch(
        id, pid: pid, namespaces: namespaces, cgroups: try cgroup.watchedDirectories(above: 2))
    } catch let error as SyscallError where [2, 3, 12, 22, 24, 28].contains(error.errno) {
      // It has just ended, or the host has no more descriptors or watches to give.
    } catch let error as CgroupError {
      try log("\(id): \(error)")
    }
  }

  /// Lets go of a container that has ended. Not here: names are to be answered meanwhile.
  func endWitness(_ id: String) throws {
    guard let mounts = try witness.forget(id) else { return }
    try WorkerThread.start { withExtendedLifetime(mounts) {} }
  }

  /// A record that changed says of other limits or networks than were compared.
  func witnessChanges(since old: StoreContents) throws {
    if old.networks != contents.networks { witness.moveAll() }
    let before = Dictionary(old.containers.map { ($0.id, $0) }) { first, _ in first }
    for record in contents.containers where before[record.id] != record && containers[record.id]?.exit != nil {
      try witness(record.id)
    }
  }

  /// When the next look is due; nil: nothing has moved.
  var nextLook: UInt64? { witness.moved.first.map { $0.at + Self.pause } }

  func lookAgain(now: UInt64) throws {
    let due = witness.moved.filter { $0.at + Self.pause <= now }.prefix(Self.looksAtOnce)
    if due.isEmpty { return }
    try witness.take()
    let records = Dictionary(contents.containers.map { ($0.id, $0) }) { first, _ in first }
    for (id, at) in due {
      // It has moved again by now.
      guard witness.moved.contains(where: { $0.id == id && $0.at == at }), let record = records[id] else { continue }
      do throws(EngineError) {
        witness.settle(id, isStill: try engine.isAsStarted(record, contents.networks))
      } catch {
        // The plan that looks will say it.
        witness.settle(id, isStill: false)
      }
    }
    // From here on it only waits.
    if witness.moved.isEmpty {
      Kernel.trimHeap()
      try ResidentText.release()
    }
  }
}
