// Where AppArmor's files are: in the securityfs that the host has mounted or, where a container shows none, in one of our own that
// has no place and ends with its descriptor. Nobody else comes to see it.
internal import CContainrLinux
internal import ContainrSystem
public import SystemPackage

/// AppArmor's directory in a securityfs.
public struct AppArmorFiles: Sendable {
  /// Where a host shows them.
  public let usual: FilePath
  private let mount: @Sendable () throws(SyscallError) -> OwnedFD

  /// `mount` makes a securityfs; asked only where `usual` is not there.
  init(usual: FilePath, mount: @escaping @Sendable () throws(SyscallError) -> OwnedFD) {
    self.usual = usual
    self.mount = mount
  }

  /// Those of the kernel that runs.
  public static let ofHost = AppArmorFiles(usual: "/sys/kernel/security/apparmor") {
    () throws(SyscallError) -> OwnedFD in
    try securityfs()
  }

  /// Opens one of them. ENOENT: there is a securityfs, and it has no such file.
  func open(_ name: String, _ flags: OpenFlags = .readOnly) throws(SyscallError) -> OwnedFD {
    guard let own = try ownIfHidden() else { return try Kernel.open(usual.appending(name), flags) }
    return try Kernel.open(FilePath("apparmor").appending(name), at: own.raw, flags)
  }

  /// A securityfs of our own, where the host's is not to be seen; nil where it is. A privileged container of another engine has
  /// a /sys without it, while the kernel's AppArmor is on.
  func ownIfHidden() throws(SyscallError) -> OwnedFD? {
    if try Kernel.exists(usual) { return nil }
    do throws(SyscallError) { return try mount() } catch {
      throw SyscallError(
        errno: error.errno, operation: error.operation, path: usual,
        detail: "AppArmor is on, but its files are not to be seen, and a securityfs cannot be had: "
          + "mount one on /sys/kernel/security")
    }
  }

  /// fsopen(2) and fsmount(2): never attached to a place.
  private static func securityfs() throws(SyscallError) -> OwnedFD {
    let type = "securityfs"
    let context = OwnedFD(taking: try check(type.withCString { cl_fsopen($0, 1) }, "fsopen", detail: type))
    try check(cl_fsconfig(context.raw, 6, nil, nil, 0), "fsconfig(CREATE)", detail: type)
    // MOUNT_ATTR_NOSUID, NODEV, NOEXEC.
    return OwnedFD(taking: try check(cl_fsmount(context.raw, 1, 0xE), "fsmount", detail: type))
  }
}
