// Where this host keeps what is ours, and how it is named. Two settings that differ in everything never meet.
public import SystemPackage

/// Directories and names of one installation on one host.
public struct HostSettings: Sendable {
  /// Durable: records, writable layers, unpacked layers, volumes, logs. `/var/lib/containr`.
  public var stateDirectory: FilePath
  /// Gone with a reboot: sockets, locks, process records. `/run/containr`.
  public var runDirectory: FilePath
  /// Below the roots of all cgroup hierarchies.
  public var cgroupParent: String
  /// Our one table of the packet filter, family ip.
  public var nftTable: String
  /// First letters of every link that we make; at most 4.
  public var linkPrefix: String
  /// CIDR from which subnets of networks are cut.
  public var addressPool: String
  /// The `containr-shim` program.
  public var shim: FilePath
  /// The `containr` program: `containr supervise STACK` is the supervisor, `containr unpack-layer` the unpacker.
  public var program: FilePath
  /// Between stop signal and SIGKILL, instead of what the plans say.
  public var stopGraceMilliseconds: Int?
  /// Nothing of this container's output passes before this command has attached; nil: there is none such.
  public var awaited: AwaitedContainer?
  /// What volumes hold is kept before they are removed.
  public var keepsVolumes = false
  /// Where subuid and subgid are: the host's ids for containers with ids of their own.
  public var idDirectory: FilePath = "/etc"
  /// systemd's journal.
  public var journaldSocket: FilePath = "/run/systemd/journal/socket"
  /// Where the rules of time zones are.
  public var zoneDirectory: FilePath = "/usr/share/zoneinfo"
  /// This host's own zone.
  public var localZone: FilePath = "/etc/localtime"
  /// Which file names the host's resolvers.
  public var resolvConf: FilePath = "/etc/resolv.conf"
  /// This host's network is an ordinary user's own: ports of the real one are relayed into it.
  public var relaysPorts = false
  /// Called at every step that a crash may hit, with a name that is stable within one run. For tests.
  public var failpoint: (@Sendable (String) -> Void)?

  /// The defaults are root's.
  public init(
    stateDirectory: FilePath = "/var/lib/containr", runDirectory: FilePath = "/run/containr",
    cgroupParent: String = "containr", nftTable: String = "containr", linkPrefix: String = "ctr",
    addressPool: String = "10.89.0.0/16", shim: FilePath, program: FilePath,
    failpoint: (@Sendable (String) -> Void)? = nil
  ) {
    self.stateDirectory = stateDirectory
    self.runDirectory = runDirectory
    self.cgroupParent = cgroupParent
    self.nftTable = nftTable
    self.linkPrefix = linkPrefix
    self.addressPool = addressPool
    self.shim = shim
    self.program = program
    self.failpoint = failpoint
  }

  /// The environment that leads the program to these same settings; the CLI reads it.
  package var environment: [String] {
    [
      "CONTAINR_STATE_DIR=\(stateDirectory)", "CONTAINR_RUN_DIR=\(runDirectory)",
      "CONTAINR_CGROUP_PARENT=\(cgroupParent)", "CONTAINR_NFT_TABLE=\(nftTable)", "CONTAINR_LINK_PREFIX=\(linkPrefix)",
      "CONTAINR_ADDRESS_POOL=\(addressPool)", "CONTAINR_SHIM=\(shim)", "CONTAINR_RESOLV_CONF=\(resolvConf)",
      "CONTAINR_JOURNALD_SOCKET=\(journaldSocket)",
      "CONTAINR_ROOTLESS=\(relaysPorts ? "1" : "")",
      "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
    ]
  }
}

/// A container that a command starts to attach to it at once.
public struct AwaitedContainer: Sendable, Hashable {
  /// On the host.
  public var id: String
  /// Of its terminal; 0: not known.
  public var rows: UInt16
  /// See `rows`.
  public var columns: UInt16

  /// With its values.
  public init(id: String, rows: UInt16, columns: UInt16) {
    self.id = id
    self.rows = rows
    self.columns = columns
  }
}
