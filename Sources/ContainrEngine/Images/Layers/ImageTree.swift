// The files of an image as a container sees them, from its unpacked layers and without mounting anything; and how two such
// trees differ. Reads only; follows no link.
internal import ContainrImageSpec
public import ContainrSystem
public import SystemPackage

/// A merged view of layers.
public struct ImageTree: Sendable {
  /// One file of it.
  struct Node: Sendable, Hashable {
    var status: FileStatus
    var modified: FileTime
    var target: [UInt8]?
    /// The layer that has it, from 0.
    var layer: Int
  }

  /// How a path differs.
  public struct Change: Sendable, Hashable {
    /// As `docker diff` calls them.
    public enum Kind: String, Sendable { case added = "A", changed = "C", deleted = "D" }
    /// What happened.
    public var kind: Kind
    /// Absolute, inside the image.
    public var path: String
  }

  private var nodes: [[UInt8]: Node] = [:]
  private let layers: [FilePath]
  private let opaque: String

  /// Reads layers, lowest first.
  public init(_ layers: [FilePath]) throws(SyscallError) {
    self.layers = layers
    opaque = try OverlayMarks.opaque()
    for (number, layer) in layers.enumerated() {
      let directory = try Kernel.open(layer, [.readOnly, .directory])
      try add(
        directory.raw, [], number, marksAreFiles: try OverlayMarks.areFiles(in: directory.raw), depth: 0)
    }
  }

  private mutating func add(
    _ directory: CInt, _ prefix: [UInt8], _ layer: Int, marksAreFiles: Bool, depth: Int
  ) throws(SyscallError) {
    if depth > 1024 { throw SyscallError(errno: 40, operation: "open", detail: "more than 1024 levels of directories") }
    if !prefix.isEmpty, try OverlayMarks.isOpaque(directory, by: opaque, marksAreFiles: marksAreFiles) {
      remove(below: prefix, before: layer)
    }
    for name in try Kernel.entries(in: directory).map(\.bytes) {
      if marksAreFiles, name.starts(with: OverlayMarks.prefix) {
        if let hidden = OverlayMarks.hidden(by: name) { hide(prefix + [0x2f] + hidden, before: layer) }
        continue
      }
      let path = prefix + [0x2f] + name
      let handle = try Kernel.open(FilePath(name: name), at: directory, [.path, .noFollow])
      let status = try Kernel.status(at: handle.raw)
      if status.isWhiteout {
        hide(path, before: layer)
        continue
      }
      if let old = nodes[path], old.status.isDirectory, !status.isDirectory { remove(below: path, before: layer) }
      nodes[path] = Node(
        status: status, modified: try Kernel.modificationTime(handle.raw),
        target: status.isSymbolicLink ? try Kernel.linkTarget(FilePath(name: name), at: directory) : nil, layer: layer)
      if status.isDirectory {
        let inner = try Kernel.open(FilePath(name: name), at: directory, [.readOnly, .directory, .noFollow])
        try add(inner.raw, path, layer, marksAreFiles: marksAreFiles, depth: depth + 1)
      }
    }
  }

  /// Forgets what lower layers have at a path.
  private mutating func hide(_ path: [UInt8], before layer: Int) {
    guard let node = nodes[path], node.layer < layer else { return }
    nodes[path] = nil
    if node.status.isDirectory { remove(below: path, before: layer) }
  }

  /// Forgets what lower layers have below a path.
  private mutating func remove(below path: [UInt8], before layer: Int) {
    let start = path + [0x2f]
    for (key, node) in nodes where node.layer < layer && key.starts(with: start) { nodes[key] = nil }
  }

  /// What was done to `self` to make `other`, sorted by path. A file counts as changed by its type, rights, owner, target
  /// or content, not by its times; of a directory that is gone only itself is told.
  public func changes(to other: ImageTree) throws(SyscallError) -> [Change] {
    var all: [Change] = []
    for (path, node) in other.nodes {
      guard let old = nodes[path] else {
        all.append(Change(kind: .added, path: String(decoding: path, as: UTF8.self)))
        continue
      }
      if try isChanged(path, old, node, other) {
        all.append(Change(kind: .changed, path: String(decoding: path, as: UTF8.self)))
      }
    }
    for path in nodes.keys where other.nodes[path] == nil {
      if let slash = path.lastIndex(of: 0x2f), slash > 0, nodes[Array(path[..<slash])] != nil,
        other.nodes[Array(path[..<slash])] == nil
      {
        continue
      }
      all.append(Change(kind: .deleted, path: String(decoding: path, as: UTF8.self)))
    }
    return all.sorted { ($0.path, $0.kind.rawValue) < ($1.path, $1.kind.rawValue) }
  }

  private func isChanged(_ path: [UInt8], _ old: Node, _ new: Node, _ other: ImageTree) throws(SyscallError) -> Bool {
    let (a, b) = (old.status, new.status)
    if a.device == b.device && a.inode == b.inode { return false }
    if a.mode != b.mode || a.uid != b.uid || a.gid != b.gid || old.target != new.target { return true }
    if a.deviceMajor != b.deviceMajor || a.deviceMinor != b.deviceMinor { return true }
    guard a.isRegular else { return false }
    if a.size != b.size { return true }
    return try ContentDigest.file(file(path, old)) != ContentDigest.file(other.file(path, new))
  }

  private func file(_ path: [UInt8], _ node: Node) -> FilePath {
    FilePath(
      platformString: layers[node.layer].string.utf8.map { CChar(bitPattern: $0) } + path.map { CChar(bitPattern: $0) }
        + [0])
  }
}
