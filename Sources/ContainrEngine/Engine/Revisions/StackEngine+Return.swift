// Where a rollback leads and what stands between: the revision, its plan as it would be applied now, the services that
// came later, archives that are other ones by now. Reads only, but for the mark of a revision that did not hold.
public import ContainrHost
internal import ContainrImages
public import ContainrReconcile
public import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

/// An archive that a revision was made from and that is another one now.
public struct ChangedLayer: Sendable, Hashable {
  /// On the host.
  public var path: String
  /// The digest that was recorded.
  public var recorded: String
  /// nil: the file is gone.
  public var now: String?
}

extension StackEngine {
  /// The revision that a rollback leads to if none is named: the last one that was applied before the current one and
  /// wanted something else; from a rollback that did not get there, where that led. `current`: the number of the revision
  /// to turn away from; nil: the newest.
  public func returnTarget(of stack: String, from current: Int? = nil) throws(EngineError) -> Revision? {
    let revisions = try revisions(of: stack)
    // A revision that was rolled back does not stand, the one that replaced it does.
    let from =
      if let current { revisions.last { $0.number == current } } else {
        revisions.last { $0.outcome != .rolledBack && $0.outcome != .applying }
      }
    guard let from else { return nil }
    if let goal = from.returnsTo, from.outcome != .applied, let target = revisions.last(where: { $0.number == goal }) {
      return target
    }
    return revisions.last { revision in
      revision.number < from.number && revision.outcome == .applied
        && revision.digest != from.digest
    }
  }

  /// The plan of a revision as it is applied now: for the file that the stack is known by, with the images that it had then,
  /// wherever their names lead by now.
  public func returnPlan(to number: Int, stack: String) throws(EngineError) -> StackPlan {
    var plan = try plan(ofRevision: number, stack: stack)
    if let revision = try revisions(of: stack).last(where: { $0.number == number }) {
      plan = Self.pinning(plan, revision.images)
    }
    if let there = try knownStacks().first(where: { $0.name == stack }) { plan.file = there.file }
    return plan
  }

  /// What a lock file said then counts more: it is of all platforms.
  static func pinning(_ plan: StackPlan, _ images: [String: String]) -> StackPlan {
    let locked = plan.services.flatMap(\.images).compactMap { image in image.digest.map { (image.reference, $0) } }
    return plan.pinning(images.merging(locked) { _, lock in lock })
  }

  /// What a rollback does with containers that the revision does not know: those of services that a later revision
  /// brought go with it, others were orphans then and stay.
  public func returnRule(to number: Int, stack: String) throws(EngineError) -> OrphanRule {
    let target = Set(try plan(ofRevision: number, stack: stack).services.map(\.name))
    var later: Set<String> = []
    for revision in try revisions(of: stack) where revision.number > number {
      later.formUnion(try plan(ofRevision: revision.number, stack: stack).services.map(\.name))
    }
    return .removeOnly(later.subtracting(target))
  }

  /// The archives that are not what they were when the revision was applied.
  public func changedLayers(since revision: Revision) throws(EngineError) -> [ChangedLayer] {
    let store = LayerStore(directory: settings.layersDirectory)
    var changed: [ChangedLayer] = []
    for (path, recorded) in revision.layers.sorted(by: { $0.key < $1.key })
    where !path.hasPrefix(Revision.imagePrefix) {
      do throws(LayerError) {
        let now = try store.inspect(FilePath(path), kind: .archive, remembers: false).digest.description
        if now != recorded { changed.append(ChangedLayer(path: path, recorded: recorded, now: now)) }
      } catch {
        guard case .missing = error else { throw EngineError(.kernel, "\(error)") }
        changed.append(ChangedLayer(path: path, recorded: recorded))
      }
    }
    return changed
  }

  /// A revision that was applied turned out not to hold: it counts as failed.
  public func failRevision(_ number: Int, stack: String) throws(EngineError) {
    try StackLock.withHost(settings) { () throws(EngineError) in
      do throws(StoreError) {
        let store = try Store(directory: settings.stateDirectory)
        defer { store.close() }
        try store.write([
          .endRevision(
            stack: stack, number: number, .failed, endedAt: Int(Kernel.realTime() / 1_000_000_000), layers: nil)
        ])
      } catch { throw EngineError(error) }
    }
  }
}
