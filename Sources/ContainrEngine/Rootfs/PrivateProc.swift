// A procfs that nobody else can reach: for writes that must not be led elsewhere (baseline rule 6).
public import ContainrSystem

/// The private procfs.
public enum PrivateProc {
  /// A detached procfs of this process's pid namespace. Paths below it are opened with `scope`.
  public static func open() throws(SyscallError) -> OwnedFD {
    try DetachedMount.filesystem("proc", [], [.noSetuid, .noDevices, .noExec]).release()
  }

  /// Never out of this very file system, through no symlink of it.
  public static let scope: ResolveFlags = [.beneath, .noCrossDevice, .noSymlinks, .noMagicLinks]
}
