// A procfs that nobody else can reach: for writes that must not be led elsewhere.
public import ContainrSystem
internal import SystemPackage

/// The private procfs.
public enum PrivateProc {
  /// A detached procfs of this process's pid namespace. Paths below it are opened with `scope`. In a user namespace inside a
  /// container whose /proc is masked the kernel makes none: then it is that /proc, checked to be the root of a procfs, and
  /// the scope leads into nothing that is mounted on it.
  ///
  /// `forProcesses`: only the directories of processes are in it (`subset=pid`, Linux 5.8; before, everything). Who may trace
  /// inside can open what this process holds, and would find `sysrq-trigger` and all of `sys` without a mask.
  public static func open(forProcesses: Bool = true) throws(SyscallError) -> OwnedFD {
    let attributes: MountAttributes = [.noSetuid, .noDevices, .noExec]
    for parameters in forProcesses ? [[MountParameter("subset", "pid")], []] : [[]] {
      do throws(SyscallError) {
        return try DetachedMount.filesystem("proc", parameters, attributes).release()
      } catch {
        // EINVAL: an older kernel knows no subset.
        if error.errno == 22, !parameters.isEmpty { continue }
        if error.errno != 1 { throw error }
        break
      }
    }
    let there = try Kernel.open("/proc", [.path, .directory, .noFollow])
    guard try Kernel.fileSystemType(there.raw) == 0x9FA0, try Kernel.status(at: there.raw).inode == 1 else {
      throw SyscallError(errno: 1, operation: "fsopen", path: "/proc", detail: "is no procfs")
    }
    return there
  }

  /// Never out of this very file system, through no symlink of it.
  public static let scope: ResolveFlags = [.beneath, .noCrossDevice, .noSymlinks, .noMagicLinks]
}
