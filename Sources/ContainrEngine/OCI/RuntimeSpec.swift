// The OCI runtime-spec's value types (config.json, version 1.2, Linux), as far as the runtime reads them today.
// Names follow the specification. Pure values; source: https://github.com/opencontainers/runtime-spec/blob/main/config.md

/// `config.json`: one container.
public struct RuntimeSpec: Sendable, Hashable, Codable {
  /// The version of the specification.
  public var ociVersion = "1.2.0"
  /// What runs.
  public var process: OCIProcess
  /// Where it runs.
  public var root: OCIRoot
  /// nil: as the host's.
  public var hostname: String?
  /// In the order of mounting.
  public var mounts: [OCIMount] = []
  /// What is Linux's own.
  public var linux = OCILinux()
  /// Words for others; they change nothing.
  public var annotations: [String: String] = [:]

  /// With its values.
  public init(process: OCIProcess, root: OCIRoot) {
    self.process = process
    self.root = root
  }
}

/// `process`: what runs.
public struct OCIProcess: Sendable, Hashable, Codable {
  /// The argument vector; never empty.
  public var args: [String]
  /// `NAME=value`.
  public var env: [String] = []
  /// Absolute path inside.
  public var cwd = "/"
  /// As whom.
  public var user = OCIUser()
  /// With which rights.
  public var capabilities = OCICapabilities()
  /// With which limits.
  public var rlimits: [OCIRlimit] = []
  /// PR_SET_NO_NEW_PRIVS.
  public var noNewPrivileges = false
  /// -1000 to 1000; nil leaves it.
  public var oomScoreAdj: Int?
  /// With a terminal of its own.
  public var terminal = false
  /// The AppArmor profile of its program, or `unconfined`; nil is that of who starts it.
  public var apparmorProfile: String?
  /// The SELinux context of its program; nil is what the policy says of it.
  public var selinuxLabel: String?

  /// With its values.
  public init(args: [String]) { self.args = args }
}

/// `process.user`. `username` is Containr's: a name to be resolved inside the root file system (`name[:group]`,
/// or numbers); when set it wins over the numbers.
public struct OCIUser: Sendable, Hashable, Codable {
  /// In the container's numbers.
  public var uid: UInt32 = 0
  /// In the container's numbers.
  public var gid: UInt32 = 0
  /// Supplementary groups.
  public var additionalGids: [UInt32] = []
  /// nil is 022.
  public var umask: UInt32?
  /// `name[:group]`; wins over the numbers.
  public var username: String?

  /// With its values.
  public init() {}
}

/// `process.capabilities`: names with `CAP_`.
public struct OCICapabilities: Sendable, Hashable, Codable {
  /// What can ever be gained.
  public var bounding: [String] = []
  /// What is in force.
  public var effective: [String] = []
  /// What may be put in force.
  public var permitted: [String] = []
  /// Always empty in Containr (CVE-2022-24769).
  public var inheritable: [String] = []
  /// Always empty unless asked for.
  public var ambient: [String] = []

  /// With its values.
  public init() {}
}

/// `process.rlimits[]`: `type` is `RLIMIT_…`.
public struct OCIRlimit: Sendable, Hashable, Codable {
  /// Its kind, in the specification's words.
  public var type: String
  /// The limit in force.
  public var soft: UInt64
  /// How far it may be raised.
  public var hard: UInt64

  /// With its values.
  public init(type: String, soft: UInt64, hard: UInt64) {
    self.type = type
    self.soft = soft
    self.hard = hard
  }
}

/// `root`.
public struct OCIRoot: Sendable, Hashable, Codable {
  /// Absolute host path of the root file system's directory; for an overlay, of its mount point.
  public var path: String
  /// Mounted read-only.
  public var readonly = false

  /// With its values.
  public init(path: String) { self.path = path }
}

/// `mounts[]`.
public struct OCIMount: Sendable, Hashable, Codable {
  /// Absolute path inside.
  public var destination: String
  /// `bind`, `tmpfs`, `proc`, `sysfs`, `devpts`, `mqueue`, `cgroup`, …
  public var type: String
  /// A host path for binds; else a name for mountinfo.
  public var source: String
  /// As in mount(8): `ro`, `nosuid`, `nodev`, `noexec`, `rbind`, `size=…`, `mode=…`
  public var options: [String]

  /// With its values.
  public init(destination: String, type: String, source: String, options: [String] = []) {
    self.destination = destination
    self.type = type
    self.source = source
    self.options = options
  }
}

/// `linux`.
public struct OCILinux: Sendable, Hashable, Codable {
  /// New or joined; what is not listed is the host's.
  public var namespaces: [OCINamespace] = []
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
  /// The SELinux context of all files in its own file systems.
  public var mountLabel: String?
  /// The compiled filter, an array of struct sock_filter. Containr's: profiles are compiled on the host, once.
  public var seccompProgram: [UInt8]?
  /// `private`, `slave`, `shared` or `unbindable`.
  public var rootfsPropagation: String?

  /// With its values.
  public init() {}
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
