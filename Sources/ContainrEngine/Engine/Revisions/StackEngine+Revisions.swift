// The history of a stack: what was recorded, which revision stands, and where a rollback leads.
public import ContainrHost
internal import ContainrReconcile
public import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension StackEngine {
  /// All revisions of a stack that are kept, oldest first. Reads no plan.
  public func revisions(of stack: String) throws(EngineError) -> [Revision] {
    let records: [RevisionRecord]
    do throws(StoreError) {
      records = try Store.revisions(directory: settings.stateDirectory, stack: stack)
    } catch { throw EngineError(error) }
    var revisions: [Revision] = []
    for record in records { revisions.append(try revision(record)) }
    return revisions
  }

  /// The newest revision of a stack.
  public func lastRevision(of stack: String) throws(EngineError) -> Revision? {
    let record: RevisionRecord?
    do throws(StoreError) {
      record = try Store.lastRevision(directory: settings.stateDirectory, stack: stack)
    } catch { throw EngineError(error) }
    guard let record else { return nil }
    return try revision(record)
  }

  /// The plan that a revision wanted. Its places say of which revision they are.
  public func plan(ofRevision number: Int, stack: String) throws(EngineError) -> StackPlan {
    let json: String?
    do throws(StoreError) {
      json = try Store.revisionPlan(directory: settings.stateDirectory, stack: stack, number: number)
    } catch { throw EngineError(error) }
    guard let json else { throw EngineError(.unknownRevision, "stack \(stack) has no revision \(number)") }
    return try RevisionCoding.value(StackPlan.self, json, of: number).placed(inRevision: number)
  }

  /// Whether an `up` that has nothing to change still is news: another plan than the last one's, or one whose last
  /// attempt did not end well.
  public func isNews(_ desired: StackPlan) throws(EngineError) -> Bool {
    guard let last = try lastRevision(of: desired.name) else { return true }
    return last.outcome != .applied || last.digest != RevisionCoding.digest(desired)
  }

  /// Records that the stack is as this plan wants it, without a change. Nothing is recorded of a stack that is not there.
  public func record(
    _ desired: StackPlan, intent: RevisionIntent, lock: borrowing StackLock
  ) throws(EngineError) {
    guard lock.stack == desired.name else {
      throw EngineError(.locked, "the lock is for stack \(lock.stack), the revision is of \(desired.name)")
    }
    try StackLock.withHost(settings) { () throws(EngineError) in
      do {
        guard var stack = try contents().stacks.first(where: { $0.name == desired.name }) else { return }
        let store = try Store(directory: settings.stateDirectory)
        defer { store.close() }
        var record = try newRevision(
          Changeset(stack: desired.name), desired: desired, intent: intent, store: store)
        record.outcome = .applied
        record.endedAt = record.createdAt
        record.layers = try RevisionCoding.json(Self.layers(of: desired, in: try store.contents()))
        // The same file at another place, if somebody adopted it.
        stack.file = desired.file
        var writes = [StoreWrite.putStack(stack), .putRevision(record, plan: try RevisionCoding.json(desired))]
        if let failed = intent.replacesFailed {
          writes.append(
            .endRevision(
              stack: desired.name, number: failed, .rolledBack, endedAt: record.createdAt, layers: nil))
        }
        try store.write(writes, durable: true)
      } catch let error as StoreError {
        throw EngineError(error)
      } catch let error as EngineError {
        throw error
      } catch {
        throw EngineError(.kernel, "record a revision: \(error)")
      }
    }
  }

  // MARK: for apply

  /// The row that an apply writes before its first change. The stack's lock and the host's are held.
  func newRevision(
    _ changeset: Changeset, desired: StackPlan, intent: RevisionIntent, store: Store
  ) throws(EngineError) -> RevisionRecord {
    do {
      let last = try store.lastRevision(stack: desired.name)
      let own = try ownProcess()
      return RevisionRecord(
        stack: desired.name, number: (last?.number ?? 0) + 1, createdAt: Int(Kernel.realTime() / 1_000_000_000),
        ownerUID: try ownerUID(), outcome: .applying, process: "\(own.pid) \(own.startTime) \(bootID)",
        file: desired.file, digest: RevisionCoding.digest(desired),
        summary: RevisionSummary.text(changeset, intent: intent), returnsTo: intent.returnsTo,
        options: try RevisionCoding.json(intent.options))
    } catch let error as StoreError {
      throw EngineError(error)
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "record a revision: \(error)")
    }
  }

  /// How it went, into its row.
  func endRevision(
    _ record: RevisionRecord, desired: StackPlan, succeeded: Bool, intent: RevisionIntent, store: Store
  ) throws(EngineError) {
    let now = Int(Kernel.realTime() / 1_000_000_000)
    let contents: StoreContents
    do throws(StoreError) { contents = try store.contents() } catch { throw EngineError(error) }
    let layers = succeeded ? try RevisionCoding.json(Self.layers(of: desired, in: contents)) : nil
    var writes = [
      StoreWrite.endRevision(
        stack: record.stack, number: record.number, succeeded ? .applied : .failed, endedAt: now, layers: layers)
    ]
    if succeeded, let failed = intent.replacesFailed {
      writes.append(.endRevision(stack: record.stack, number: failed, .rolledBack, endedAt: now, layers: nil))
    }
    settings.failpoint?("store:revision:before")
    do throws(StoreError) { try store.write(writes) } catch { throw EngineError(error) }
    settings.failpoint?("store:revision:after")
  }

  /// The digests of the archives that the containers of this plan stand on, by path, and of their images' manifests, by
  /// `image:REFERENCE`. A reference that stands for several, of two platforms, is left out.
  static func layers(of desired: StackPlan, in contents: StoreContents) -> [String: String] {
    var layers: [String: String] = [:]
    var several: Set<String> = []
    for service in desired.services {
      let archives = service.layers.filter { $0.kind == .archive }
      let rows = contents.containers.filter { $0.stack == desired.name && $0.service == service.name }
      guard let row = rows.first(where: { $0.layers.count >= archives.count }) else { continue }
      for (archive, digest) in zip(archives, row.layers) { layers[archive.path] = digest }
      for (part, digest) in zip(service.imageParts, row.image.split(separator: " ")) {
        guard let reference = part.reference else { continue }
        let key = Revision.imagePrefix + reference
        if layers[key] ?? String(digest) != digest { several.insert(key) }
        layers[key] = String(digest)
      }
    }
    return layers.filter { !several.contains($0.key) }
  }

  // MARK: rows

  private func revision(_ record: RevisionRecord) throws(EngineError) -> Revision {
    Revision(
      number: record.number, createdAt: record.createdAt, endedAt: record.endedAt, ownerUID: record.ownerUID,
      outcome: try outcome(record), file: record.file, summary: record.summary, returnsTo: record.returnsTo,
      options: try RevisionCoding.value(RevisionOptions.self, record.options, of: record.number),
      layers: try RevisionCoding.value([String: String].self, record.layers, of: record.number),
      digest: record.digest)
  }

  private func outcome(_ record: RevisionRecord) throws(EngineError) -> Revision.Outcome {
    switch record.outcome {
    case .applied: return .applied
    case .failed: return .failed
    case .rolledBack: return .rolledBack
    case .interrupted: return .interrupted
    case .applying:
      let words = record.process.split(separator: " ")
      guard words.count == 3, words[2] == bootID, let pid = Int32(words[0]), let start = UInt64(words[1]) else {
        return .interrupted
      }
      do throws(SyscallError) {
        return try ProcessIdentity(pid: pid, startTime: start).isAlive ? .applying : .interrupted
      } catch { throw EngineError(error, "look at process \(pid)") }
    }
  }

  private func ownProcess() throws(SyscallError) -> ProcessIdentity {
    guard let pid = Int32(try Kernel.readLink("/proc/self")) else {
      throw SyscallError(errno: 22, operation: "parse", path: "/proc/self")
    }
    return try ProcessIdentity.current(pid: pid)
  }
}

extension StackPlan {
  /// The same plan, with places that say that they are those of an old text of the file.
  fileprivate func placed(inRevision number: Int) -> StackPlan {
    func placed(_ location: SourceLocation) -> SourceLocation {
      var location = location
      location.through.append("as of revision \(number)")
      return location
    }
    var plan = self
    for index in plan.services.indices {
      plan.services[index].location = placed(plan.services[index].location)
      plan.services[index].origins = plan.services[index].origins.mapValues(placed)
    }
    for index in plan.networks.indices {
      plan.networks[index].location = plan.networks[index].location.map(placed)
      plan.networks[index].origins = plan.networks[index].origins.mapValues(placed)
    }
    for index in plan.volumes.indices { plan.volumes[index].location = plan.volumes[index].location.map(placed) }
    return plan
  }
}
