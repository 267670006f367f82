// Does one change. Which changes there are and in which order is not decided here.
internal import ContainrCgroups
internal import ContainrHost
internal import ContainrImages
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import ContainrTelemetry
internal import ContainrVolumes
internal import SystemPackage

/// The hands of one apply. Usable from many threads for different changes.
struct ChangeRunner: Sendable {
  let engine: StackEngine
  let store: Store
  let stack: String
  let desired: StackPlan?
  /// Rows before the intents: what has to be taken away.
  let before: StoreContents
  /// Rows with the intents: what has to be made.
  let after: StoreContents
  let starter: ContainerStarter
  /// Containers that are made again in this changeset: their row stays.
  let remade: Set<String>
  /// New containers that start beside the old ones: they go again if they fail.
  let trials: Set<ContainerName>
  let ledger = RolloutLedger()
  let preparations = OnceLedger()
  let firewall = FirewallLedger()
  /// When a wait for health gives up, in nanoseconds of the monotonic clock; nil: when the health checks do.
  var waitDeadline: UInt64?
  /// How long each wait for a service takes at most, in nanoseconds; nil: as above.
  var waitLimit: UInt64?
  let note: @Sendable (String) -> Void

  var settings: HostSettings { engine.settings }

  /// Does it; answers when its effect is there. `advance` hears how far a long one is: bytes done, and all.
  func run(_ change: Change, advance: @escaping @Sendable (Int64, Int64) -> Void) throws(EngineError) {
    do throws(EngineError) {
      try perform(change, advance: advance)
    } catch {
      guard let name = change.action.container else { throw error }
      let error = Self.displayed(error, name)
      guard trials.contains(name) else { throw error }
      do throws(EngineError) { try discard(name, because: change.isStart ? error.message : nil) } catch let second {
        throw EngineError(error.kind, "\(error.message); and it cannot be removed: \(second.message)")
      }
      throw error
    }
  }

  /// In which slot it is tells nobody anything.
  private static func displayed(_ error: EngineError, _ name: ContainerName) -> EngineError {
    if name.slot == 0 { return error }
    return EngineError(error.kind, error.message.replacing(name.id, with: name.display))
  }

  private func perform(
    _ change: Change, advance: @escaping @Sendable (Int64, Int64) -> Void
  ) throws(EngineError) {
    switch change.action {
    case .ensureNetwork(_, let name): try ensureNetwork(name)
    case .removeNetwork(_, let name): try removeNetwork(name)
    case .removeLinks: try removeLinks()
    case .createVolume(let key, let name): try createVolume(key, name)
    case .removeVolume(_, let name): try removeVolume(name)
    case .pullImage(let reference, let platform, let fetches):
      try pullImage(reference, platform, fetches: fetches, advance)
    case .prepareLayer(let path): try prepareLayer(FilePath(path), advance)
    case .createContainer(let name): try start(name, isFresh: true)
    case .makeContainer(let name): try make(name)
    case .startContainer(let name): try start(name, isFresh: false)
    case .updateContainer(let name): try update(name, change)
    case .attachContainer(let name, let networks):
      let old = before.containers.first { $0.id == name.id }?.leases ?? []
      try starter.attach(
        name, record: try record(name.id, in: after), from: old, networks: networks, plan: try plan(name))
    case .detachContainer(let name, let networks):
      let leases = try record(name.id, in: before).leases.filter { networks.contains($0.key) }
      try starter.detach(name, record: try record(name.id, in: after), leases: leases, plan: try plan(name))
    case .stopContainer(let name): try stop(name)
    case .removeContainer(let name): try remove(name)
    case .awaitReady(let name, let monitor): try awaitReady(name, monitor: monitor)
    case .switchTraffic(let old, let new): try switchTraffic(from: old, to: new)
    case .retireContainer(let name): try retire(name)
    case .vacateContainer(let old, for: let new): try vacate(old, for: new)
    case .endGroup(let group): try end(group)
    case .await(let service, let condition): try wait(for: service, condition)
    case .writeFirewall: try writeFirewall()
    case .startSupervisor, .reloadSupervisor: try engine.ensureSupervisor(of: stack)
    case .stopSupervisor: try engine.stopSupervisor(stack)
    case .removeLeftover(let leftover): try remove(leftover)
    case .removeStack: try removeStack()
    }
  }

