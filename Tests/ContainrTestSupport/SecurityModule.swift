// What of security modules this kernel has on, for tests that have to know which of two right answers is due.
internal import Foundation

/// AppArmor and SELinux as the kernel shows them.
public enum SecurityModule {
  /// Programs can have AppArmor profiles.
  public static var hasAppArmor: Bool { text("/sys/module/apparmor/parameters/enabled").hasPrefix("Y") }
  /// Programs and files have SELinux contexts.
  public static var hasSELinux: Bool { FileManager.default.fileExists(atPath: "/sys/fs/selinux/enforce") }

  /// The profiles that are loaded, and their modes.
  public static var profiles: [String: String] {
    var profiles: [String: String] = [:]
    for line in text("/sys/kernel/security/apparmor/profiles").split(separator: "\n") {
      let parts = line.components(separatedBy: " (")
      profiles[parts[0]] = parts.count > 1 ? String(parts[1].dropLast()) : ""
    }
    return profiles
  }

  /// Takes a profile out of the kernel.
  public static func remove(_ profile: String) throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "/sys/kernel/security/apparmor/.remove"))
    try file.write(contentsOf: Data(profile.utf8))
    try file.close()
  }

  /// The label of a process, without the NUL or newline at its end; empty where there is none.
  public static func label(of pid: Int32) -> String {
    text("/proc/\(pid)/attr/current").trimmingCharacters(in: CharacterSet(charactersIn: "\0\n"))
  }

  /// The SELinux context of a file; empty where there is none.
  public static func context(of path: String) throws -> String {
    let text = try run("stat", ["--format", "%C", path]).succeeding().output.trimmingCharacters(in: .newlines)
    return text == "?" ? "" : text
  }

  private static func text(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }
}
