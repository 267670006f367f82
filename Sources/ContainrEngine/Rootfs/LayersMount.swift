// Layers of an image as a mount of their own, with no writable one. Never by a path below a container's root.
internal import ContainrSystem
internal import SystemPackage

/// Makes it.
enum LayersMount {
  /// The layers (highest first), or a part of them, without a place: read-only, and without the powers that only the
  /// files of a root have. No link leads out of the layers. Whoever makes it has a mount namespace of its own.
  static func make(_ lowers: [String], subpath: String?, userNamespace: CInt?) throws(SyscallError) -> DetachedMount {
    var held: [SharedFD] = []
    let layers = try lowers.reversed().map { (path) throws(SyscallError) in
      FilePath(try userNamespace.map { (file) throws(SyscallError) in try mapped(path, file, &held) } ?? path)
    }
    let tree: DetachedMount
    if layers.count == 1, subpath == nil {
      tree = try DetachedMount.clone(layers[0], recursive: false)
    } else {
      let view = try LayersView(layers)
      if let subpath { tree = try part(subpath, of: view) } else { tree = view.mount() }
    }
    withExtendedLifetime(held) {}
    try tree.set([.readOnly, .noSetuid, .noDevices], recursive: false)
    return tree
  }

  /// A part of layers seen as one, as a mount.
  static func part(_ subpath: String, of view: consuming LayersView) throws(SyscallError) -> DetachedMount {
    guard let place = try view.open(FilePath(subpath)) else {
      throw SyscallError(
        errno: 2, operation: "openat2", path: FilePath(subpath), detail: "there is no such path in the image")
    }
    do throws(SyscallError) {
      return try DetachedMount.clone(place.raw, recursive: false)
    } catch {
      if error.errno != 22 { throw error }
    }
    // Before Linux 6.15 only of a mount that has a place a part can be had. Nothing is looked up through this one: the
    // root of a process is what it was, whatever comes to lie over it.
    let whole = view.mount()
    try whole.attach(onto: try Kernel.open("/", [.path, .directory]))
    let result = Result { () throws(SyscallError) in try DetachedMount.clone(place.raw, recursive: false).release() }
    try MountPoint.detach(whole.fd.raw)
    return DetachedMount(taking: try result.get())
  }

  /// A layer with other ids. One that the root stands on as well has them already, as the mount over itself: of mounts with
  /// ids no others can be made.
  private static func mapped(
    _ path: String, _ userNamespace: CInt, _ held: inout [SharedFD]
  ) throws(SyscallError) -> String {
    if try MemoryMount.isMounted(FilePath(path)) { return path }
    return try OverlayMount.mapped(path, userNamespace, &held)
  }
}