  /// One transaction, with its places for a crash.
  func write(_ writes: [StoreWrite], _ label: String, durable: Bool = false) throws(EngineError) {
    settings.failpoint?("store:\(label):before")
    do { try store.write(writes, durable: durable) } catch { throw EngineError(error) }
    settings.failpoint?("store:\(label):after")
  }

  func record(_ id: String, in contents: StoreContents) throws(EngineError) -> ContainerRecord {
    guard let record = contents.containers.first(where: { $0.id == id }) else {
      throw EngineError(.store, "container \(id) is not recorded")
    }
    return record
  }

  // MARK: containers

  func plan(_ name: ContainerName) throws(EngineError) -> ServicePlan {
    guard let plan = desired?.services.first(where: { $0.name == name.service }) else {
      throw EngineError(.store, "service \(name.service) is not in the plan")
    }
    return plan
  }

  private func start(_ name: ContainerName, isFresh: Bool) throws(EngineError) {
    let plan = try plan(name)
    let record = try record(name.id, in: after)
    // Its limits may be in another cgroup from now on: the old one is that of the old row.
    if !isFresh {
      try engine.settleTimes(of: name)
      try engine.deleteRemains(name, before.containers.first { $0.id == name.id } ?? record)
    }
    if isFresh { engine.tell(ContainerEvent(.create, name.eventSubject)) }
    try prepare(name, plan, isFresh: isFresh)
    let root = try root(of: plan, name, isFresh: isFresh)
    if plan.schedule != nil { return try leaveToSchedule(name, plan, root, record, isFresh: isFresh) }
    let given = try starter.start(name, plan: root, record: record, isFresh: isFresh)
    do throws(EngineError) { try engine.runPostStart(name, root.plan, note: note) } catch {
      // What has not come to the end of its start does not go on.
      try engine.stopProcess(name, record: record, skipsHooks: true)
      throw error
    }
    try engine.endStart(name)
    try settle(name, plan, given, isFresh: isFresh)
  }

  /// Its start is done.
  func settle(
    _ name: ContainerName, _ plan: ServicePlan, _ given: [ContentRecord], isFresh: Bool
  ) throws(EngineError) {
    var writes: [StoreWrite] = [
      .setStage(container: name.id, .running), .setContents(container: name.id, given),
    ]
    if !isFresh {
      writes.append(
        .setPlan(container: name.id, fields: PlanCoding.text(plan.fields), plan: try PlanCoding.json(plan)))
    }
    try write(writes, "started \(name.id)")
    // A supervisor that is not there reads everything when it starts.
    try engine.informSupervisor(of: stack, "started \(name.id)")
  }

  /// All of a start but the process: what it stands on is here, pinned and written down.
  private func make(_ name: ContainerName) throws(EngineError) {
    let plan = try plan(name)
    engine.tell(ContainerEvent(.create, name.eventSubject))
    let given = try starter.make(
      name, plan: try root(of: plan, name, isFresh: true), record: try record(name.id, in: after))
    try write(
      [.setStage(container: name.id, .stopped), .setContents(container: name.id, given)], "made \(name.id)")
  }

  /// What a container of a plan is made from. One that keeps its writable layer keeps the image below it.
  func root(of plan: ServicePlan, _ name: ContainerName, isFresh: Bool) throws(EngineError) -> ImageRoot {
    if plan.imageParts.isEmpty { return try ImageRoot(plan, ImageLook(settings)) }
    if !isFresh, let there = before.containers.first(where: { $0.id == name.id }), !there.merged.isEmpty {
      return try ImageRoot(plan, keeping: there, ImageLook(settings))
    }
    return try ImageRoot(plan, ImageLook(settings))
  }

  private func update(_ name: ContainerName, _ change: Change) throws(EngineError) {
    let plan = try plan(name)
    // What waits for its time has nothing yet that could be changed.
    if case .running = try engine.process(of: name.id) { try updateProcess(name, plan, change) }
    let fields = PlanCoding.text(plan.fields)
    var writes: [StoreWrite] = [.setPlan(container: name.id, fields: fields, plan: try PlanCoding.json(plan))]
    let there = try record(name.id, in: before)
    if !there.merged.isEmpty {
      let root = try ImageRoot(plan, keeping: there, ImageLook(settings))
      writes.append(.setImage(container: name.id, digest: there.image, merged: try PlanCoding.json(root.plan)))
    }
    if change.reasons.contains(where: \.isAboutFiles) {
      writes.append(.setContents(container: name.id, try replaceContents(name, plan)))
    }
    try write(writes, "updated \(name.id)")
    // Somebody may wait for the new check's answer before the changeset's own reload.
    let old = PlanCoding.fields(there.fields)
    if Self.fields(old, of: "healthcheck.") != Self.fields(plan.fields, of: "healthcheck.") {
      try engine.informSupervisor(of: stack, "reload")
    }
  }

