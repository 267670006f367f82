// The layers of a container seen as one, without a place in any mount namespace: it ends with its descriptor.
public import ContainrSystem
public import SystemPackage

/// A view of layers, read-only unless one of them is writable.
public struct LayersView: ~Copyable {
  private let root: OwnedFD

  /// Takes the root directory of one that is made already.
  init(taking root: consuming OwnedFD) { self.root = root }

  /// `layers`: directories, lowest first, at least one. `writable`: the directory above them that takes what is written, and
  /// overlayfs's own; nobody else may have it mounted. `source`: what mountinfo is to call it, which is for views that are
  /// attached; those have two layers or more. `maker` is of where the image's layers are; a server's view is attached nowhere.
  public init(
    _ layers: [FilePath], writable: (upper: FilePath, work: FilePath)? = nil, source: String? = nil,
    maker: OverlayMaker = .kernel
  ) throws(SyscallError) {
    if !maker.isKernel {
      root = try Self.served(
        ServedOverlay(
          lowers: layers.reversed().map(\.string), upper: writable?.upper.string, work: writable?.work.string,
          place: .target("", subpath: nil)))
      return
    }
    if layers.count == 1, writable == nil {
      root = try Kernel.open(layers[0], [.path, .directory])
      return
    }
    var held: [SharedFD] = []
    var parameters: [MountParameter] = []
    for layer in layers.reversed() {
      let fd = SharedFD(try Kernel.open(layer, [.path, .directory]))
      held.append(fd)
      parameters.append(MountParameter("lowerdir+", "/proc/self/fd/\(fd.raw)"))
    }
    var own: [MountParameter] = []
    if let writable {
      for (key, path) in [("upperdir", writable.upper), ("workdir", writable.work)] {
        let fd = SharedFD(try Kernel.open(path, [.path, .directory]))
        held.append(fd)
        own.append(MountParameter(key, "/proc/self/fd/\(fd.raw)"))
      }
    }
    if try OverlayMarks.areOfUsers() { own.append(MountParameter("userxattr")) }
    let attributes: MountAttributes = writable == nil ? [.readOnly] : []
    let mount: DetachedMount
    do throws(SyscallError) {
      mount = try DetachedMount.filesystem("overlay", parameters + own, attributes, source: source)
    } catch {
      // EINVAL for the unknown parameter of a kernel before 6.7, which takes the layers joined.
      if error.errno != 22 || !error.operation.hasPrefix("fsconfig") { throw error }
      let joined = parameters.compactMap(\.value).joined(separator: ":")
      if joined.utf8.count > 255 {
        throw SyscallError(errno: 7, operation: "mount(overlay)", detail: "too many layers for this kernel: use fewer")
      }
      mount = try DetachedMount.filesystem(
        "overlay", [MountParameter("lowerdir", joined)] + own, attributes, source: source)
    }
    root = mount.release()
    withExtendedLifetime(held) {}
  }

  /// A server of this view alone: it goes into the background by itself, once it has all that it needs, and ends with the view.
  private static func served(_ overlay: ServedOverlay) throws(SyscallError) -> OwnedFD {
    let connection = try OverlayServer.connect(isReadOnly: overlay.upper == nil)
    let (program, arguments) = try OverlayServer.command(overlay, device: 3, stays: false)
    let null = try Kernel.open("/dev/null", .readWrite)
    let (reading, writing) = try Kernel.pipe().release()
    let said = OwnedFD(taking: reading)
    let far = OwnedFD(taking: writing)
    let child = try ChildProcess.spawn(
      program, arguments: arguments, descriptors: [null.raw, far.raw, far.raw, connection.server.raw], newSession: true)
    _ = consume far
    let mount = connection.takeMount()
    let words = try said.readAll(limit: 4096)
    guard try child.wait() == .exited(0) else {
      throw SyscallError(
        errno: 5, operation: OverlayServer.name,
        detail: String(decoding: words, as: UTF8.self).replacing("\n", with: "; "))
    }
    _ = try Kernel.status(at: mount.raw)
    return mount
  }

  /// The view as a mount; of two layers or more.
  consuming func mount() -> DetachedMount { DetachedMount(taking: root) }

  /// The view's root directory. Who looks things up in it holds this: without it the mount is nobody's, every step through it
  /// takes the lock of all mounts, and scoped lookups of paths with `..` end with EAGAIN.
  public consuming func release() -> OwnedFD { root }

  /// Puts the view on a directory of the host, until somebody takes it off.
  public consuming func attach(onto directory: FilePath) throws(SyscallError) {
    let target = try Kernel.open(directory, [.path, .directory])
    try DetachedMount(taking: root).attach(onto: target)
  }

  /// What an absolute path inside leads to, as a descriptor of O_PATH; nil: nothing. No link leads out.
  public func open(_ path: FilePath) throws(SyscallError) -> OwnedFD? {
    do throws(SyscallError) {
      return try Kernel.open(path, at: root.raw, [.path], resolve: [.inRoot, .noMagicLinks])
    } catch {
      if [2, 20, 40].contains(error.errno) { return nil }
      throw error
    }
  }
}
