// Puts another file under a path on which one is mounted. Runs in the container's mount namespace, with its root as this
// process's: what the path leads through is the container's, and may be anything.
internal import CContainrLinux
public import ContainrSystem
internal import SystemPackage

/// One file that takes the place of another.
public struct MountReplacement: Sendable, Hashable {
  /// A path of the host.
  public var source: String
  /// An absolute path inside.
  public var target: String
  /// What is forbidden through the mount.
  public var attributes: MountAttributes

  /// One replacement.
  public init(source: String, target: String, _ attributes: MountAttributes) {
    self.source = source
    self.target = target
    self.attributes = attributes
  }

  /// A mount of the new file without a place. In the host's mount namespace, where the source has its name.
  public func prepare() throws(SyscallError) -> DetachedMount {
    let mount = try DetachedMount.clone(FilePath(source), recursive: false)
    try mount.set(attributes, recursive: false)
    return mount
  }

  /// Puts `mount` under the target, and takes the one above it away: whoever opens the path gets the one or the other.
  /// Kernels before 6.5 cannot mount beneath; there the new mount lies above the old one, or, where the old file has no name
  /// any more, takes its place: then for a moment the path leads to what is below. `beneath: false`: as there.
  public func apply(
    _ mount: borrowing DetachedMount, in root: ContainerRoot, beneath: Bool = true
  ) throws(SyscallError) {
    let path = FilePath(target)
    guard let name = path.lastComponent else { throw SyscallError(errno: 16, operation: "move_mount", path: path) }
    // The directory is held, and a mount point cannot be renamed in its own namespace: the name stays what was looked at.
    let parent = try root.open(path.above, [.path, .directory])
    let file = FilePath(name.string)
    let there = try Kernel.open(
      file, at: parent.raw, [.path, .noFollow], resolve: [.beneath, .noSymlinks, .noMagicLinks])
    let status = try Kernel.status(at: there.raw)
    guard status.isRegular, try Kernel.status(at: parent.raw).mountID != status.mountID else {
      throw SyscallError(
        errno: 16, operation: "move_mount", path: path, detail: "the file is not mounted there any more")
    }
    if beneath {
      // MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH | MOVE_MOUNT_BENEATH
      let moved = cl_move_mount(mount.fd.raw, "", there.raw, "", 0x244)
      if moved == 0 { return try Self.takeOff(name.string, parent.raw, path) }
      if moved != -22 { try check(moved, "move_mount(BENEATH)", path) }
    }
    var top = there
    while true {
      do throws(SyscallError) { return try mount.attach(onto: top) } catch {
        // ENOENT: on a file that was removed, or replaced by another one of its name, nothing can be mounted.
        guard error.errno == 2, try Kernel.status(at: top.raw).mountID != Kernel.status(at: parent.raw).mountID else {
          throw error
        }
      }
      try Self.takeOff(name.string, parent.raw, path)
      top = try Kernel.open(
        file, at: parent.raw, [.path, .noFollow], resolve: [.beneath, .noSymlinks, .noMagicLinks])
    }
  }

  /// Takes the topmost mount off a name. By the working directory, since umount2(2) knows no descriptors.
  private static func takeOff(_ name: String, _ parent: CInt, _ path: FilePath) throws(SyscallError) {
    let here = try Kernel.open(".", [.path, .directory])
    try check(cl_fchdir(parent), "fchdir", path)
    try check(name.withCString { cl_umount2($0, 2 | 8) }, "umount2(MNT_DETACH)", path)
    try check(cl_fchdir(here.raw), "fchdir")
  }
}
