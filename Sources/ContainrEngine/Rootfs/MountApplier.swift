// Runs mount steps by descriptors only. Runs in the container's first process, in its new mount namespace, before
// pivot_root, while the host's tree is still in sight. Decides nothing.
internal import CContainrLinux
internal import ContainrOCI
public import ContainrSystem
internal import SystemPackage

/// The state that the steps share: the root and the prepared masks.
public struct MountApplier: Sendable {
  /// Set by the first step.
  private var root: ContainerRoot?
  private var emptyDirectory: SharedFD?
  /// Mounts that are made and have no place yet, by the step that will want them.
  private var prepared: [Prepared] = []
  /// Masks that are in place, as long as nothing was mounted that could stand over them.
  private var masked: [String] = []
  /// The SELinux context of what is made.
  var label: String?
  private let null: SharedFD

  private struct Prepared {
    var step: MountStep
    var mount: SharedFD
    /// Made by somebody else.
    var isGiven = false
    /// What is masked in it already.
    var masks: [String] = []
  }

  /// See `ContainerRoot.followsDangling`.
  public var followsDangling = false
  /// In a user namespace that does not own the host's devices: the container's, or the one that we are in ourselves, which
  /// shows when the first node is made.
  private var inUserNamespace: Bool

  /// Cuts the mount namespace off from the host's and opens the host's /dev/null, verified. `propagation`: the
  /// MS_* flags of everything that is there. Slave, not private: bind mounts with rslave propagation still hear of the
  /// host's mounts.
  public init(inUserNamespace: Bool = false, propagation: UInt64 = 1 << 19 | 0x4000) throws(SyscallError) {
    self.inUserNamespace = inUserNamespace
    try check(cl_mount(nil, "/", nil, UInt(propagation), nil), "mount(MS_SLAVE)", "/")
    null = SharedFD(try Kernel.open("/dev/null", [.path, .noFollow]))
    let status = try Kernel.status(at: null.raw)
    guard status.isCharacterDevice, status.deviceMajor == 1, status.deviceMinor == 3 else {
      throw SyscallError(errno: 19, operation: "statx", path: "/dev/null", detail: "the host's is not device 1:3")
    }
  }

  /// The container's root; an error before the first step.
  public func mountedRoot() throws(SyscallError) -> ContainerRoot {
    if var root {
      root.followsDangling = followsDangling
      return root
    }
    throw SyscallError(errno: 22, operation: "mount", detail: "the plan does not begin with a root")
  }

  /// One step. `withProc` gets the container's procfs when it is made, while it is detached: nothing can stand over
  /// parts of it then.
  public mutating func apply(
    _ step: MountStep, withProc: (CInt) throws(SyscallError) -> Void
  ) throws(SyscallError) {
    switch step {
    case .overlay(_, _, _, let mountPoint, _, _) where isPrepared(step):
      try attachRoot(try detached(step), at: mountPoint)
    case .directory(let path) where isPrepared(step):
      try attachRoot(try detached(step), at: path)
    case .overlay(let lowers, let upper, let work, let mountPoint, let passing, _):
      root = ContainerRoot(
        taking: try OverlayMount.attach(
          lowers, upper, work, at: FilePath(mountPoint), passing: passing, label: label))
    case .served(let overlay):
      guard isPrepared(step) else {
        throw SyscallError(errno: 22, operation: "mount", detail: "nobody has begun its server")
      }
      switch overlay.place {
      case .root(let mountPoint, _): try attachRoot(try detached(step), at: mountPoint)
      case .target(let target, _):
        masked = []
        let tree = try detached(step)
        let isDirectory = try Kernel.status(at: tree.fd.raw).isDirectory
        try tree.attach(onto: try self.target(FilePath(target), directory: isDirectory))
      }
    case .label(let context): label = context
    case .directory(let path):
      let tree = try DetachedMount.clone(FilePath(path), recursive: true)
      try tree.set([], recursive: true)
      try tree.attach(onto: try Kernel.open(FilePath(path), [.path, .directory]))
      root = ContainerRoot(taking: tree.release())
    case .devices:
      let mount = try detached(step)
      try mount.attach(onto: try ownDirectory("/dev"))
      if inUserNamespace { try DeviceDirectory.bind(in: mount.fd.raw) }
    case .nodes(let devices) where isPrepared(step):
      try detached(step).attach(onto: try target(FilePath(devices[0].path), directory: false))
    case .nodes(let devices):
      for device in devices { try mountedRoot().makeNode(device, bound: inUserNamespace) }
    case .deviceLinks: try mountedRoot().makeDeviceLinks()
    case .request(let request):
      masked = []
      try apply(request, step, withProc)
    case .filesystem(let type, let target, _, _):
      let mount = try detached(step)
      if type == "proc" { try withProc(mount.fd.raw) }
      if type == "mqueue", let label { try mount.setContext(label) }
      // CVE-2019-19921: never through a symlink, whatever the image or an earlier run left there.
      let isFixed = type == "proc" || type == "sysfs"
      let target = FilePath(target)
      try mount.attach(onto: isFixed ? try ownDirectory(target) : try self.target(target, directory: true))
    case .bind(_, let target, _, _, _), .layers(_, let target, _, _):
      masked = []
      let tree = isPrepared(step) ? try detached(step) : try Self.hostTree(step, userNamespace: nil)
      let directory = try Kernel.status(at: tree.fd.raw).isDirectory
      try tree.attach(onto: try self.target(FilePath(target), directory: directory))
    case .mask(let path):
      if masked.contains(path) { return }
      if let target = try mountedRoot().openIfPresent(FilePath(path)) { try mask(target) }
    case .readOnly(let path):
      guard let target = try mountedRoot().openIfPresent(FilePath(path)) else { return }
      let copy = try DetachedMount.clone(target.raw, recursive: true)
      try copy.set(.readOnly, recursive: true)
      try copy.attach(onto: target)
    case .makeDirectory(let path): _ = try mountedRoot().makeDirectory(FilePath(path))
    case .readOnlyRoot:
      try DetachedMount.set(try mountedRoot().fd.raw, .readOnly, propagation: .privately, recursive: false)
    }
  }

