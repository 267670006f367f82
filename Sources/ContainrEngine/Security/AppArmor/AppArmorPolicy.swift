// The profiles in the kernel: which there are, loading one, removing one. Through securityfs; see
// security/apparmor/apparmorfs.c. Needs CAP_MAC_ADMIN in the initial user namespace for what writes.
public import ContainrSystem
internal import SystemPackage

/// The kernel's policy.
public enum AppArmorPolicy {
  /// The profiles that are loaded, by name, and their modes. An error says what keeps them from being read.
  public static func profiles(_ files: AppArmorFiles = .ofHost) throws(SecurityError) -> [String: String] {
    let text: String
    do throws(SyscallError) {
      let file = try files.open("profiles")
      text = String(decoding: try Kernel.readAll(file.raw), as: UTF8.self)
    } catch {
      throw SecurityError(field: "apparmor", value: "\(files.usual)/profiles", reason: error.description)
    }
    var profiles: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let label = AppArmorLabel(String(line))
      if let name = label.profiles.first { profiles[name] = label.mode ?? "" }
    }
    return profiles
  }

  /// Loads what the parser has compiled; a profile of the same name is replaced, also under processes that have it.
  public static func load(_ compiled: [UInt8], _ files: AppArmorFiles = .ofHost) throws(SyscallError) {
    try files.open(".replace", .writeOnly).writeAll(compiled)
  }

  /// Removes a profile; one that is not there is fine. Processes that have it are confined by nothing any more: only when
  /// there are none.
  public static func remove(_ name: String, _ files: AppArmorFiles = .ofHost) throws(SyscallError) {
    do throws(SyscallError) {
      try files.open(".remove", .writeOnly).writeAll(Array(name.utf8))
    } catch {
      if error.errno != 2 { throw error }
    }
  }
}
