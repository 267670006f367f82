// Applying: intents into the store, then the changes, as parallel as their dependencies allow.
internal import ContainrAddresses
public import ContainrHost
internal import ContainrNetwork
public import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSecurity
public import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import Synchronization
internal import SystemPackage

extension StackEngine {
  /// The right to change a stack. Take it before `plan` and hold it until `apply` is back.
  public func lockStack(_ name: String, wait: Bool = true) throws(EngineError) -> StackLock {
    try StackLock(stack: name, settings: settings, wait: wait)
  }

  /// Does what the changeset says. What fails is in the report; what does not depend on it goes on. With `recording` it
  /// is a revision of the stack. Waits for services end at `deadline`, nanoseconds of the monotonic clock, and each takes
  /// at most `limit` nanoseconds; nil: until the health checks or the containers end.
  public func apply(
    _ changeset: Changeset, desired: StackPlan?, lock: borrowing StackLock, width: Int = 8,
    recording intent: RevisionIntent? = nil, waitingUntil deadline: UInt64? = nil,
    waitingAtMost limit: UInt64? = nil,
    progress: @escaping @Sendable (ProgressEvent) -> Void
  ) -> ApplyReport {
    var report = ApplyReport()
    if changeset.isEmpty { return report }
    let begin = Kernel.monotonicTime()
    let announce = Announcer(progress)
    do {
      guard lock.stack == changeset.stack else {
        throw EngineError(.locked, "the lock is for stack \(lock.stack), the changes are for \(changeset.stack)")
      }
      var (runner, store, revision) = try prepare(
        changeset, desired: desired, recording: intent, announce: announce)
      (runner.waitDeadline, runner.waitLimit) = (deadline, limit)
      defer {
        // Only sooner than it would happen anyway; what fails here fails nothing.
        do { try store.checkpoint() } catch { announce.send(.note("the store's log stays long: \(error)")) }
        store.close()
      }
      report = try walk(changeset, runner, width: width, announce)
      takeBackUpdates(changeset, runner, width: width, announce, &report)
      // Names on networks that several stacks share are told by the supervisor of one of them.
      try informNeighbours(of: changeset.stack, runner.after.networks.isEmpty ? runner.before : runner.after)
      if let intent, let desired, let revision {
        report.revision = revision.number
        do throws(EngineError) {
          try endRevision(revision, desired: desired, succeeded: report.succeeded, intent: intent, store: store)
        } catch {
          // What was done is done; the row says that it was interrupted.
          report.failures.append(
            ApplyReport.Failure(
              index: -1, address: "revision \(revision.number)", message: error.message, location: nil))
        }
      }
    } catch {
      report.failures.append(
        ApplyReport.Failure(index: -1, address: "stack \(changeset.stack)", message: "\(error)", location: nil))
      report.skipped = Array(changeset.changes.indices)
    }
    report.duration = Kernel.monotonicTime() - begin
    return report
  }

  /// Does the changes; those of a rolling update that did not come to serve are gone at its end. `label`: in front of
  /// the boundaries' numbers, where an apply has more than one walk.
  func walk(
    _ changeset: Changeset, _ runner: ChangeRunner, width: Int, label: String = "", _ announce: Announcer
  ) throws(EngineError) -> ApplyReport {
    let nodes = changeset.changes.map { change in
      GraphWalk.Node(dependencies: change.dependencies, after: change.after, isWait: change.isSlow)
    }
    let ends = try GraphWalk(nodes: nodes, width: width).run(
      { index in self.run(index, label, changeset.changes[index], runner, announce) },
      skipped: { index, cause in
        announce.send(.skipped(index: index, change: changeset.changes[index], because: cause))
      })
    var report = ApplyReport()
    for (index, end) in ends.enumerated() {
      let change = changeset.changes[index]
      switch end {
      case .done: report.done += 1
      case .skipped: report.skipped.append(index)
      case .failed(let message):
        var failure = ApplyReport.Failure(
          index: index, address: change.address, message: message, location: Self.location(change, runner.desired))
        failure.remains = change.action.container.flatMap { runner.ledger.remains(of: $0) }
        report.failures.append(failure)
      }
    }
    do throws(EngineError) {
      try runner.sweep(Set(changeset.changes.compactMap(\.action.successor)))
      try runner.settleFirewall()
    } catch {
      report.failures.append(
        ApplyReport.Failure(index: -1, address: "stack \(changeset.stack)", message: error.message, location: nil))
    }
    return report
  }

