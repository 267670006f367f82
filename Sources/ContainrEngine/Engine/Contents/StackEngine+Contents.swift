// Which contents of a running container's files are others now. Reads only.
internal import ContainrHost
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

extension StackEngine {
  var files: ContainerFiles { ContainerFiles(directory: settings.filesDirectory) }

  /// Contents of a stack, with the key of this host if there is one.
  func contentReading(_ desired: StackPlan) throws(EngineError) -> ContentReading {
    do {
      return ContentReading(desired: desired, key: try files.key())
    } catch {
      throw EngineError(error, "look at the files of stack \(desired.name)")
    }
  }

  /// What is not as it was when the container got it. What the container has under other paths is told by its fields.
  func changedContents(
    _ record: ContainerRecord, _ fields: [PlanField], _ plan: ServicePlan, _ reading: ContentReading
  ) throws(EngineError) -> [ObservedContent] {
    var changed: [ObservedContent] = []
    let paths = Set(fields.map(\.path))
    func old(_ kind: String, _ target: String) -> ContentRecord? {
      record.contents.first { $0.kind == kind && $0.target == target }
    }
    for file in plan.files where paths.contains(file.path) {
      let kind: ObservedContent.Kind = file.kind == .config ? .config : .secret
      let old = old(file.kind.rawValue, file.target)
      do throws(ContentReading.Failure) {
        let new = try reading.record(of: file, since: old)
        let isThere = try isThere(file, of: record.id)
        if isThere, old?.digest == new.digest { continue }
        changed.append(
          ObservedContent(
            kind: kind, target: file.target, old: isThere ? old.map(ContentReading.shown) : "gone",
            new: ContentReading.shown(new)))
      } catch {
        changed.append(
          ObservedContent(
            kind: kind, target: file.target, old: old.map(ContentReading.shown), new: nil,
            words: "it stays as it is, as its source is not to be had: \(error)"))
      }
    }
    for mount in plan.mounts where mount.kind == .bind {
      guard let old = old("mount", mount.target) else { continue }
      do throws(ContentReading.Failure) {
        let new = try reading.record(of: mount, since: old)
        if let new, new.digest == old.digest { continue }
        changed.append(
          ObservedContent(
            kind: .mount, target: mount.target, old: ContentReading.shown(old), new: new.map(ContentReading.shown),
            words: "\(mount.source) is no file any more"))
      } catch {
        changed.append(
          ObservedContent(
            kind: .mount, target: mount.target, old: ContentReading.shown(old), new: nil, words: "\(error)"))
      }
    }
    return changed
  }

  private func isThere(_ file: FilePlan, of id: String) throws(ContentReading.Failure) -> Bool {
    do {
      return try files.exists(id, HostSettings.fileName(target: file.target))
    } catch {
      throw ContentReading.Failure(description: "\(error)")
    }
  }
}
