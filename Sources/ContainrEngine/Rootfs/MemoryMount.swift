// A tmpfs of the host's own mount namespace, for what must never reach a disk.
internal import CContainrLinux
public import ContainrSystem
public import SystemPackage

/// A mounted tmpfs of ours.
public enum MemoryMount {
  /// Whether something is mounted on this directory; false if it does not exist.
  public static func isMounted(_ path: FilePath) throws(SyscallError) -> Bool {
    do throws(SyscallError) {
      return try Kernel.status(of: path).mountID != Kernel.status(of: path.removingLastComponent()).mountID
    } catch {
      if error.errno == 2 || error.errno == 20 { return false }
      throw error
    }
  }

  /// Mounts one on an existing directory: root's alone, and not swapped out as far as the kernel can promise that
  /// (Linux 6.4). A mount of a file in it inherits what is forbidden here, so whether it can be executed is left open.
  /// `fill` makes what is in it from the first moment.
  public static func mount(on path: FilePath, fill: (CInt) throws(SyscallError) -> Void) throws(SyscallError) {
    let mount: DetachedMount
    do throws(SyscallError) {
      mount = try make([MountParameter("noswap")])
    } catch {
      if error.errno != 22 { throw error }
      mount = try make([])
    }
    try fill(mount.fd.raw)
    try mount.attach(onto: try Kernel.open(path, [.path, .directory, .noFollow]))
  }

  private static func make(_ more: [MountParameter]) throws(SyscallError) -> DetachedMount {
    try DetachedMount.filesystem(
      "tmpfs", [MountParameter("mode", "700")] + more, [.noSetuid, .noDevices])
  }

  /// Takes the mount off; nothing is left of its files once nobody has them open. None there is fine.
  public static func unmount(_ path: FilePath) throws(SyscallError) {
    while try isMounted(path) {
      try check(path.withPlatformString { cl_umount2($0, 2 | 8) }, "umount2(MNT_DETACH)", path)
    }
  }
}
