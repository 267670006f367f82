// The per-mount flags of mount_setattr(2) and fsmount(2), and how mount(8) spells them. Pure.

/// Per-mount attributes; raw values are the kernel's MOUNT_ATTR_*.
public struct MountAttributes: OptionSet, Sendable, Hashable {
  /// MOUNT_ATTR_* bits.
  public let rawValue: UInt64
  /// From MOUNT_ATTR_* bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// `ro`.
  public static let readOnly = MountAttributes(rawValue: 0x01)
  /// `nosuid`.
  public static let noSetuid = MountAttributes(rawValue: 0x02)
  /// `nodev`.
  public static let noDevices = MountAttributes(rawValue: 0x04)
  /// `noexec`.
  public static let noExec = MountAttributes(rawValue: 0x08)
  /// `noatime`.
  public static let noAccessTime = MountAttributes(rawValue: 0x10)
  /// `strictatime`.
  public static let strictAccessTime = MountAttributes(rawValue: 0x20)
  /// `nodiratime`.
  public static let noDirectoryAccessTime = MountAttributes(rawValue: 0x80)
  /// `nosymfollow`.
  public static let noSymlinkFollow = MountAttributes(rawValue: 0x0020_0000)

  /// All bits of the access-time setting, of which one value is chosen.
  static let accessTimeMask: UInt64 = 0x70

  /// The names in the order of this list: `ro,nosuid,nodev,noexec,…`.
  public var names: [String] { Self.spelling.filter { contains($0.attribute) }.map(\.name) }

  static let spelling: [(name: String, attribute: MountAttributes)] = [
    ("ro", .readOnly), ("nosuid", .noSetuid), ("nodev", .noDevices), ("noexec", .noExec), ("noatime", .noAccessTime),
    ("strictatime", .strictAccessTime), ("nodiratime", .noDirectoryAccessTime), ("nosymfollow", .noSymlinkFollow),
  ]
}

/// Whether mounts that the host makes below a bind's source later appear inside. The other direction does not exist.
public enum MountPropagation: UInt8, Sendable, Hashable {
  case privately = 0
  case slave = 1

  /// MS_PRIVATE, MS_SLAVE.
  var flag: UInt64 {
    switch self {
    case .privately: 1 << 18
    case .slave: 1 << 19
    }
  }
}
