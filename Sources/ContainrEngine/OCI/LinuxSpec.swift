// `linux` of the OCI runtime-spec: namespaces, ids, devices. Pure values.
// Source: https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md

/// `linux`.
public struct OCILinux: Sendable, Hashable, Codable {
  /// New or joined; what is not listed is the host's.
  public var namespaces: [OCINamespace] = []
  /// Of a new user namespace: ids inside and outside.
  public var uidMappings: [OCIIDMapping] = []
  /// See `uidMappings`.
  public var gidMappings: [OCIIDMapping] = []
  /// Of a new time namespace, by clock: `monotonic`, `boottime`.
  public var timeOffsets: [String: OCITimeOffset] = [:]
  /// Nodes that are made beside the standard ones.
  public var devices: [OCIDevice] = []
  /// The limits of its cgroup.
  public var resources = OCIResources()
  /// Below the hierarchies' roots: `containr/STACK/ID`.
  public var cgroupsPath: String?
  /// Names with dots, and their values.
  public var sysctl: [String: String] = [:]
  /// Absolute paths inside that show nothing.
  public var maskedPaths: [String] = []
  /// Absolute paths inside that cannot be written.
  public var readonlyPaths: [String] = []
  /// The compiled filter, an array of struct sock_filter. Containr's: profiles are compiled on the host, once.
  public var seccompProgram: [UInt8]?
  /// The filter as config.json has it; compiled on the host.
  public var seccomp: OCISeccomp?
  /// `private`, `slave`, `shared` or `unbindable`, or one of these with an `r`.
  public var rootfsPropagation: String?
  /// The SELinux context of mounts.
  public var mountLabel: String?
  /// set_mempolicy(2); nil leaves it.
  public var memoryPolicy: OCIMemoryPolicy?
  /// personality(2); nil leaves it.
  public var personality: UInt64?

  /// With its values.
  public init() {}
}

/// One range of `uidMappings` or `gidMappings`.
public struct OCIIDMapping: Sendable, Hashable, Codable {
  /// The first id inside.
  public var containerID: UInt32
  /// The first id outside.
  public var hostID: UInt32
  /// How many.
  public var size: UInt32

  /// With its values.
  public init(containerID: UInt32, hostID: UInt32, size: UInt32) {
    self.containerID = containerID
    self.hostID = hostID
    self.size = size
  }
}

/// `linux.memoryPolicy`, in the kernel's numbers.
public struct OCIMemoryPolicy: Sendable, Hashable, Codable {
  /// MPOL_… with its flags.
  public var mode: UInt32
  /// Bit n is node n; empty for none.
  public var nodes: [UInt8]

  /// A policy.
  public init(mode: UInt32, nodes: [UInt8]) {
    self.mode = mode
    self.nodes = nodes
  }
}

/// `linux.timeOffsets.*`.
public struct OCITimeOffset: Sendable, Hashable, Codable {
  /// Seconds.
  public var seconds: Int64
  /// Nanoseconds.
  public var nanoseconds: UInt32

  /// With its values.
  public init(seconds: Int64, nanoseconds: UInt32) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }
}

/// `linux.devices[]`: a node.
public struct OCIDevice: Sendable, Hashable, Codable {
  /// Absolute path inside.
  public var path: String
  /// `c`, `u` character, `b` block, `p` fifo.
  public var type: String
  /// Not of a fifo.
  public var major: UInt32
  /// Not of a fifo.
  public var minor: UInt32
  /// Permission bits; nil is 0666.
  public var fileMode: UInt32?
  /// The owner inside.
  public var uid: UInt32?
  /// The group inside.
  public var gid: UInt32?
  /// Where the host has it, for those who may make no nodes and get the host's; nil is `path`. Not of the specification.
  public var hostPath: String?

  /// With its values.
  public init(path: String, type: String, major: UInt32 = 0, minor: UInt32 = 0) {
    self.path = path
    self.type = type
    self.major = major
    self.minor = minor
  }
}

/// `linux.namespaces[]`.
public struct OCINamespace: Sendable, Hashable, Codable {
  /// The kinds of namespaces.
  public enum Kind: String, Sendable, Codable, CaseIterable { case pid, network, mount, ipc, uts, user, cgroup, time }
  /// Its kind, in the specification's words.
  public var type: Kind
  /// An existing namespace to join, or nil for a new one.
  public var path: String?

  /// With its values.
  public init(_ type: Kind, path: String? = nil) {
    self.type = type
    self.path = path
  }
}
