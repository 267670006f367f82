// A container's root directory as a descriptor. Everything below it is reached with openat2(RESOLVE_IN_ROOT |
// RESOLVE_NO_MAGICLINKS): no path of an image or a volume can lead out.
public import ContainrSystem
public import SystemPackage

/// The root directory and how to walk below it.
public struct ContainerRoot: Sendable {
  /// The directory itself.
  public let fd: SharedFD
  /// Whether a symlink that leads nowhere is followed to where its target would be, inside, and that is made. An image's
  /// links are never followed so for stacks; a bundle's author may mean them.
  public var followsDangling = false
  private static let scoped: ResolveFlags = [.inRoot, .noMagicLinks]

  /// Takes ownership of a directory's descriptor (O_PATH is enough).
  public init(taking fd: consuming OwnedFD) { self.fd = SharedFD(fd) }

  /// Opens a path as the container would see it.
  public func open(_ path: FilePath, _ flags: OpenFlags = .path) throws(SyscallError) -> OwnedFD {
    try Kernel.open(path, at: fd.raw, flags, resolve: Self.scoped)
  }

  /// The same, but nil if nothing is there.
  public func openIfPresent(_ path: FilePath) throws(SyscallError) -> OwnedFD? {
    do throws(SyscallError) {
      return try open(path)
    } catch {
      if error.errno == 2 || error.errno == 20 { return nil }
      throw error
    }
  }

  /// The contents of a regular file, at most `limit` bytes; nil if there is none. Anything else (a fifo, a device) is an
  /// error and is never waited for.
  public func contents(of path: FilePath, limit: Int) throws(SyscallError) -> [UInt8]? {
    let file: OwnedFD
    do throws(SyscallError) {
      file = try open(path, [.readOnly, .nonBlocking])
    } catch {
      if error.errno == 2 || error.errno == 20 { return nil }
      throw error
    }
    guard try Kernel.status(at: file.raw).isRegular else {
      throw SyscallError(errno: 22, operation: "openat2", path: path, detail: "not a regular file")
    }
    return try file.readAll(limit: limit)
  }

  /// Opens a directory; what is missing of it is made, owned by root, mode 0755.
  public func makeDirectory(_ path: FilePath) throws(SyscallError) -> OwnedFD {
    if let there = try openDirectory(path) { return there }
    guard let name = path.lastComponent else { throw SyscallError(errno: 2, operation: "openat2", path: path) }
    let parent = try makeDirectory(path.above)
    if let target = try dangling(name, in: parent.raw, path) { return try makeDirectory(target) }
    return try Self.child(FilePath(name.string), of: parent.raw, path) { (name, parent) throws(SyscallError) in
      try Kernel.makeDirectory(name, at: parent, mode: 0o755)
    }
  }

  /// Opens what a file can be mounted on; a missing file is made empty, with its directories.
  public func makeFile(_ path: FilePath) throws(SyscallError) -> OwnedFD {
    if let there = try openIfPresent(path) { return there }
    guard let name = path.lastComponent else { throw SyscallError(errno: 21, operation: "openat2", path: path) }
    let parent = try makeDirectory(path.above)
    if let target = try dangling(name, in: parent.raw, path) { return try makeFile(target) }
    return try Self.child(FilePath(name.string), of: parent.raw, path) { (name, parent) throws(SyscallError) in
      _ = try Kernel.open(name, at: parent, [.writeOnly, .create, .exclusive, .noFollow], mode: 0o644)
    }
  }

  /// Makes a symlink, with its directories; one that is there stays if it is the same.
  func makeLink(_ path: FilePath, to target: String) throws(SyscallError) {
    guard let name = path.lastComponent else { throw SyscallError(errno: 21, operation: "symlinkat", path: path) }
    let parent = try makeDirectory(path.above)
    let file = FilePath(name.string)
    do throws(SyscallError) {
      try Kernel.makeSymlink(file, to: target, at: parent.raw)
    } catch {
      if error.errno != 17 { throw error }
      if try Kernel.readLink(file, at: parent.raw) != target { throw error }
    }
  }

  /// Where a symlink that leads nowhere leads, as a path inside; nil for what is none, or is not followed. A loop of links
  /// is not nowhere: the kernel has told ELOOP before.
  private func dangling(
    _ name: FilePath.Component, in parent: CInt, _ path: FilePath
  ) throws(SyscallError) -> FilePath? {
    let file = FilePath(name.string)
    guard followsDangling, try Kernel.exists(file, at: parent),
      try Kernel.status(of: file, at: parent, followSymlinks: false).isSymbolicLink
    else { return nil }
    let target = FilePath(try Kernel.readLink(file, at: parent))
    let whole = target.isAbsolute ? target : path.above.pushing(target)
    let plain = FilePath(root: "/", whole.components).lexicallyNormalized()
    return plain == path ? nil : plain
  }

  private func openDirectory(_ path: FilePath) throws(SyscallError) -> OwnedFD? {
    do throws(SyscallError) {
      return try open(path, [.path, .directory])
    } catch {
      if error.errno == 2 { return nil }
      throw error
    }
  }

  /// Makes a name in an open directory and opens it without following it: a symlink that dangles, or that came between,
  /// is an error and never a way out.
  private static func child(
    _ name: FilePath, of parent: CInt, _ path: FilePath, make: (FilePath, CInt) throws(SyscallError) -> Void
  ) throws(SyscallError) -> OwnedFD {
    do throws(SyscallError) {
      try make(name, parent)
    } catch {
      if error.errno == 30 {
        throw SyscallError(
          errno: 30, operation: error.operation, path: path,
          detail: "the mount target is missing and the root has no writable layer to make it in")
      }
      if error.errno != 17 { throw error }
    }
    let made = try Kernel.open(name, at: parent, [.path, .noFollow], resolve: [.beneath, .noSymlinks, .noMagicLinks])
    if try Kernel.status(at: made.raw).isSymbolicLink {
      throw SyscallError(errno: 40, operation: "openat2", path: path, detail: "a symlink that leads nowhere")
    }
    return made
  }
}
