// One mount as config.json can ask for it: every option of mount(8) that has a meaning for a container. Pure.
public import ContainrOCI

/// A mount with all its options. Made by `MountRequest+Options.swift`, applied by MountApplier.
public struct MountRequest: Sendable, Hashable {
  /// The file system; without meaning for a bind.
  public var type: String
  /// A path of the host for a bind, else what mountinfo shows.
  public var source: String
  /// Absolute, inside.
  public var target: String
  /// A path below the source, which alone is bound; no link leads out of the source.
  public var subpath: String?
  /// A file of the mount namespace in which the source is; nil is the host's.
  public var namespace: String?
  /// A file or directory of the host.
  public var isBind = false
  /// With what is mounted below.
  public var isRecursive = false
  /// Only changes what is mounted there already.
  public var isRemount = false
  /// Flags of the mount.
  public var set: MountAttributes = []
  /// Flags that it must not have.
  public var clear: MountAttributes = []
  /// Flags of the mount and all below it.
  public var recursiveSet: MountAttributes = []
  /// See `recursiveSet`.
  public var recursiveClear: MountAttributes = []
  /// MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE, each perhaps with MS_REC, in the order of asking.
  public var propagation: [UInt64] = []
  /// Options of the file system itself.
  public var parameters: [MountParameter] = []
  /// With `shared`: a peer of the host's mount, so that what is mounted below it inside is seen on the host.
  public var joinsPeers = false
  /// A tmpfs begins with what it covers.
  public var copiesUp = false
  /// Ids as another user namespace has them; an empty map is the container's own.
  public var idmap: IDMap?
  /// The map holds for all below it as well.
  public var idmapIsRecursive = false
  /// A source that is a symlink is made as one, and not mounted.
  public var copiesLink = false
  /// The source's last name is not followed if it is a symlink.
  public var sourceIsLink = false
  /// The target's last name is not followed if it is a symlink.
  public var targetIsLink = false

  /// A mount without options.
  public init(type: String, source: String, target: String) {
    self.type = type
    self.source = source
    self.target = target
  }

  /// One line, as it stands in errors and tests.
  public var text: String {
    var words = set.names + clear.names.map { "-\($0)" } + recursiveSet.names.map { "r:\($0)" }
    words += recursiveClear.names.map { "r:-\($0)" }
    words += propagation.map(Self.propagationName) + parameters.map(\.text)
    if copiesUp { words.append("tmpcopyup") }
    if let idmap {
      let what = idmap.isEmpty ? "own" : IDMap.text(idmap.uids).split(separator: "\n").joined(separator: ";")
      words.append("\(idmapIsRecursive ? "ridmap" : "idmap")=\(what)")
    }
    if namespace != nil { words.append("of another container") }
    let options = words.isEmpty ? "-" : words.joined(separator: ",")
    if isRemount { return "remount \(target) \(options)" }
    return isBind
      ? "\(isRecursive ? "rbind" : "bind") \(source)\(subpath.map { " // \($0)" } ?? "") \(target) \(options)"
      : "mount \(type) \(source) \(target) \(options)"
  }

  private static func propagationName(_ flags: UInt64) -> String {
    let name =
      switch flags & ~0x4000 {
      case 1 << 20: "shared"
      case 1 << 19: "slave"
      case 1 << 18: "private"
      default: "unbindable"
      }
    return flags & 0x4000 != 0 ? "r" + name : name
  }
}
