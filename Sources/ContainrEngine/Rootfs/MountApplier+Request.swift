// Applying the mounts of config.json that are no standard ones, and making the mounts that name files of the host.
internal import ContainrOCI
public import ContainrSystem
public import SystemPackage

extension MountApplier {
  /// The mount of a step that names files of the host, without a place and with its attributes. `userNamespace` is of the
  /// step's ids, `owner` of its node, in the host's numbers. Whoever makes an overlay has a mount namespace of its own, in which its layers get places.
  public static func hostTree(
    _ step: MountStep, userNamespace: CInt?, owner: (uid: UInt32, gid: UInt32) = (0, 0)
  ) throws(SyscallError) -> DetachedMount {
    switch step {
    case .overlay(let lowers, let upper, let work, let mountPoint, let passing, let idmap):
      let attached = try OverlayMount.attach(
        lowers, upper, work, at: FilePath(mountPoint), passing: passing,
        userNamespace: idmap == nil ? nil : userNamespace)
      return try DetachedMount.clone(attached.raw, recursive: false)
    case .directory(let path):
      let tree = try DetachedMount.clone(FilePath(path), recursive: true)
      try tree.set([], recursive: true)
      return tree
    case .bind(let source, _, let recursive, let attributes, let propagation):
      let tree = try DetachedMount.clone(FilePath(source), recursive: recursive)
      try tree.set(attributes, propagation: propagation, recursive: recursive)
      return tree
    case .layers(let lowers, _, let subpath, let idmap):
      return try LayersMount.make(lowers, subpath: subpath, userNamespace: idmap == nil ? nil : userNamespace)
    case .request(let request) where request.isBind:
      let tree: DetachedMount
      if let subpath = request.subpath {
        let part = try part(subpath, of: request.source)
        tree = try DetachedMount.clone(part.raw, recursive: request.isRecursive)
      } else {
        tree = try DetachedMount.clone(
          FilePath(request.source), recursive: request.isRecursive, follow: !request.sourceIsLink)
      }
      // Before anything makes it read-only; and by itself, since a file system may lack it.
      if request.idmap != nil, let userNamespace {
        try tree.map(userNamespace, recursive: request.idmapIsRecursive)
      }
      return tree
    case .nodes(let devices) where devices.count == 1: return try DeviceDirectory.single(devices[0], owner: owner)
    default: throw SyscallError(errno: 22, operation: "open_tree", detail: "no files of the host: \(step)")
    }
  }

  /// A part of a volume. Whoever has the volume can exchange what a path means, so that it is looked up beneath the volume
  /// and mounted by its descriptor.
  private static func part(_ subpath: String, of volume: String) throws(SyscallError) -> OwnedFD {
    let directory = try Kernel.open(FilePath(volume), [.path, .directory])
    do throws(SyscallError) {
      return try Kernel.open(
        FilePath(subpath), at: directory.raw, .path, resolve: [.beneath, .noMagicLinks])
    } catch {
      if error.errno != 2 && error.errno != 18 { throw error }
      throw SyscallError(
        errno: error.errno, operation: error.operation, path: error.path,
        detail: error.errno == 2 ? "there is no such path in the volume" : "it leads out of the volume")
    }
  }

  mutating func apply(
    _ request: MountRequest, _ step: MountStep, _ withProc: (CInt) throws(SyscallError) -> Void
  ) throws(SyscallError) {
    let path = FilePath(request.target)
    if request.copiesLink, try Kernel.status(of: FilePath(request.source), followSymlinks: false).isSymbolicLink {
      return try mountedRoot().makeLink(path, to: try Kernel.readLink(FilePath(request.source)))
    }
    if request.isRemount {
      let there = try mountedRoot().open(path)
      return try Self.change(there.raw, request)
    }
    let mount: DetachedMount
    if request.isBind {
      mount = isPrepared(step) ? try detached(step) : try Self.hostTree(step, userNamespace: nil)
    } else {
      mount = try filesystem(try withMode(request))
      if request.type == "proc" { try withProc(mount.fd.raw) }
    }
    if request.target == "/" { return try cover(mount, request) }
    let isDirectory = try Kernel.status(at: mount.fd.raw).isDirectory
    let place = try self.place(request, isDirectory: isDirectory)
    if request.copiesUp { try TreeCopy.copy(from: place, into: mount.fd.raw) }
    try mount.attach(onto: place)
    try Self.change(mount.fd.raw, request)
  }

  /// A mount over the root is the root from then on.
  private mutating func cover(_ mount: consuming DetachedMount, _ request: MountRequest) throws(SyscallError) {
    try mount.attach(onto: try mountedRoot().open("/", [.path, .directory]))
    try Self.change(mount.fd.raw, request)
    become(ContainerRoot(taking: mount.release()))
  }

  /// CVE-2019-19921, CVE-2019-16884: procfs and sysfs go where their path says, never through a symlink.
  private func place(_ request: MountRequest, isDirectory: Bool) throws(SyscallError) -> OwnedFD {
    let path = FilePath(request.target)
    if !request.isBind, request.type == "proc" || request.type == "sysfs" { return try ownDirectory(path) }
    if request.targetIsLink, let name = path.lastComponent {
      let parent = try mountedRoot().makeDirectory(path.above)
      return try Kernel.open(
        FilePath(name.string), at: parent.raw, [.path, .noFollow], resolve: [.beneath, .noMagicLinks])
    }
    return try target(path, directory: isDirectory)
  }

  /// As other runtimes: a tmpfs without a mode has that of the directory it covers.
  private func withMode(_ request: MountRequest) throws(SyscallError) -> MountRequest {
    guard request.type == "tmpfs", !request.parameters.contains(where: { $0.key == "mode" }),
      let there = try mountedRoot().openIfPresent(FilePath(request.target))
    else { return request }
    var request = request
    let mode = try Kernel.status(at: there.raw).mode & 0o7777
    request.parameters.append(MountParameter("mode", String(mode, radix: 8)))
    return request
  }

  private func filesystem(_ request: MountRequest) throws(SyscallError) -> DetachedMount {
    // What is cleared here was never set.
    try DetachedMount.filesystem(
      request.type, request.parameters + DetachedMount.context(label, of: request.type), request.set,
      source: request.source.isEmpty ? request.type : request.source)
  }

  private static func change(_ descriptor: CInt, _ request: MountRequest) throws(SyscallError) {
    if request.isBind || request.isRemount, !request.set.isEmpty || !request.clear.isEmpty {
      try DetachedMount.change(descriptor, set: request.set, clear: request.clear, recursive: false)
    }
    if !request.recursiveSet.isEmpty || !request.recursiveClear.isEmpty {
      try DetachedMount.change(
        descriptor, set: request.recursiveSet, clear: request.recursiveClear, recursive: true)
    }
    for flags in request.propagation {
      try DetachedMount.change(
        descriptor, set: [], clear: [], propagation: flags & ~0x4000, recursive: flags & 0x4000 != 0)
    }
  }

  /// Makes the mount of a descriptor read-only, but nothing that is mounted on it.
  public static func makeReadOnly(_ descriptor: CInt) throws(SyscallError) {
    try DetachedMount.change(descriptor, set: .readOnly, clear: [], recursive: false)
  }

  /// A copy of a directory of the host, without a place.
  public static func copy(of directory: FilePath) throws(SyscallError) -> OwnedFD {
    try DetachedMount.clone(directory, recursive: false).release()
  }

  /// Mounts the very file of a descriptor on another one.
  public static func cover(_ place: borrowing OwnedFD, with file: CInt) throws(SyscallError) {
    try DetachedMount.clone(file, recursive: false).attach(onto: place)
  }
}