  private func run(
    _ index: Int, _ label: String, _ change: Change, _ runner: ChangeRunner, _ announce: Announcer
  ) -> NodeEnd {
    announce.send(.started(index: index, change: change))
    settings.failpoint?("boundary:\(label)\(index):\(change.address):before")
    let begin = Kernel.monotonicTime()
    do throws(EngineError) {
      try runner.run(change) { announce.send(.advanced(index: index, done: $0, total: $1)) }
    } catch {
      announce.send(.failed(index: index, change: change, message: error.message))
      return .failed(error.message)
    }
    settings.failpoint?("boundary:\(label)\(index):\(change.address):after")
    let milliseconds = Int((Kernel.monotonicTime() - begin) / 1_000_000)
    announce.send(.finished(index: index, change: change, milliseconds: milliseconds))
    return .done
  }

  private static func location(_ change: Change, _ desired: StackPlan?) -> SourceLocation? {
    if let name = change.action.container {
      return desired?.services.first { $0.name == name.service }?.location
    }
    switch change.action {
    case .endGroup(let group): return desired?.services.first { $0.name == group.service }?.location
    case .await(let service, _): return desired?.services.first { $0.name == service }?.location
    case .ensureNetwork(let key, _): return desired?.networks.first { $0.key == key }?.location
    case .pullImage(let reference, _, _):
      return desired?.services.first { $0.images.contains { $0.reference == reference } }?.origin(ofImage: reference)
    case .createVolume(let key, _): return desired?.volumes.first { $0.key == key }?.location
    default: return nil
    }
  }

  // MARK: intents

  /// Allocates, writes the intents, and gathers what the changes share.
  func prepare(
    _ changeset: Changeset, desired: StackPlan?, recording intent: RevisionIntent?, announce: Announcer
  ) throws(EngineError) -> (ChangeRunner, Store, RevisionRecord?) {
    let stack = changeset.stack
    let links: LinkDriver
    let routes: HostPrefixes
    do {
      links = try LinkDriver()
      let makesNetworks = changeset.changes.contains {
        if case .ensureNetwork = $0.action { true } else { false }
      }
      routes = try desired == nil ? HostPrefixes() : HostPrefixes.read(links, makesNetworks: makesNetworks)
    } catch {
      throw EngineError(.kernel, "look at the links: \(error)")
    }
    let (store, before, after, writes, revision) = try StackLock.withHost(settings) { () throws(EngineError) in
      try writeIntents(changeset, desired: desired, recording: intent, routes: routes)
    }
    let starts = changeset.changes.contains { change in
      switch change.action {
      case .createContainer, .makeContainer, .startContainer, .startSupervisor: true
      default: false
      }
    }
    if starts { try makeRunDirectories(stack) }
    if let desired { try makeFilesDirectory(desired) }
    // New names have to be known before the first container asks for them.
    if desired != nil, !writes.isEmpty { try informOfNames(of: stack, after) }
    // It holds what the containers have mounted, and would have to take all of it down, one after another.
    if desired == nil { try informSupervisor(of: stack, "ending") }
    let starter = try starter(after, stack: stack, desired: desired, links: links, store: store)
    let remade = changeset.changes.compactMap { change -> String? in
      switch change.action {
      case .createContainer(let name), .makeContainer(let name): name.id
      default: nil
      }
    }
    let runner = ChangeRunner(
      engine: self, store: store, stack: stack, desired: desired, before: before, after: after, starter: starter,
      remade: Set(remade), trials: Set(changeset.changes.compactMap(\.action.trial)), note: { announce.send(.note($0)) }
    )
    if desired != nil {
      try StackLock.withHost(settings) { () throws(EngineError) in try runner.admitMembers(changeset) }
    } else {
      runner.expectPortsToGo(changeset)
    }
    return (runner, store, revision)
  }

