// Preflight of the disk: whether what a changeset writes has room. Archives are not read; their sizes are estimated.
internal import ContainrHost
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
    let archives = try archivesToUnpack(desired)
    let containers = changeset.changes.reduce(UInt64(0)) { count, change in
      if case .createContainer = change.action { count + 1 } else { count }
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
            path: path, estimate: try UnpackedSize.estimate(path), location: service?.origins["layers"]))
      } catch {
        continue
      }
    }
    return archives
  }

  private static func needs(_ archives: [Archive]) -> String {
    guard let first = archives.first else { return "the records of a stack need" }
    let name = first.path.lastComponent?.string ?? first.path.string
    let others = archives.count - 1
    return others == 0
      ? "\(name) needs when it is unpacked"
      : "\(name) and \(others) other layer\(others == 1 ? "" : "s") need when they are unpacked"
  }

  static func size(_ bytes: UInt64) -> String {
    if bytes < 1 << 20 { return "\(bytes / 1024) KiB" }
    return bytes < 10 << 30 ? "\(bytes >> 20) MiB" : "\(bytes >> 30) GiB"
  }
}