  /// Writes limits, names and rates of a running container.
  private func updateProcess(_ name: ContainerName, _ plan: ServicePlan, _ change: Change) throws(EngineError) {
    do {
      let resources = try ContainerTranslation.resources(plan, try HostFacts.limits(of: plan, engine.cgroups))
      try engine.runtime.update(name.id, cgroupPath: settings.cgroup(name, of: plan), resources: resources)
    } catch {
      throw EngineError(.kernel, "\(error)")
    }
    if change.reasons.contains(where: { $0.path.hasPrefix("rlimit.") }) { try restoreLimits(name) }
    let old = PlanCoding.fields(try record(name.id, in: before).fields)
    if Self.fields(old, of: "logging.") != Self.fields(plan.fields, of: "logging.") {
      do throws(RuntimeError) {
        try engine.runtime.keepLog(name.id, ContainerTranslation.logLimits(plan, name: name, settings: settings))
      } catch {
        throw EngineError(.kernel, error.description)
      }
    }
    if Self.nameFiles.contains(where: { Self.fields(old, of: $0) != Self.fields(plan.fields, of: $0) }) {
      try rewriteNameFiles(name, plan)
    }
    if Self.rates.contains(where: { Self.fields(old, of: $0) != Self.fields(plan.fields, of: $0) }) {
      try starter.limit(name, record: try record(name.id, in: after), plan: plan)
    }
  }

  private static let rates = ["x-containr.ingress", "x-containr.egress"]
  /// What stands in /etc/hosts and /etc/resolv.conf.
  private static let nameFiles = ["extra_hosts", "dns_search", "dns_opt"]