  /// Under the host's lock: opens the store, allocates, writes. What is only taken away may use the room that is kept for
  /// the day when the disk is full.
  private func writeIntents(
    _ changeset: Changeset, desired: StackPlan?, recording intent: RevisionIntent?, routes: HostPrefixes
  ) throws(EngineError) -> (
    store: Store, before: StoreContents, after: StoreContents, writes: [StoreWrite], revision: RevisionRecord?
  ) {
    do throws(EngineError) {
      let intents = try writeIntentsOnce(changeset, desired: desired, recording: intent, routes: routes)
      if desired != nil { Store.makeReserve(directory: settings.stateDirectory) }
      return intents
    } catch {
      guard desired == nil, error.kind == .store, Store.releaseReserve(directory: settings.stateDirectory) else {
        throw error
      }
      return try writeIntentsOnce(changeset, desired: desired, recording: intent, routes: routes)
    }
  }

  private func writeIntentsOnce(
    _ changeset: Changeset, desired: StackPlan?, recording intent: RevisionIntent?, routes: HostPrefixes
  ) throws(EngineError) -> (
    store: Store, before: StoreContents, after: StoreContents, writes: [StoreWrite], revision: RevisionRecord?
  ) {
    // What only waits makes nothing, and so has no step that a crash could cut.
    let failpoint = changeset.changes.allSatisfy(\.isWait) ? nil : settings.failpoint
    failpoint?("store:open:before")
    let store: Store
    let before: StoreContents
    do {
      try OwnDirectories.ensure(settings.stateDirectory)
      store = try Store(directory: settings.stateDirectory)
      before = try store.contents()
    } catch let error as StoreError {
      throw EngineError(error)
    } catch {
      throw EngineError(.kernel, "open the store: \(error)")
    }
    // The bridges of this stack may stand already: their own routes are no obstacle to themselves.
    var planner = IntentPlanner(
      settings: settings, bootID: bootID, now: Int(Kernel.realTime() / 1_000_000_000), ownerUID: try ownerUID(),
      contents: before, routes: routes.removing(before.networks.filter { $0.stack == changeset.stack }),
      isPortFree: Self.isPortFree)
    if desired?.services.contains(where: { $0.namespace(.user) == .automatic }) == true {
      do { planner.subordinateIDs = try SubordinateIDs(directory: settings.idDirectory) } catch {
        throw EngineError(error, "read /etc/subuid")
      }
    }
    let writes = try planner.writes(for: changeset, desired: desired)
    var revision: RevisionRecord?
    var recorded: [StoreWrite] = []
    if let intent, let desired {
      let record = try newRevision(changeset, desired: desired, intent: intent, store: store)
      recorded = [.putRevision(record, plan: try RevisionCoding.json(desired))]
      revision = record
    }
    failpoint?("store:intents:before")
    let after: StoreContents
    do {
      try store.write(writes + recorded, durable: true)
      after = try store.contents()
    } catch {
      throw EngineError(error)
    }
    failpoint?("store:intents:after")
    return (store, before, after, writes, revision)
  }

