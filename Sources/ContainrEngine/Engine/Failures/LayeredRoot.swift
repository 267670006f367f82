// A container's root as it was seen from inside, read from its layers without mounting anything. Images write the links
// in it: every step goes by a descriptor below a layer and follows no link by itself. Reads only.
internal import ContainrSpec
internal import ContainrSystem
internal import SystemPackage

/// The layers of one container, the topmost first.
struct LayeredRoot: Sendable {
  /// What a path leads to.
  enum Finding: Sendable {
    /// An open O_PATH descriptor of the file in its layer, and the path that it has inside without links.
    case file(SharedFD, FileStatus, path: String)
    /// A component of it is not there.
    case missing
    /// It lies in a mount, whose content is not that of the layers.
    case mounted(target: String)
  }

  /// As many as the kernel follows.
  private static let linksFollowed = 40

  private let layers: [SharedFD]
  private let mounts: [String]
  private let opaque: String
  /// See `OverlayMarks`; of the topmost layer, which the container writes on.
  private let marksAreFiles: Bool

  /// `layers`: host directories, the topmost first; one that is gone is left out. `mounts`: paths inside at which
  /// something else is mounted.
  init(layers: [FilePath], mounts: [String]) throws(SyscallError) {
    var opened: [SharedFD] = []
    for layer in layers {
      do throws(SyscallError) {
        opened.append(SharedFD(try Kernel.open(layer, [.path, .directory])))
      } catch {
        if error.errno != 2 && error.errno != 20 { throw error }
      }
    }
    self.layers = opened
    self.mounts = mounts
    opaque = try OverlayMarks.opaque()
    marksAreFiles =
      try opened.first.map { (layer) throws(SyscallError) in try OverlayMarks.areFiles(in: layer.raw) } ?? false
  }

  /// Resolves an absolute path, links included.
  func find(_ path: String) throws(SyscallError) -> Finding {
    var waiting = Self.components(path)
    var here: [String] = []
    var followed = 0
    var last: (SharedFD, FileStatus)?
    while !waiting.isEmpty {
      let component = waiting.removeFirst()
      if component == "." { continue }
      if component == ".." {
        _ = here.popLast()
        last = nil
        continue
      }
      let inside = "/" + (here + [component]).joined(separator: "/")
      if let mount = mounts.first(where: { inside == $0 }) { return .mounted(target: mount) }
      guard let (file, status) = try entry(here, component) else { return .missing }
      if status.isSymbolicLink {
        followed += 1
        if followed > Self.linksFollowed { throw SyscallError(errno: 40, operation: "resolve", path: FilePath(path)) }
        let target = try Kernel.readLink("", at: file.raw)
        if target.hasPrefix("/") { here = [] }
        waiting = Self.components(target) + waiting
        last = nil
        continue
      }
      if !waiting.isEmpty && !status.isDirectory { return .missing }
      here.append(component)
      last = (file, status)
    }
    let inside = "/" + here.joined(separator: "/")
    if let (file, status) = last { return .file(file, status, path: inside) }
    // The root itself, or a way that ended with "..".
    guard let name = here.last else {
      guard let root = layers.first else { return .missing }
      return .file(root, try Kernel.status(at: root.raw), path: "/")
    }
    guard let (file, status) = try entry(Array(here.dropLast()), name) else { return .missing }
    return .file(file, status, path: inside)
  }

  /// The bytes of a regular file, at most `limit` of them.
  func bytes(of file: SharedFD, limit: Int) throws(SyscallError) -> [UInt8] {
    let readable = try Kernel.open(FilePath("/proc/self/fd/\(file.raw)"), [.readOnly, .nonBlocking])
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < limit {
      let count = try Kernel.read(readable.raw, into: &buffer)
      if count == 0 { break }
      bytes += buffer[..<min(count, limit - bytes.count)]
    }
    return bytes
  }

  /// The names in a directory, of all layers that have it, sorted; empty if there is none.
  func names(in directory: String) throws(SyscallError) -> [String] {
    guard case .file(_, let status, let path) = try find(directory), status.isDirectory, path != "/" else { return [] }
    var names: Set<String> = []
    for part in try merged(Self.components(path)) {
      let readable = try Kernel.open(".", at: part.raw, [.readOnly, .directory])
      names.formUnion(try Kernel.names(in: readable.raw))
    }
    if marksAreFiles { names = names.filter { !$0.utf8.starts(with: OverlayMarks.prefix) } }
    return names.sorted()
  }

  /// One name in a directory without links: of the topmost layer that has it, unless a whiteout hides it.
  private func entry(_ directory: [String], _ name: String) throws(SyscallError) -> (SharedFD, FileStatus)? {
    for part in try merged(directory) {
      guard let (file, status) = try Self.child(name, of: part) else {
        if try hides(name, in: part) { return nil }
        continue
      }
      return status.isWhiteout ? nil : (file, status)
    }
    return nil
  }

  /// The parts of a directory without links, the topmost first: in each layer that has it, down to the first that hides
  /// what is below, as overlayfs does (Documentation/filesystems/overlayfs.rst).
  private func merged(_ directory: [String]) throws(SyscallError) -> [SharedFD] {
    var parts: [SharedFD] = []
    layers: for layer in layers {
      var part = layer
      var isLowest = false
      for component in directory {
        guard let (file, status) = try Self.child(component, of: part) else {
          if isLowest { break layers }
          if try hides(component, in: part) { break layers }
          continue layers
        }
        // A whiteout, a file or a link: no directory of this name is merged with what is below.
        guard status.isDirectory else { break layers }
        if try OverlayMarks.isOpaque(file.raw, by: opaque, marksAreFiles: marksAreFiles) { isLowest = true }
        part = file
      }
      parts.append(part)
      if isLowest { break }
    }
    return parts
  }

  /// A mark beside where the name would be.
  private func hides(_ name: String, in directory: SharedFD) throws(SyscallError) -> Bool {
    guard marksAreFiles, name.utf8.count + OverlayMarks.prefix.count < 256 else { return false }
    return try Kernel.exists(OverlayMarks.hiding(FilePath(name)), at: directory.raw)
  }

  /// nil: it is not there.
  private static func child(_ name: String, of directory: SharedFD) throws(SyscallError) -> (SharedFD, FileStatus)? {
    do throws(SyscallError) {
      let file = try Kernel.open(
        FilePath(name), at: directory.raw, [.path, .noFollow], resolve: [.beneath, .noSymlinks])
      let status = try Kernel.status(at: file.raw)
      return (SharedFD(file), status)
    } catch {
      if error.errno == 2 { return nil }
      throw error
    }
  }

  private static func components(_ path: String) -> [String] { path.split(separator: "/").map(String.init) }
}

extension ServicePlan {
  /// The paths inside at which something else stands than what is in the layers.
  var mountedPaths: [String] { mounts.map(\.target) + files.map(\.target) }
}
