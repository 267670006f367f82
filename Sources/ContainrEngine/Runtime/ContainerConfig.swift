// What the engine asks the runtime for: one container. Pure values.
public import ContainrOCI
public import ContainrTelemetry
public import SystemPackage

/// One container to be started.
public struct ContainerConfig: Sendable, Hashable {
  /// Names the run directory; letters, digits, `_`, `-` and `.` only.
  public var id: String
  /// `root.path` is the mount point (an existing, empty directory) with an overlay, else the root file system itself.
  /// `mounts` are the volumes; the system mounts (/proc, /dev, …) are added unless one has the same destination.
  public var spec: RuntimeSpec
  /// A small init of ours stands before the program: it reaps, and passes signals on.
  public var usesInit = false
  /// Where its end is told as an event, and as whose (`EventSubject.text`); nil: nowhere.
  public var journal: (path: FilePath, subject: String)? {
    get { journalPath.map { ($0, journalSubject) } }
    set { (journalPath, journalSubject) = (newValue?.path, newValue?.subject ?? "") }
  }
  private var journalPath: FilePath?
  private var journalSubject = ""
  /// Its standard input stays open, for who attaches.
  public var keepsInput = false
  /// Nothing of its output passes before somebody has attached, who then gets all of it. Needs something to attach to.
  public var awaitsClient = false
  /// The groups above its cgroup are ours, and go when they are empty.
  public var ownsCgroupParents = true
  /// The root file system's layers; nil uses the directory `spec.root.path` as it is.
  public var overlay: OverlayConfig?
  /// The log file; its directory must exist.
  public var logFile: FilePath
  /// When the log is rotated and how much of it is kept.
  public var logLimits = LogLimits()
  /// The contents of /etc/hosts, /etc/resolv.conf and /etc/hostname inside; nil leaves the image's file.
  public var hosts: String?
  /// See `hosts`.
  public var resolvConf: String?
  /// See `hosts`.
  public var hostname: String?

  /// A container; its log limits are the default.
  public init(
    id: String, spec: RuntimeSpec, overlay: OverlayConfig? = nil, logFile: FilePath, hosts: String? = nil,
    resolvConf: String? = nil, hostname: String? = nil
  ) {
    self.id = id
    self.spec = spec
    self.overlay = overlay
    self.logFile = logFile
    self.hosts = hosts
    self.resolvConf = resolvConf
    self.hostname = hostname
  }
}

extension ContainerConfig {
  /// Whether the shim listens for who attaches.
  var isAttachable: Bool { spec.process.terminal || keepsInput || awaitsClient }
}

/// The layers of a root file system.
public struct OverlayConfig: Sendable, Hashable {
  /// Read-only layers, lowest first; at least one.
  public var lowers: [FilePath]
  /// The writable layer and its work directory, both existing and on one file system; nil makes a read-only root.
  public var upper: FilePath?
  /// See `upper`.
  public var work: FilePath?
  /// The layers are this container's alone, with the ids of its user namespace on disk, and the runtime's own on top.
  public var haveOwnIDs = false
  /// Not the kernel puts them over each other, but a server (`OverlayMaker`).
  public var isServed = false

  /// The layers; `upper` and `work` only together.
  public init(lowers: [FilePath], upper: FilePath? = nil, work: FilePath? = nil) {
    self.lowers = lowers
    self.upper = upper
    self.work = work
  }
}