  /// What starting containers of a stack needs, from rows alone.
  func starter(
    _ contents: StoreContents, stack: String, desired: StackPlan?, links: LinkDriver, store: Store?
  ) throws(EngineError) -> ContainerStarter {
    let settings = settings
    let reading: ContentReading?
    if let desired { reading = try contentReading(desired) } else { reading = nil }
    let labels = try LabelGiver(settings)
    do throws(SyscallError) {
      return ContainerStarter(
        settings: settings, runtime: runtime, links: links,
        seccomp: SeccompPrograms(
          available: try CapabilitySet.bounding(), directory: settings.seccompDirectory), labels: labels,
        linkGroup: contents.stacks.first { $0.name == stack }?.linkGroup ?? settings.linkGroup(stack: stack),
        // Those of other stacks as well: they may be joined.
        networks: Dictionary(contents.networks.map { ($0.name, NetworkTraits($0)) }) { first, _ in first },
        volumes: volumeGiver(contents, stack: stack, desired: desired, store: store), files: files, contents: reading,
        possibleCPUs: try HostFacts.possibleCPUs(),
        hardNOFILE: try Rlimit.hard("RLIMIT_NOFILE"),
        holdLayers: { (container, digests, root) throws(EngineError) in
          settings.failpoint?("store:layers \(container):before")
          defer { settings.failpoint?("store:layers \(container):after") }
          let merged = root.digest.isEmpty ? "" : try PlanCoding.json(root.plan)
          let writes: [StoreWrite] = [
            .setLayers(container: container, digests),
            .setImage(container: container, digest: root.digest, merged: merged),
          ]
          try StackLock.withHost(settings) { () throws(EngineError) in
            do throws(StoreError) {
              try store?.write(writes)
            } catch {
              throw EngineError(error)
            }
          }
        })
    } catch {
      throw EngineError(error, "look at the host")
    }
  }

  /// What the shim and the supervisor need before their first start.
  private func makeRunDirectories(_ stack: String) throws(EngineError) {
    do {
      try Kernel.makeDirectories(settings.containersDirectory, mode: 0o700)
      try Kernel.makeDirectories(settings.health(stack), mode: 0o700)
      try Runtime.createInitLayer(at: settings.initLayer)
    } catch {
      throw EngineError(error, "make the run directories")
    }
  }

  /// What configs and secrets live in, and the key for digests, of mounted files as well. Under the host's lock, as all
  /// stacks share it.
  private func makeFilesDirectory(_ desired: StackPlan) throws(EngineError) {
    let isNeeded = desired.services.contains { !$0.files.isEmpty || $0.mounts.contains { $0.kind == .bind } }
    if !isNeeded { return }
    settings.failpoint?("files:before")
    try StackLock.withHost(settings) { () throws(EngineError) in
      do throws(SyscallError) {
        try files.ensure()
      } catch {
        throw EngineError(error, "make the directory for configs and secrets")
      }
    }
    settings.failpoint?("files:after")
  }

  /// Without an address the number has to be free in both families.
  private static func isPortFree(_ address: String?, _ port: Int, _ transport: String) -> Bool {
    do {
      let addresses = address.flatMap { IPAddress($0) }.map { [$0] } ?? IPFamily.allCases.map { .any($0) }
      return try addresses.allSatisfy { address in
        try PortProbe.isFree(
          address: address, port: UInt16(clamping: port), transport: Transport(rawValue: transport) ?? .tcp)
      }
    } catch {
      return false  // not ours to bind: then it is not free for us
    }
  }

  /// The uid this process works for.
  func ownerUID() throws(EngineError) -> UInt32 {
    do { return try Kernel.status(of: "/proc/self").uid } catch { throw EngineError(error, "look at this process") }
  }
}

extension Change {
  /// It only waits for what others do.
  fileprivate var isWait: Bool {
    switch action {
    case .await, .awaitReady, .endGroup: true
    default: false
    }
  }

  /// It makes a new process.
  var isStart: Bool { if case .createContainer = action { true } else { false } }

  /// It mostly waits, and shall not keep others from their work.
  fileprivate var isSlow: Bool { if case .retireContainer = action { true } else { isWait } }
}

extension ChangeAction {
  /// The container that starts beside another one and is to take over from it.
  fileprivate var trial: ContainerName? { if case .switchTraffic(_, let new) = self { new } else { nil } }

  /// The container that is to take over from another one, beside it or after it.
  fileprivate var successor: ContainerName? { if case .vacateContainer(_, for: let new) = self { new } else { trial } }
}

/// Delivers events of many threads one at a time.
final class Announcer: Sendable {
  private let progress: Mutex<@Sendable (ProgressEvent) -> Void>

  init(_ progress: @escaping @Sendable (ProgressEvent) -> Void) { self.progress = Mutex(progress) }

  func send(_ event: ProgressEvent) { progress.withLock { $0(event) } }
}
