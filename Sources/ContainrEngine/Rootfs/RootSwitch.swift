// From the host's root to the container's. The last moment at which a host path has a meaning.
internal import CContainrLinux
public import ContainrSystem
internal import SystemPackage

/// How the root is changed.
public enum RootSwitch: UInt8, Sendable, Hashable {
  /// pivot_root(2): the host's tree is gone from the mount namespace.
  case pivotRoot = 0
  /// MS_MOVE and chroot(2), where pivot_root cannot work (the host's root is the initramfs). Weaker: the host's root
  /// stays below the container's in the mount namespace.
  case chroot = 1
}

extension ContainerRoot {
  /// Makes this directory the root and the working directory of the process.
  public func enter(_ how: RootSwitch) throws(SyscallError) {
    try check(cl_fchdir(fd.raw), "fchdir", detail: "the container's root")
    switch how {
    case .pivotRoot:
      // With both "." the old root is put over the new one; it is then the top one at "." and is taken off.
      try check(cl_pivot_root(".", "."), "pivot_root")
      try check(cl_umount2(".", 2), "umount2(MNT_DETACH)")
    case .chroot:
      try KernelMounts.remove(butBelow: try Kernel.readLink(FilePath("/proc/self/fd/\(fd.raw)")))
      try check(cl_move_mount(fd.raw, "", Kernel.currentDirectory, "/", 4), "move_mount", "/")
      try check(cl_chroot("."), "chroot")
    }
    try check(cl_chdir("/"), "chdir", "/")
  }
}
