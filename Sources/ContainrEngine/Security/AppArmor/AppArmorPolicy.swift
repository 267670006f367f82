// The profiles in the kernel: which there are, loading one, removing one. Through securityfs; see
// security/apparmor/apparmorfs.c. Needs CAP_MAC_ADMIN in the initial user namespace for what writes.
public import ContainrSystem
public import SystemPackage

/// The kernel's policy.
public enum AppArmorPolicy {
  /// Where securityfs shows it.
  public static let directory: FilePath = "/sys/kernel/security/apparmor"

  /// The profiles that are loaded, by name, and their modes. An error says what keeps them from being read.
  public static func profiles() throws(SecurityError) -> [String: String] {
    let text: String
    do throws(SyscallError) {
      text = String(decoding: try Kernel.contents(of: directory.appending("profiles")), as: UTF8.self)
    } catch {
      let reason =
        error.errno == 2
        ? "AppArmor is on, but its files are not to be seen: mount securityfs on /sys/kernel/security" : "\(error)"
      throw SecurityError(field: "apparmor", value: "\(directory)/profiles", reason: reason)
    }
    var profiles: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let label = AppArmorLabel(String(line))
      if let name = label.profiles.first { profiles[name] = label.mode ?? "" }
    }
    return profiles
  }

  /// Loads what the parser has compiled; a profile of the same name is replaced, also under processes that have it.
  public static func load(_ compiled: [UInt8]) throws(SyscallError) {
    try Kernel.open(directory.appending(".replace"), .writeOnly).writeAll(compiled)
  }

  /// Removes a profile; one that is not there is fine. Processes that have it are confined by nothing any more: only when
  /// there are none.
  public static func remove(_ name: String) throws(SyscallError) {
    do throws(SyscallError) {
      try Kernel.open(directory.appending(".remove"), .writeOnly).writeAll(Array(name.utf8))
    } catch {
      if error.errno != 2 { throw error }
    }
  }
}
