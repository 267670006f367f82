// Contexts of SELinux: `user:role:type:level`. Pure.

/// One context. The level is there where the policy has levels: `s0`, `s0:c1,c2`, `s0-s0:c0.c1023`.
public struct SELinuxLabel: Sendable, Hashable, CustomStringConvertible {
  /// `system_u`.
  public var user: String
  /// `system_r` of processes, `object_r` of files.
  public var role: String
  /// `container_t`.
  public var type: String
  /// nil in a policy without levels.
  public var level: String?

  /// With its parts.
  public init(user: String, role: String, type: String, level: String?) {
    self.user = user
    self.role = role
    self.type = type
    self.level = level
  }

  /// From its text, a NUL or a newline at the end aside; nil for what is none.
  public init?(_ text: String) {
    var text = text
    while let last = text.utf8.last, last == 10 || last == 0 { text.removeLast() }
    let parts = text.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 3, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } })
    else { return nil }
    self.init(user: parts[0], role: parts[1], type: parts[2], level: parts.count == 4 ? parts[3] : nil)
  }

  /// As the kernel takes it.
  public var description: String {
    ([user, role, type] + [level].compactMap { $0 }).joined(separator: ":")
  }

  /// The same context, if the kernel writes its categories in another order or as ranges: `c2,c1` is `c1,c2`.
  public func isSame(as other: SELinuxLabel) -> Bool {
    (user, role, type) == (other.user, other.role, other.type)
      && (level == other.level || Self.categories(level) == Self.categories(other.level))
  }

  /// The sensitivity and every category of it, for each end of a range of levels.
  private static func categories(_ level: String?) -> [Set<String>] {
    (level ?? "").split(separator: "-").map { end in
      let parts = end.split(separator: ":", maxSplits: 1)
      var all: Set<String> = ["\(parts.first ?? "")"]
      for word in parts.dropFirst().flatMap({ $0.split(separator: ",") }) {
        let ends = word.split(separator: ".").compactMap { $0.hasPrefix("c") ? Int($0.dropFirst()) : nil }
        if let first = ends.first, let last = ends.last, first <= last, last < 1 << 16 {
          all.formUnion((first...last).map { "c\($0)" })
        } else {
          all.insert(String(word))
        }
      }
      return all
    }
  }
}

/// The contexts of one container.
public struct SELinuxLabels: Sendable, Hashable {
  /// Of its processes.
  public var process: SELinuxLabel
  /// Of its files.
  public var mount: SELinuxLabel

  /// Both.
  public init(process: SELinuxLabel, mount: SELinuxLabel) {
    self.process = process
    self.mount = mount
  }
}
