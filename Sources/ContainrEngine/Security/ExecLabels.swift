// The step that says which labels the next execve brings: AppArmor's profile, SELinux's context. Single-threaded callers
// only. Through a procfs of our own, where `self` is this process, and read back: written through the container's /proc a
// label could end in some other file (CVE-2019-16884, CVE-2025-52881).
public import ContainrSystem
internal import SystemPackage

/// Labels for the next execve.
public enum ExecLabels {
  /// A file below /proc/self/attr, by module: AppArmor's own since Linux 5.8; before, and for SELinux, the common one.
  public enum Module: Sendable, Hashable {
    case appArmor, selinux

    /// Where to look, the first that is there.
    public func files(_ name: String) -> [String] {
      switch self {
      case .appArmor: ["self/attr/apparmor/\(name)", "self/attr/\(name)"]
      case .selinux: ["self/attr/\(name)"]
      }
    }
  }

  /// Below our procfs, never out of it. `self` is a symlink, so those are followed.
  private static let scope: ResolveFlags = [.beneath, .noCrossDevice, .noMagicLinks]

  /// The next execve brings this profile. `noNewPrivileges`: it is or will be set before that.
  public static func setAppArmor(_ profile: String, noNewPrivileges: Bool, procfs: CInt) throws(SyscallError) {
    do throws(SecurityError) { try AppArmorLabel.check(name: profile) } catch {
      throw SyscallError(errno: 22, operation: "write", path: "attr/apparmor/exec", detail: error.description)
    }
    let current = AppArmorLabel(try read(.appArmor, "current", procfs))
    if profile == AppArmorLabel.unconfined, current.isUnconfined { return }
    let request = current.request(for: profile, noNewPrivileges: noNewPrivileges)
    do throws(SyscallError) {
      try write(request, .appArmor, "exec", procfs)
    } catch {
      let reason: String? =
        switch error.errno {
        case 2: "no profile `\(profile)` is loaded; load it with `apparmor_parser --replace FILE`"
        case 1, 13: "\(current.profiles.joined(separator: "//&")), which confines this process, does not let it"
        default: error.detail
        }
      throw SyscallError(
        errno: error.errno, operation: "apply the AppArmor profile", path: error.path, detail: reason ?? request)
    }
    let now = AppArmorLabel(try read(.appArmor, "exec", procfs))
    if !now.brings(profile) {
      throw SyscallError(
        errno: 1, operation: "apply the AppArmor profile", path: "attr/apparmor/exec",
        detail: "asked for `\(profile)`, and the kernel has `\(now.profiles.joined(separator: "//&"))`")
    }
  }

  /// The next execve brings this context.
  public static func setSELinux(_ label: String, procfs: CInt) throws(SyscallError) {
    try setSELinux(label, "exec", "apply the SELinux label", procfs)
  }

  /// Keys that are made from here on have this context: the session keyring is the container's.
  public static func setSELinuxOfKeys(_ label: String, procfs: CInt) throws(SyscallError) {
    try setSELinux(label, "keycreate", "label the keyring", procfs)
  }

  private static func setSELinux(
    _ label: String, _ name: String, _ operation: String, _ procfs: CInt
  ) throws(SyscallError) {
    guard let wanted = SELinuxLabel(label) else {
      throw SyscallError(errno: 22, operation: operation, detail: "`\(label)` is no context")
    }
    do throws(SyscallError) {
      try write(wanted.description, .selinux, name, procfs)
    } catch {
      throw SyscallError(
        errno: error.errno, operation: operation, path: error.path,
        detail: error.errno == 22 ? "`\(label)` is no context of the policy that is loaded" : "`\(label)`")
    }
    let text = try read(.selinux, name, procfs)
    guard let now = SELinuxLabel(text), now.isSame(as: wanted) else {
      throw SyscallError(
        errno: 1, operation: operation, path: FilePath("attr/\(name)"),
        detail: "asked for `\(label)`, and the kernel has `\(text)`")
    }
  }

  private static func read(_ module: Module, _ name: String, _ procfs: CInt) throws(SyscallError) -> String {
    let file = try open(module, name, .readOnly, procfs)
    return String(decoding: try Kernel.readAll(file.raw, limit: 1 << 16), as: UTF8.self)
  }

  private static func write(_ text: String, _ module: Module, _ name: String, _ procfs: CInt) throws(SyscallError) {
    let file = try open(module, name, .writeOnly, procfs)
    // In one write: the kernel takes each as a whole.
    try file.writeAll(Array(text.utf8))
  }

  private static func open(
    _ module: Module, _ name: String, _ mode: OpenFlags, _ procfs: CInt
  ) throws(SyscallError) -> OwnedFD {
    var missing = SyscallError(errno: 2, operation: "openat2", path: FilePath("attr/\(name)"))
    for path in module.files(name) {
      do throws(SyscallError) {
        return try Kernel.open(FilePath(path), at: procfs, mode, resolve: scope)
      } catch {
        if error.errno != 2 { throw error }
        missing = error
      }
    }
    throw missing
  }
}
