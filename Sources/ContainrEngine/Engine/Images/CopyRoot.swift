// Where paths of a container, or of the host, are looked up. Inside a container every path is resolved by the kernel below
// the container's root (RESOLVE_IN_ROOT); of one that does not run, what would be mounted in it is looked up in its source.
internal import ContainrSystem
internal import SystemPackage

/// The files of a container.
struct CopyRoot: Sendable {
  /// What is mounted in a container that does not run, and so is not in its layers.
  struct Mount: Sendable {
    /// Where, inside.
    var target: FilePath
    /// What is mounted; nil: nothing is there before the container runs.
    var place: SharedFD?
    /// What the place is seen through.
    var view: SharedFD?
    /// The host's path of a place that is a file.
    var file: FilePath?
    var isReadOnly: Bool
    /// What it is: `a tmpfs`.
    var words: String
  }

  let root: SharedFD
  /// The deepest first; empty where the kernel has mounted them.
  var mounts: [Mount] = []
  /// Something is to be written to.
  var isWritten = false

  /// What a path inside leads to; nil: nothing.
  func open(_ path: String, _ flags: OpenFlags) throws(SyscallError) -> OwnedFD? {
    if let mount = mount(above: Self.whole(path)) { return try open(Self.whole(path), in: mount, flags) }
    guard let file = try openInRoot(path, flags) else { return nil }
    if mounts.isEmpty { return file }
    // A link may have led to one.
    let real = try inside(file.raw)
    if let mount = mount(above: real) { return try open(real, in: mount, flags) }
    return file
  }

  private func openInRoot(_ path: String, _ flags: OpenFlags) throws(SyscallError) -> OwnedFD? {
    do throws(SyscallError) {
      return try Kernel.open(FilePath(path), at: root.raw, flags, resolve: [.inRoot, .noMagicLinks])
    } catch {
      if [2, 20].contains(error.errno) { return nil }
      throw error
    }
  }

  /// The mount that stands at a path itself.
  func mountPoint(_ path: String) throws(SyscallError) -> Mount? {
    if mounts.isEmpty { return nil }
    if let mount = mounts.first(where: { $0.target == Self.whole(path) }) { return mount }
    guard let split = Self.split(path), let directory = try openInRoot(split.directory, [.path, .directory]) else {
      return nil
    }
    let real = try inside(directory.raw).appending(split.name)
    return mounts.first { $0.target == real }
  }

  private func mount(above path: FilePath) -> Mount? { mounts.first { path.starts(with: $0.target) } }

  private func open(_ path: FilePath, in mount: Mount, _ flags: OpenFlags) throws(SyscallError) -> OwnedFD? {
    let place = try mount.opened(isWritten: isWritten)
    var rest = path
    guard rest.removePrefix(mount.target), !rest.isEmpty else {
      if mount.file != nil { return flags == [.path] ? try place.duplicate() : nil }
      return try Kernel.open(".", at: place.raw, flags)
    }
    do throws(SyscallError) {
      // A link that leads out means another place in the container than here.
      return try Kernel.open(rest, at: place.raw, flags, resolve: [.beneath, .noMagicLinks])
    } catch {
      if [2, 20].contains(error.errno) { return nil }
      if error.errno != 18 { throw error }
      throw SyscallError(
        errno: 18, operation: error.operation, path: path,
        detail: "a link leads out of what is mounted at \(mount.target)")
    }
  }

  /// The path inside that a descriptor below the root stands for.
  private func inside(_ file: CInt) throws(SyscallError) -> FilePath {
    let base = FilePath(try Kernel.readLink(FilePath("/proc/self/fd/\(root.raw)")))
    var path = FilePath(try Kernel.readLink(FilePath("/proc/self/fd/\(file)")))
    return path.removePrefix(base) ? FilePath("/").pushing(FilePath(String(path.string.drop { $0 == "/" }))) : path
  }

  /// What a link leads to, as a directory and a name in it that are the very file of the descriptor; nil: they are not.
  static func named(
    _ file: CInt, in root: CopyRoot?
  ) throws(SyscallError) -> (directory: SharedFD, name: FilePath.Component)? {
    let path: FilePath
    if let root {
      path = try root.inside(file)
    } else {
      path = FilePath(try Kernel.readLink(FilePath("/proc/self/fd/\(file)")))
    }
    guard let name = path.lastComponent,
      let directory = try open(path.removingLastComponent().string, in: root, [.readOnly, .directory])
    else { return nil }
    let (mine, there) = (
      try Kernel.status(at: file),
      try Kernel.status(of: FilePath(root: nil, [name]), at: directory.raw, followSymlinks: false)
    )
    // The container may have put something else there meanwhile.
    return mine.inode == there.inode && mine.device == there.device ? (SharedFD(directory), name) : nil
  }

  /// The same of the container, or of the host for nil.
  static func open(_ path: String, in root: CopyRoot?, _ flags: OpenFlags) throws(SyscallError) -> OwnedFD? {
    if let root { return try root.open(path, flags) }
    do throws(SyscallError) { return try Kernel.open(FilePath(path), flags) } catch {
      if [2, 20].contains(error.errno) { return nil }
      throw error
    }
  }

  /// From the root, without `.` and `..`.
  private static func whole(_ path: String) -> FilePath {
    FilePath("/").pushing(FilePath(path.drop { $0 == "/" }.description)).lexicallyNormalized()
  }

  /// A path's directory and last name; nil for one that has none (`/`, `..`).
  static func split(_ path: String) -> (directory: String, name: String)? {
    var path = Substring(path)
    while path.count > 1, path.last == "/" { path.removeLast() }
    guard let slash = path.lastIndex(of: "/") else {
      return ["", ".", ".."].contains(path) ? nil : (".", String(path))
    }
    let name = String(path[path.index(after: slash)...])
    let directory = String(path[..<slash])
    return ["", ".", ".."].contains(name) ? nil : (directory.isEmpty ? "/" : directory, name)
  }
}

extension CopyRoot.Mount {
  /// The place, if there is one and it may be used so.
  func opened(isWritten: Bool) throws(SyscallError) -> SharedFD {
    if isWritten, isReadOnly {
      throw SyscallError(
        errno: 30, operation: "open", path: target, detail: "\(words) is mounted there, which is read-only")
    }
    if let place { return place }
    throw SyscallError(
      errno: 19, operation: "open", path: target, detail: "\(words) is mounted there only while the container runs")
  }
}
