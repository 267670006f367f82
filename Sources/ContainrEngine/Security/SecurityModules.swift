// Which of the label-giving security modules are on in this kernel. Reads only.
public import ContainrSystem
public import SystemPackage

/// AppArmor and SELinux, as far as they are on.
public struct SecurityModules: Sendable, Hashable {
  /// Programs can be given AppArmor profiles.
  public var hasAppArmor: Bool
  /// Programs and files have SELinux contexts, of a policy that is loaded.
  public var hasSELinux: Bool

  /// With these.
  public init(hasAppArmor: Bool, hasSELinux: Bool) {
    self.hasAppArmor = hasAppArmor
    self.hasSELinux = hasSELinux
  }

  /// What this kernel has on. `root` stands for `/` in tests.
  public static func ofHost(root: FilePath = "/") throws(SyscallError) -> SecurityModules {
    let appArmor = try firstByte(root.pushing("sys/module/apparmor/parameters/enabled")) == UInt8(ascii: "Y")
    // selinuxfs has this file as long as SELinux is on; before a policy is loaded every process is `kernel`.
    var selinux = try firstByte(root.pushing("sys/fs/selinux/enforce")) != nil
    if selinux {
      let own = try Kernel.contents(of: root.pushing("proc/self/attr/current"))
      selinux = !String(decoding: own, as: UTF8.self).hasPrefix("kernel\0") && own.contains(UInt8(ascii: ":"))
    }
    return SecurityModules(hasAppArmor: appArmor, hasSELinux: selinux)
  }

  private static func firstByte(_ path: FilePath) throws(SyscallError) -> UInt8? {
    do throws(SyscallError) {
      return try Kernel.contents(of: path).first
    } catch {
      if error.errno == 2 || error.errno == 20 { return nil }
      throw error
    }
  }

  /// Refuses labels that this kernel cannot give: a protection that was asked for is had or the start fails.
  public func check(apparmorProfile: String?, selinuxLabel: String?, mountLabel: String?) throws(SecurityError) {
    if let profile = apparmorProfile, !hasAppArmor, profile != AppArmorLabel.unconfined {
      throw SecurityError(
        field: "apparmor", value: profile,
        reason: "AppArmor is not on in this kernel; boot with `lsm=…,apparmor`, or take the option out")
    }
    if let label = selinuxLabel ?? mountLabel, !hasSELinux {
      throw SecurityError(
        field: "label", value: label,
        reason: "SELinux is not on in this kernel; boot with `security=selinux` and a policy, or take the option out")
    }
  }
}
