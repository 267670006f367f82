// Which namespaces a container has of its own, as the kernel's clone flags. Pure.
public import ContainrOCI

/// A set of namespace kinds; raw values are the kernel's CLONE_NEW* flags.
public struct NamespaceSet: OptionSet, Sendable, Hashable {
  /// CLONE_NEW* bits.
  public let rawValue: UInt64
  /// From CLONE_NEW* bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// CLONE_NEWTIME; made with unshare, since its offsets are written before a process is in it.
  public static let time = NamespaceSet(rawValue: 0x80)
  /// CLONE_NEWNS.
  public static let mount = NamespaceSet(rawValue: 0x0002_0000)
  /// CLONE_NEWCGROUP; entered with unshare, after the cgroup.
  public static let cgroup = NamespaceSet(rawValue: 0x0200_0000)
  /// CLONE_NEWUTS.
  public static let uts = NamespaceSet(rawValue: 0x0400_0000)
  /// CLONE_NEWIPC.
  public static let ipc = NamespaceSet(rawValue: 0x0800_0000)
  /// CLONE_NEWUSER.
  public static let user = NamespaceSet(rawValue: 0x1000_0000)
  /// CLONE_NEWPID.
  public static let pid = NamespaceSet(rawValue: 0x2000_0000)
  /// CLONE_NEWNET.
  public static let network = NamespaceSet(rawValue: 0x4000_0000)

  /// The set of one OCI kind.
  public init(_ kind: OCINamespace.Kind) {
    switch kind {
    case .mount: self = .mount
    case .cgroup: self = .cgroup
    case .uts: self = .uts
    case .ipc: self = .ipc
    case .pid: self = .pid
    case .network: self = .network
    case .user: self = .user
    case .time: self = .time
    }
  }

  /// The flags for unshare(2) and setns(2), which take an int.
  public var flags: CInt { CInt(truncatingIfNeeded: rawValue) }
}
