// Preflight of the disk: whether what a changeset writes has room. Archives are not read; their sizes are estimated.
internal import ContainrHost
internal import ContainrImageSpec
internal import ContainrImages
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

extension Preflight {
  /// Records, and what a container has before it writes anything.
  private static let ownBytes: UInt64 = 1 << 20
  private static let ownInodes: UInt64 = 32
  private static let inodesOfContainer: UInt64 = 12

  mutating func checkDisk(_ desired: StackPlan) throws {
    let space = try FileSystemSpace(ofFuture: settings.stateDirectory)
    for (path, words) in [(settings.stateDirectory, "state"), (settings.runDirectory, "run")] {
      if path == settings.runDirectory ? try FileSystemSpace(ofFuture: path).isReadOnly : space.isReadOnly {
        let variable = words == "state" ? "CONTAINR_STATE_DIR" : "CONTAINR_RUN_DIR"
        add(
          "read-only", "the \(words) directory \(path) is on a read-only file system",
          help: "remount it writable, or name another one: \(variable)")
      }
    }
    if space.isReadOnly { return }
    let archives = try archivesToUnpack(desired) + imagesToUnpack(desired)
    let containers = changeset.changes.reduce(UInt64(0)) { count, change in
      switch change.action {
      case .createContainer, .makeContainer: count + 1
      default: count
      }
    }
    let bytes = archives.reduce(Self.ownBytes) { $0 + $1.estimate }
    if bytes > space.freeBytes {
      add(
        "disk-space",
        "the file system of \(settings.stateDirectory) has \(Self.size(space.freeBytes)) free, and \(Self.needs(archives)) "
          + "about \(Self.size(bytes))", at: archives.first?.location,
        help: "free some room, or keep the state elsewhere: CONTAINR_STATE_DIR")
    }
    let inodes = Self.ownInodes + containers * Self.inodesOfContainer + UInt64(archives.count)
    if let free = space.freeInodes, free < inodes {
      add(
        "disk-inodes",
        "the file system of \(settings.stateDirectory) has \(free) inodes free, and at least \(inodes) are needed",
        at: archives.first?.location,
        help: "remove files, or keep the state elsewhere: CONTAINR_STATE_DIR")
    }
  }

  private struct Archive {
    var path: FilePath
    /// What people call it.
    var name: String
    /// Bytes when it is unpacked.
    var estimate: UInt64
    var location: SourceLocation?
  }

  /// The archives that are not unpacked yet, each once; those that cannot be read have a finding of their own.
  private func archivesToUnpack(_ desired: StackPlan) throws -> [Archive] {
    let store = LayerStore(directory: settings.layersDirectory)
    var archives: [Archive] = []
    for change in changeset.changes {
      guard case .prepareLayer(let text) = change.action else { continue }
      let path = FilePath(text)
      do throws(LayerError) {
        let info = try store.inspect(path, kind: .archive, remembers: false)
        if try store.unpackedPath(info.digest) != nil { continue }
        let service = desired.services.first { $0.layers.contains { $0.path == text } }
        archives.append(
          Archive(
            path: path, name: path.lastComponent?.string ?? text, estimate: try UnpackedSize.estimate(path),
            location: service?.origins["layers"]))
      } catch {
        continue
      }
    }
    return archives
  }

  /// The images that are here and not unpacked yet. Of those that are fetched the registry tells, before the first layer.
  private func imagesToUnpack(_ desired: StackPlan) throws -> [Archive] {
    let wanted = Set(
      changeset.changes.compactMap { change -> String? in
        if case .pullImage(let reference, _, _) = change.action { reference } else { nil }
      })
    var archives: [Archive] = []
    var seen: Set<String> = []
    for service in desired.services {
      for plan in service.images where wanted.contains(plan.reference) {
        // What is wrong with an image has a finding of its own.
        guard let image = try? look.image(plan) else { continue }
        for layer in image.layers where seen.insert(layer.diffID.description).inserted {
          guard try !look.store.isUnpacked(layer), try look.store.blobs.contains(layer.blob.digest) else { continue }
          let path = look.store.blobs.path(layer.blob.digest)
          archives.append(
            Archive(
              path: path, name: plan.reference, estimate: try UnpackedSize.estimate(path),
              location: service.origin(ofImage: plan.reference)))
        }
      }
    }
    return archives
  }

  private static func needs(_ archives: [Archive]) -> String {
    guard let first = archives.first else { return "the records of a stack need" }
    let others = archives.count - 1
    return others == 0
      ? "\(first.name) needs when it is unpacked"
      : "\(first.name) and \(others) other layer\(others == 1 ? "" : "s") need when they are unpacked"
  }

  static func size(_ bytes: UInt64) -> String {
    if bytes < 1 << 20 { return "\(bytes / 1024) KiB" }
    return bytes < 10 << 30 ? "\(bytes >> 20) MiB" : "\(bytes >> 30) GiB"
  }
}
