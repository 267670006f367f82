// The options of an OCI mount, sorted into what the kernel takes where. Pure; an unknown option is an error.

/// mount(8)'s words, understood.
public struct MountOptions: Sendable, Hashable {
  /// Flags of the mount itself.
  public var attributes: MountAttributes = []
  /// Private unless `rslave` is asked for.
  public var propagation = MountPropagation.privately
  /// Whether `bind` or `rbind` was among them.
  public var bind = false
  /// Whether it was `rbind`.
  public var recursive = false
  /// Options of the file system itself: `size=64m`; a key without value is a flag.
  public var parameters: [MountParameter] = []

  /// Parses `options`; `parameters` names the file system options that are allowed, without their values.
  public init(_ options: [String], allowed: [String]) throws(MountPlanError) {
    for option in options {
      if let known = MountAttributes.spelling.first(where: { $0.name == option }) {
        attributes.insert(known.attribute)
        continue
      }
      switch option {
      case "defaults", "relatime", "async": break
      case "rw": attributes.remove(.readOnly)
      case "suid": attributes.remove(.noSetuid)
      case "dev": attributes.remove(.noDevices)
      case "exec": attributes.remove(.noExec)
      case "atime": attributes.remove(.noAccessTime)
      case "bind": bind = true
      case "rbind": (bind, recursive) = (true, true)
      case "private", "rprivate": propagation = .privately
      case "slave", "rslave": propagation = .slave
      case "shared", "rshared":
        throw MountPlanError("'\(option)' would let the container mount on the host; use 'rslave' or 'rprivate'")
      default:
        let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard allowed.contains(parts[0]) else { throw MountPlanError("unknown mount option '\(option)'") }
        parameters.append(MountParameter(parts[0], parts.count == 2 ? parts[1] : nil))
      }
    }
  }
}

/// One option of a file system: `key` or `key=value`.
public struct MountParameter: Sendable, Hashable {
  /// The parameter's name.
  public var key: String
  /// nil for a flag.
  public var value: String?

  /// `key=value`, or the flag `key`.
  public init(_ key: String, _ value: String? = nil) {
    self.key = key
    self.value = value
  }

  /// `key=value` or `key`.
  public var text: String { value.map { "\(key)=\($0)" } ?? key }
}

/// A mount that cannot be planned.
public struct MountPlanError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong with which mount.
  public var description: String
  /// A refusal in words.
  public init(_ description: String) { self.description = description }
}
