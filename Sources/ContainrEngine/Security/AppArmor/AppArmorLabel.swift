// The labels of AppArmor as the kernel's attr files say them. Pure.

/// What confines a process: `containr-default (enforce)`, `unconfined`, or several profiles, `a//&b (enforce)`.
public struct AppArmorLabel: Sendable, Hashable {
  /// The name of what is no profile.
  public static let unconfined = "unconfined"

  /// The names of the profiles; all of them have to allow something.
  public var profiles: [String]
  /// `enforce`, `complain`, `mixed`, …; nil where the kernel says none.
  public var mode: String?

  /// From the text of an attr file; a newline or a NUL at its end is none of it.
  public init(_ text: String) {
    var name = text
    while let last = name.utf8.last, last == 10 || last == 0 { name.removeLast() }
    if name.hasSuffix(")"), let space = name.lastIndex(of: " "),
      name.index(after: space) < name.endIndex, name[name.index(after: space)] == "("
    {
      mode = String(name[name.index(space, offsetBy: 2)...].dropLast())
      name = String(name[..<space])
    }
    profiles = Self.components(name)
  }

  /// `a//&b` → `a`, `b`.
  private static func components(_ name: String) -> [String] {
    var parts: [String] = []
    var rest = Substring(name)
    while let range = rest.firstRange(of: "//&") {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }

  /// Nothing confines it.
  public var isUnconfined: Bool { profiles == [Self.unconfined] }

  /// The word with which a process that has this label asks for `profile` at its next execve. With no_new_privs a
  /// confined process may only be confined further: the profile is stacked upon its own.
  public func request(for profile: String, noNewPrivileges: Bool) -> String {
    "\(noNewPrivileges && !isUnconfined ? "stack" : "exec") \(profile)"
  }

  /// Whether this label, read back, is what `profile` was to bring about.
  public func brings(_ profile: String) -> Bool {
    // The kernel names a profile of another namespace `:ns://name`, however it was written.
    func plain(_ name: String) -> String { name.replacing("://", with: ":") }
    return profiles.contains { plain($0) == plain(profile) }
  }

  /// Refuses what is no profile's name before it comes near the kernel, which takes several commands in such a file.
  public static func check(name: String) throws(SecurityError) {
    let isPlain = !name.isEmpty && name.utf8.count < 1024 && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    if !isPlain || name.contains("//&") {
      throw SecurityError(field: "apparmor", value: name, reason: "is no name of one profile")
    }
  }
}
