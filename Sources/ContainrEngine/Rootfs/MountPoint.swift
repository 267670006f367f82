// What is mounted on a directory of the host, taken off.
internal import CContainrLinux
public import ContainrSystem
public import SystemPackage

/// Places of mounts.
public enum MountPoint {
  /// Takes the topmost mount off, at once; who still has files of it open keeps them. Follows no symlink at the end.
  public static func detach(_ directory: FilePath) throws(SyscallError) {
    // MNT_DETACH | UMOUNT_NOFOLLOW
    try check(directory.withPlatformString { cl_umount2($0, 2 | 8) }, "umount2(MNT_DETACH)", directory)
  }

  /// Takes the mount of a descriptor, at whose root it stands, off its place.
  static func detach(_ mount: CInt) throws(SyscallError) {
    try check(cl_umount2("/proc/self/fd/\(mount)", 2), "umount2(MNT_DETACH)")
  }
}
