// Whether the archives that a container was made from are still the same. Reads only; writes not even its cache.
internal import ContainrHost
internal import ContainrImages
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrStore
internal import Synchronization
internal import SystemPackage

extension StackEngine {
  /// The archives whose content is another one than the container stands on. A path that changed is a changed field
  /// instead; an archive that is gone is no reason to touch what runs.
  func changedLayers(
    _ record: ContainerRecord, _ fields: [PlanField], _ plan: ServicePlan, _ digests: LayerDigests
  ) throws(EngineError) -> [ObservedDrift] {
    let archives = plan.layers.filter { $0.kind == .archive }
    // Those of images are recorded behind them.
    guard !archives.isEmpty, archives.count <= record.layers.count,
      fields.first(where: { $0.path == "layers" }) == plan.fields.first(where: { $0.path == "layers" })
    else { return [] }
    var drift: [ObservedDrift] = []
    for (archive, old) in zip(archives, record.layers) {
      do throws(LayerError) {
        let new = try digests.digest(of: archive.path)
        if new == old { continue }
        let name = FilePath(archive.path).lastComponent?.string ?? archive.path
        drift.append(
          ObservedDrift(what: "layer \(name)", expected: Self.short(new), actual: Self.short(old), repairable: false))
      } catch {
        if case .missing = error { continue }
        throw EngineError(.kernel, "container \(record.id): \(error)")
      }
    }
    return drift
  }

  private static func short(_ digest: String) -> String { String(digest.prefix(19)) }
}

/// The digests of archives during one look: fifty services mostly stand on the same few.
final class LayerDigests: Sendable {
  private let store: LayerStore
  private let known = Mutex<[String: String]>([:])

  init(_ store: LayerStore) { self.store = store }

  func digest(of path: String) throws(LayerError) -> String {
    if let digest = known.withLock({ $0[path] }) { return digest }
    let digest = try store.inspect(FilePath(path), kind: .archive, remembers: false).digest.description
    known.withLock { $0[path] = digest }
    return digest
  }
}
