// The OCI runtime-spec's value types (config.json, version 1.2, Linux), as far as the runtime reads them today.
// Names follow the specification. Pure values; source: https://github.com/opencontainers/runtime-spec/blob/main/config.md

/// `config.json`: one container.
public struct RuntimeSpec: Sendable, Hashable, Codable {
  public var ociVersion = "1.2.0"
  public var process: OCIProcess
  public var root: OCIRoot
  public var hostname: String?
  /// In the order of mounting.
  public var mounts: [OCIMount] = []
  public var linux = OCILinux()
  public var annotations: [String: String] = [:]

  public init(process: OCIProcess, root: OCIRoot) {
    self.process = process
    self.root = root
  }
}

/// `process`: what runs.
public struct OCIProcess: Sendable, Hashable, Codable {
  public var args: [String]
  /// `NAME=value`.
  public var env: [String] = []
  public var cwd = "/"
  public var user = OCIUser()
  public var capabilities = OCICapabilities()
  public var rlimits: [OCIRlimit] = []
  public var noNewPrivileges = false
  public var oomScoreAdj: Int?
  public var terminal = false

  public init(args: [String]) { self.args = args }
}

/// `process.user`. `username` is Containr's: a name to be resolved inside the root file system (`name[:group]`,
/// or numbers); when set it wins over the numbers.
public struct OCIUser: Sendable, Hashable, Codable {
  public var uid: UInt32 = 0
  public var gid: UInt32 = 0
  public var additionalGids: [UInt32] = []
  public var umask: UInt32?
  public var username: String?

  public init() {}
}

/// `process.capabilities`: names with `CAP_`.
public struct OCICapabilities: Sendable, Hashable, Codable {
  public var bounding: [String] = []
  public var effective: [String] = []
  public var permitted: [String] = []
  public var inheritable: [String] = []
  public var ambient: [String] = []

  public init() {}
}

/// `process.rlimits[]`: `type` is `RLIMIT_…`.
public struct OCIRlimit: Sendable, Hashable, Codable {
  public var type: String
  public var soft: UInt64
  public var hard: UInt64

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
  public var readonly = false

  public init(path: String) { self.path = path }
}

/// `mounts[]`.
public struct OCIMount: Sendable, Hashable, Codable {
  /// Absolute path inside.
  public var destination: String
  /// `bind`, `tmpfs`, `proc`, `sysfs`, `devpts`, `mqueue`, `cgroup`, …
  public var type: String
  public var source: String
  /// As in mount(8): `ro`, `nosuid`, `nodev`, `noexec`, `rbind`, `size=…`, `mode=…`
  public var options: [String]

  public init(destination: String, type: String, source: String, options: [String] = []) {
    self.destination = destination
    self.type = type
    self.source = source
    self.options = options
  }
}

/// `linux`.
public struct OCILinux: Sendable, Hashable, Codable {
  public var namespaces: [OCINamespace] = []
  public var resources = OCIResources()
  /// Below the hierarchies' roots: `containr/STACK/ID`.
  public var cgroupsPath: String?
  public var sysctl: [String: String] = [:]
  public var maskedPaths: [String] = []
  public var readonlyPaths: [String] = []
  /// The compiled filter, an array of struct sock_filter. Containr's: profiles are compiled on the host, once.
  public var seccompProgram: [UInt8]?
  public var rootfsPropagation: String?

  public init() {}
}

/// `linux.namespaces[]`.
public struct OCINamespace: Sendable, Hashable, Codable {
  public enum Kind: String, Sendable, Codable, CaseIterable { case pid, network, mount, ipc, uts, user, cgroup, time }
  public var type: Kind
  /// An existing namespace to join, or nil for a new one.
  public var path: String?

  public init(_ type: Kind, path: String? = nil) {
    self.type = type
    self.path = path
  }
}
