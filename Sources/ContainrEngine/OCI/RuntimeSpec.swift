// The OCI runtime-spec's value types (config.json, version 1.2, Linux): process, root, mounts. What is Linux's own is in
// LinuxSpec.swift, limits are in Resources.swift.
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
  /// nil: as the host's.
  public var domainname: String?
  /// In the order of mounting.
  public var mounts: [OCIMount] = []
  /// What is Linux's own.
  public var linux = OCILinux()
  /// Programs run around the container's life.
  public var hooks = OCIHooks()
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
  /// The terminal's size; nil leaves it.
  public var consoleSize: OCIConsoleSize?
  /// sched_setattr(2); nil leaves it.
  public var scheduler: OCIScheduler?
  /// ioprio_set(2); nil leaves it.
  public var ioPriority: OCIIOPriority?
  /// Processors of a command that enters.
  public var execCPUAffinity: OCICPUAffinity?

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
  /// Containr's: further ones by name or number, resolved inside the root file system.
  public var additionalGroups: [String] = []
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

/// `process.consoleSize`.
public struct OCIConsoleSize: Sendable, Hashable, Codable {
  /// Rows.
  public var height: UInt16
  /// Columns.
  public var width: UInt16

  /// With its values.
  public init(height: UInt16, width: UInt16) {
    self.height = height
    self.width = width
  }
}

/// `process.scheduler`, in the kernel's numbers.
public struct OCIScheduler: Sendable, Hashable, Codable {
  /// SCHED_OTHER 0, FIFO 1, RR 2, BATCH 3, ISO 4, IDLE 5, DEADLINE 6.
  public var policy: UInt32
  /// SCHED_FLAG_….
  public var flags: UInt64 = 0
  /// -20 to 19.
  public var nice: Int32 = 0
  /// Of the real-time policies.
  public var priority: UInt32 = 0
  /// Nanoseconds, of SCHED_DEADLINE.
  public var runtime: UInt64 = 0
  /// See `runtime`.
  public var deadline: UInt64 = 0
  /// See `runtime`.
  public var period: UInt64 = 0

  /// A policy.
  public init(policy: UInt32) { self.policy = policy }
}

/// `process.ioPriority`, in the kernel's numbers.
public struct OCIIOPriority: Sendable, Hashable, Codable {
  /// IOPRIO_CLASS_RT 1, BE 2, IDLE 3.
  public var ioClass: UInt32
  /// 0, the highest, to 7.
  public var level: UInt32

  /// With its values.
  public init(ioClass: UInt32, level: UInt32) {
    self.ioClass = ioClass
    self.level = level
  }
}

/// `process.execCPUAffinity`: lists such as `0-1,3`.
public struct OCICPUAffinity: Sendable, Hashable, Codable {
  /// Before the command is in its cgroup.
  public var initial: String?
  /// From then on.
  public var final: String?

  /// None.
  public init() {}
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
  /// Of an idmapped mount; empty for none, or, with the option `idmap`, for the container's own.
  public var uidMappings: [OCIIDMapping] = []
  /// See `uidMappings`.
  public var gidMappings: [OCIIDMapping] = []
  /// Containr's: a path below the source of a bind, which alone is mounted. No link leads out of the source.
  public var subpath: String?
  /// Containr's: a file of the mount namespace in which the source of a bind is; nil is the host's.
  public var namespace: String?
  /// Containr's: directories of the host whose files lie over each other, lowest first, in the place of a source. Such a
  /// mount is read-only; its `subpath` is one of them all.
  public var layers: [String] = []

  /// With its values.
  public init(destination: String, type: String, source: String, options: [String] = []) {
    self.destination = destination
    self.type = type
    self.source = source
    self.options = options
  }
}