  /// One that shares a network reads the files of that network's owner, or of the host, at its next start.
  private func rewriteNameFiles(_ name: ContainerName, _ plan: ServicePlan) throws(EngineError) {
    do {
      switch plan.namespace(.network) {
      case nil, .empty: try starter.rewriteNameFiles(name, record: try record(name.id, in: after), plan: plan)
      case .host:
        let host = try HostFacts.names(for: plan)
        try engine.runtime.rewrite(
          name.id, hosts: NameFiles.hosts(extending: host.hosts, plan.extraHosts),
          resolvConf: NameFiles.resolvConf(extending: host.resolvConf, plan.resolver))
      default: return
      }
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "container \(name.id): write its names: \(error)")
    }
  }

  private func restoreLimits(_ name: ContainerName) throws(EngineError) {
    guard case .running(let pid) = try engine.process(of: name.id) else { return }
    do throws(RuntimeError) {
      try engine.runtime.restoreLimits(name.id, pid: pid)
    } catch {
      throw EngineError(.kernel, error.description)
    }
  }

  /// Contents first, then the signal: what it makes the program read is there.
  private func replaceContents(_ name: ContainerName, _ plan: ServicePlan) throws(EngineError) -> [ContentRecord] {
    guard let reading = starter.contents else { throw EngineError(.store, "there is no plan for \(name.id)") }
    let record = try record(name.id, in: before)
    let contents = ContainerContents(
      files: starter.files, reading: reading, name: name, plan: plan, ids: record.ids)
    let (records, changed) = try contents.replace(
      record.contents, PlanCoding.fields(record.fields), engine.runtime
    ) { settings.failpoint?("files:\(name.id):written") }
    settings.failpoint?("files:\(name.id):placed")
    guard changed, case .signal(let word)? = plan.onChange else { return records }
    guard let number = SignalNumber.named(word) else { throw EngineError(.store, "\(word) is no signal") }
    do {
      try engine.runtime.signal(name.id, signal: number)
    } catch {
      throw EngineError(.kernel, error.description)
    }
    return records
  }

  private static func fields(_ fields: [PlanField], of prefix: String) -> [PlanField] {
    fields.filter { $0.path.hasPrefix(prefix) }
  }

  private func stop(_ name: ContainerName) throws(EngineError) {
    try engine.stopProcess(name, record: try record(name.id, in: before), note: note)
    try engine.forgetTimes(of: name)
  }

  private func remove(_ name: ContainerName) throws(EngineError) {
    let record = try record(name.id, in: before)
    try engine.stopProcess(name, record: record, note: note)
    try clear(name, record)
    if !remade.contains(name.id) { try write([.removeContainer(name.id)], "removed \(name.id)") }
  }

  /// Takes away everything of a container that has ended, but its row.
  func clear(_ name: ContainerName, _ record: ContainerRecord) throws(EngineError) {
    try engine.settleTimes(of: name)
    try engine.deleteRemains(name, record)
    do {
      // Dying with its namespace takes the kernel a while; what is asked for by name is gone when the call returns.
      // A whole stack's links go in one request later.
      if desired != nil { try starter.links.deleteLinks(names: record.leases.map(\.link) + record.queueLinks) }
      try clearState(of: name)
      try engine.files.remove(name.id)
      let health = settings.health(stack).appending(name.id)
      for path in [health, settings.restarts(stack, name.id), settings.unfinishedStart(stack, name.id)] {
        try tolerating(2) { () throws(SyscallError) in try Kernel.remove(path) }
      }
    } catch {
      throw EngineError(.kernel, "container \(name.id): \(error)")
    }
    engine.tell(ContainerEvent(.destroy, name.eventSubject))
  }

  /// Its directory, but for its log as long as there is a container in its place: that belongs to all lives of it.
  private func clearState(of name: ContainerName) throws {
    let other = name.other.id
    let livesOn = after.containers.contains {
      $0.name.place == name.place && $0.id != name.id && $0.stage != .removing
    }
    guard remade.contains(name.id) || livesOn else {
      try Kernel.removeTree(settings.containerState(name.id))
      // What the other slot has kept goes with the last of them.
      if [before, after].contains(where: { $0.containers.contains { $0.id == other } }) { return }
      return try Kernel.removeTree(settings.containerState(other))
    }
    for path in [settings.upper(name.id), settings.work(name.id)] { try Kernel.removeTree(path) }
  }

  // MARK: layers and volumes

  private func prepareLayer(_ path: FilePath, _ advance: (Int64, Int64) -> Void) throws(EngineError) {
    let store = LayerStore(directory: settings.layersDirectory)
    do {
      let info = try store.inspect(path, kind: .archive)
      _ = try store.prepare(path, digest: info.digest, program: settings.program, progress: advance)
    } catch {
      throw EngineError(.kernel, error.description)
    }
  }

  private func createVolume(_ key: String, _ name: String) throws(EngineError) {
    // One that is made again had its row removed with its data.
    if let plan = desired?.volumes.first(where: { $0.key == key && $0.name == name }),
      !after.volumes.contains(where: { $0.name == name && $0.fields == PlanCoding.text(plan.fields) })
    {
      let record = plan.record(stack: stack, createdAt: Int(Kernel.realTime() / 1_000_000_000))
      try write([.putVolume(record)], "made volume \(name)", durable: true)
    }
    try volume { (store) throws(VolumeError) in try store.create(name) }
  }

  /// A directory of ours, or memory that is mounted.
  private func holdsData(_ record: VolumeRecord) throws(EngineError) -> Bool {
    guard let local = try VolumeGiver.local(record.options, of: record.name) else { return true }
    if !local.isMemory { return false }
    return try engine.isMounted(record)
  }

  private func removeVolume(_ name: String) throws(EngineError) {
    // Another stack may have it as external, since this plan was made or before; of this one an orphan may have stayed.
    let now: StoreContents
    do throws(StoreError) { now = try store.contents() } catch { throw EngineError(error) }
    let others = now.containers.filter { record in
      !remade.contains(record.id) && record.volumes.contains { $0.name == name }
    }
    if !others.isEmpty {
      let names = others.map(\.name.display).sorted().joined(separator: ", ")
      throw EngineError(.settings, "volume \(name) is in use by container \(names)")
    }
    if let record = before.volumes.first(where: { $0.name == name }) {
      // Whoever edits a file may not have meant the data; whoever says -v has been asked.
      let isKept = desired != nil || settings.keepsVolumes
      if record.place.isEmpty, isKept, try holdsData(record) {
        note("the data of volume \(name) is kept as \(try engine.snapshotVolume(name).id)")
      }
      try engine.unmount(record)
    }
    try volume { (store) throws(VolumeError) in try store.remove(name) }
    try write([.removeVolume(name)], "volume \(name)")
  }

  private func volume(_ body: (VolumeStore) throws(VolumeError) -> Void) throws(EngineError) {
    do { try body(VolumeStore(directory: settings.volumesDirectory)) } catch {
      throw EngineError(.kernel, error.description)
    }
  }
}