  /// Makes the new file systems among the steps before their places exist. In the namespaces of the container, umask 0.
  public mutating func prepare(_ steps: [MountStep]) throws(SyscallError) {
    for step in steps { prepared.append(Prepared(step: step, mount: SharedFD(try detached(step).release()))) }
  }

  /// Masks paths in what is prepared, where the kernel can (Linux 6.15: a mount on one that has no place).
  public mutating func prepareMasks(_ paths: [String]) throws(SyscallError) {
    for index in prepared.indices {
      guard case .filesystem(let type, let target, _, _) = prepared[index].step, type == "proc" || type == "sysfs"
      else {
        continue
      }
      let prefix = target + "/"
      let root = ContainerRoot(taking: try prepared[index].mount.duplicate())
      for path in paths where path.hasPrefix(prefix) {
        if let place = try root.openIfPresent(FilePath(String(path.dropFirst(target.utf8.count)))) {
          do throws(SyscallError) {
            try mask(place)
          } catch {
            if error.errno == 22 { return }
            throw error
          }
        }
        prepared[index].masks.append(path)
      }
    }
  }

  /// What a step mounts, if that is a file system of ours: as it was prepared, or made now.
  mutating func detached(_ step: MountStep) throws(SyscallError) -> DetachedMount {
    // What we prepared has no label; what the host's side made is as it has to be.
    if let index = prepared.firstIndex(where: { $0.step == step && (label == nil || $0.isGiven) }) {
      let there = prepared.remove(at: index)
      masked += there.masks
      return DetachedMount(taking: try there.mount.duplicate())
    }
    masked = []
    switch step {
    case .devices: return try DeviceDirectory.make(bound: &inUserNamespace, label: label)
    case .filesystem(let type, _, let parameters, let attributes):
      return try DetachedMount.filesystem(type, parameters + DetachedMount.context(label, of: type), attributes)
    default: throw SyscallError(errno: 22, operation: "fsmount", detail: "not a file system: \(step)")
    }
  }

  /// Takes a mount that somebody else has made for a step (`hostTree`).
  public mutating func adopt(_ step: MountStep, _ mount: SharedFD) {
    prepared.append(Prepared(step: step, mount: mount, isGiven: true))
  }

  /// Another root than before.
  mutating func become(_ root: ContainerRoot) { self.root = root }

  func isPrepared(_ step: MountStep) -> Bool {
    prepared.contains { $0.step == step && (label == nil || $0.isGiven) }
  }

  /// A root that was made outside. Where its own place cannot be reached, as below a directory that only the host's
  /// root may enter, it covers this namespace's root: nothing is looked up there by path any more but by the kernel.
  private mutating func attachRoot(_ mount: consuming DetachedMount, at path: String) throws(SyscallError) {
    let place: OwnedFD
    do throws(SyscallError) {
      place = try Kernel.open(FilePath(path), [.path, .directory])
    } catch {
      if error.errno != 13 && error.errno != 1 { throw error }
      place = try Kernel.open("/", [.path, .directory])
    }
    try mount.attach(onto: place)
    root = ContainerRoot(taking: mount.release())
  }

  private mutating func mask(_ target: borrowing OwnedFD) throws(SyscallError) {
    guard try Kernel.status(at: target.raw).isDirectory else {
      return try DetachedMount.clone(null.raw, recursive: false).attach(onto: target)
    }
    if let emptyDirectory {
      return try DetachedMount.clone(emptyDirectory.raw, recursive: false).attach(onto: target)
    }
    // The first one is attached itself: before Linux 6.15 only a mount that has a place can be cloned.
    let empty = try DetachedMount.filesystem(
      "tmpfs",
      [MountParameter("nr_blocks", "1"), MountParameter("nr_inodes", "1")] + DetachedMount.context(label, of: "tmpfs"),
      [.readOnly, .noSetuid, .noDevices, .noExec])
    try empty.attach(onto: target)
    emptyDirectory = SharedFD(empty.release())
  }

  /// Where something is mounted: made if missing, a directory for a directory, a file for anything else.
  func target(_ path: FilePath, directory: Bool) throws(SyscallError) -> OwnedFD {
    let root = try mountedRoot()
    let fd = directory ? try root.makeDirectory(path) : try root.makeFile(path)
    if try Kernel.status(at: fd.raw).isDirectory != directory {
      throw SyscallError(
        errno: directory ? 20 : 21, operation: "move_mount", path: path,
        detail: "a \(directory ? "directory" : "file") cannot be mounted on a \(directory ? "file" : "directory")")
    }
    return fd
  }

  /// A directory of the root that must not be reached through a symlink.
  func ownDirectory(_ path: FilePath) throws(SyscallError) -> OwnedFD {
    let root = try mountedRoot()
    if let there = try root.openIfPresent(path), try Kernel.status(at: there.raw).isDirectory {
      do throws(SyscallError) {
        return try root.open(path, [.path, .directory, .noFollow])
      } catch {
        throw SyscallError(errno: error.errno, operation: "openat2", path: path, detail: "a symlink stands there")
      }
    }
    return try root.makeDirectory(path)
  }
}
