// What the host has decided about one container, for the shim and for the container's first process. Pure values;
// their wire form is in InitPlan+Wire.swift.
public import ContainrNamespaces
public import ContainrOCI
public import ContainrRootfs
public import ContainrTelemetry

/// What the shim itself needs: it is decoded before the clone, the rest after it, in the child.
public struct ShimPlan: Sendable, Hashable {
  /// The boot in which the container starts, for the record.
  public var bootID: String
  /// The namespaces that the container gets of its own.
  public var namespaces: NamespaceSet
  /// Existing namespaces to join; their descriptors come in this order.
  public var joins: [NamespaceSet] = []
  /// The ids of a user namespace of its own; empty for none.
  public var idMap = IDMap(uids: [], gids: [])
  /// Whether its parent has ids to write or mounts to make for it (`HostSide`).
  public var hasHostSide = false
  /// A v2 cgroup's directory comes with the request (CLONE_INTO_CGROUP).
  public var hasCgroup = false
  /// The cgroup's file that counts OOM kills comes with the request, and after it the file of its limit.
  public var hasKillCounter = false
  /// After these comes what v1 tells OOM kills by.
  public var hasKillNotice = false
  /// The log's file name in the log directory.
  public var logName: String
  /// When the log is rotated and how much of it is kept.
  public var logLimits = LogLimits()
  /// Where its end is told as an event: the journal's path; empty: nowhere.
  public var journal = ""
  /// Who it is there (`EventSubject.text`).
  public var subject = ""
  /// The first process has a terminal, which the shim holds.
  public var hasTerminal = false
  /// Its standard input stays open, and who attaches can write to it.
  public var keepsInput = false
  /// The listening socket of those who attach comes with the request.
  public var hasListener = false
  /// Nothing of its output is read before somebody has attached, and nothing is passed by him.
  public var awaitsClient = false

  /// The plan; what is not named has its default.
  public init(bootID: String, namespaces: NamespaceSet, logName: String) {
    self.bootID = bootID
    self.namespaces = namespaces
    self.logName = logName
  }
}

/// What the container's first process does before it becomes the container's program.
public struct InitPlan: Sendable, Hashable {
  /// v1's `tasks` files of the host, into which the process writes itself.
  public var cgroupFiles: [String] = []
  /// Whether it gets a cgroup namespace, rooted at its cgroup.
  public var cgroupNamespace = false
  /// The host makes the cgroup while the process builds its mounts: its `tasks` files come, open, with `proceed`.
  public var cgroupComes = false
  /// Whether the network namespace is new: the host then gets a route socket of it.
  public var ownNetwork = false
  /// A small init of ours stands before the program (ReaperProcess).
  public var usesInit = false
  /// Set in the new UTS namespace.
  public var hostname: String?
  /// See `hostname`.
  public var domainname: String?
  /// Whether it runs in a user namespace, new or joined: it becomes root there first.
  public var inUserNamespace = false
  /// In a user namespace, without rights over the host's mounts: nobody outside could make its mounts for it.
  public var mountsItself = false
  /// The lines of timens_offsets (time_namespaces(7)); nil without a time namespace of its own.
  public var timeOffsets: String?
  /// MS_* flags of everything that is mounted, before anything is made.
  public var treePropagation: UInt64 = 1 << 19 | 0x4000
  /// MS_* flags of the root when all is made; nil leaves it.
  public var rootPropagation: UInt64?
  /// In order; the first makes the root.
  public var mounts: [MountStep] = []
  /// How the root is changed.
  public var rootSwitch = RootSwitch.pivotRoot
  /// Kernel parameters of the container's namespaces.
  public var sysctls: [SysctlWrite] = []
  /// What runs.
  public var process: ProcessPlan

  /// The plan; what is not named has its default.
  public init(process: ProcessPlan) { self.process = process }
}

/// One kernel parameter of the container's namespaces.
public struct SysctlWrite: Sendable, Hashable {
  /// Below /proc/sys: `net/ipv4/ip_forward`.
  public var path: String
  /// One line, as it is written.
  public var value: String

  /// The plan; what is not named has its default.
  public init(path: String, value: String) {
    self.path = path
    self.value = value
  }
}

/// The program and what it may do; the same for a container's first process and for a command run inside.
public struct ProcessPlan: Sendable, Hashable {
  /// Arguments, environment, user, capabilities, limits.
  public var process: OCIProcess
  /// An array of struct sock_filter; empty for no filter.
  public var seccomp: [UInt8]
  /// SECCOMP_FILTER_FLAG_… bits.
  public var seccompFlags: UInt32 = 0
  /// personality(2); nil leaves it.
  public var personality: UInt64?

  /// The plan; what is not named has its default.
  public init(process: OCIProcess, seccomp: [UInt8]) {
    self.process = process
    self.seccomp = seccomp
  }
}

/// A command to be run inside a container that runs.
public struct ExecPlan: Sendable, Hashable {
  /// Joined through the pidfd of the container's first process.
  public var namespaces: NamespaceSet
  /// With `.chroot` the container's root directory comes with the request: joining its mount namespace is not enough.
  public var rootSwitch: RootSwitch
  /// Which of stdin, stdout and stderr come with the request; the others are the container's /dev/null, or a terminal.
  public var streams: [Bool] = [false, false, false]
  /// The shim stays for the command, and the host does not.
  public var isDetached = false
  /// What runs.
  public var process: ProcessPlan

  /// The plan; what is not named has its default.
  public init(namespaces: NamespaceSet, rootSwitch: RootSwitch, process: ProcessPlan) {
    self.namespaces = namespaces
    self.rootSwitch = rootSwitch
    self.process = process
  }
}
