// What a container is made from beside its plan: values that only the host knows, gathered before the translation.
package import ContainrOCI
package import ContainrSecurity
package import ContainrSpec
package import ContainrSystem
package import SystemPackage

/// What a container is made from beside its plan.
package struct ContainerSources: Sendable, Hashable {
  /// A place on one network.
  package struct Place: Sendable, Hashable {
    /// IPv4, without a prefix; empty: none.
    package var address: String
    /// The same of IPv6.
    package var address6 = ""
    /// Also the name server; empty: there is none.
    package var gateway: String
    /// The same of IPv6.
    package var gateway6 = ""
    /// Its name inside.
    package var interface = ""
    /// The network has a way out of the host.
    package var leadsOut: Bool
    /// The interface can have IPv6, and parameters of it: with less than 1280 bytes it has none.
    package var fitsIPv6 = true

    /// An address and its network's gateway.
    package init(address: String, gateway: String, leadsOut: Bool) {
      self.address = address
      self.gateway = gateway
      self.leadsOut = leadsOut
    }
  }
  /// Directories for overlayfs, lowest first.
  package var layers: [FilePath] = []
  /// Who can put them below what the container writes.
  package var overlayMaker = OverlayMaker.kernel
  /// By the key under `volumes`, anonymous ones by their target.
  package var volumes: [String: FilePath] = [:]
  /// Directories of the layers of mounted images, lowest first, by their paths inside.
  package var images: [String: [FilePath]] = [:]
  /// What its limits are about.
  package var limits = LimitFacts()
  /// Who the container's user is, where that matters to its mounts; nil: it does not.
  package var user: UserIDs?
  /// How many ids of users and of groups an ordinary user's namespace has; nil: it is the host's, which has all.
  package var ownIDs: IDCounts?
  /// `layers` are copies with the container's ids.
  package var hasOwnLayers: Bool { ownIDs != nil && user != nil && user != .root }
  /// What it gets of the host's devices.
  package var hardware = ContainerHardware()
  /// Namespaces of others, by their kind: files of nsfs.
  package var joined: [NamespacePlan.Kind: FilePath] = [:]
  /// The mount namespace of the container whose IPC is shared: its /dev/shm is shared as well.
  package var sharedMemory: FilePath?
  /// What a container in the host's network sees of the host.
  package var host = HostNames()
  /// This host has IPv6.
  package var hasIPv6 = false
  /// Who it shares its network with is in the host's.
  package var isInHostNetwork = false
  /// struct sock_filter, native; empty for none.
  package var seccompProgram: [UInt8] = []
  /// Files of the host for configs and secrets, by their paths inside.
  package var files: [String: FilePath] = [:]
  /// The first of the host's ids that it has for its own; 0: none.
  package var ids: UInt32 = 0
  /// In the order of the interfaces.
  package var places: [Place] = []
  /// Further entries of /etc/hosts of the container whose network is shared.
  package var sharedHosts: [HostEntryPlan] = []
  /// How the resolver of the container is set up whose network is shared.
  package var sharedResolver: ResolverPlan?
  /// Processors that the host could ever have.
  package var possibleCPUs = 0
  /// What the starter has to give.
  package var availableCapabilities = CapabilitySet.all
  /// RLIMIT_NOFILE of the host.
  package var hardNOFILE: UInt64 = 1_048_576

  /// Nothing yet.
  package init() {}
}

/// A block device's number.
package struct BlockDevice: Sendable, Hashable {
  /// As in /proc/devices.
  package var major: UInt32
  /// Which of the driver's.
  package var minor: UInt32

  /// Both.
  package init(major: UInt32, minor: UInt32) {
    self.major = major
    self.minor = minor
  }
}

/// What the host's files say that a container shares.
package struct HostNames: Sendable, Hashable {
  /// gethostname(2).
  package var hostname = ""
  /// /etc/hosts.
  package var hosts = ""
  /// /etc/resolv.conf.
  package var resolvConf = ""

  /// Nothing is shared.
  package init() {}
}

/// What the limits of a plan are about on this host.
package struct LimitFacts: Sendable, Hashable {
  /// By path.
  package var blockDevices: [String: BlockDevice] = [:]
  /// Rules of the device cgroup for the plan's devices; nil: one of them is not there, so nothing can be said.
  package var deviceRules: [OCIDeviceRule]? = []
  /// Limits that this host cannot give and the service does without, by the cgroup room's names.
  package var unavailable: Set<String> = []

  /// No devices.
  package init() {}
}

/// Nodes and what goes with them.
package struct ContainerHardware: Sendable, Hashable {
  /// Made below the container's root.
  package var nodes: [OCIDevice] = []
  /// Which of them may be used.
  package var rules: [OCIDeviceRule] = []
  /// `NAME=value`.
  package var environment: [String] = []
  /// Files that belong to them.
  package var mounts: [OCIMount] = []
  /// Groups that may use them.
  package var groups: [UInt32] = []

  /// None.
  package init() {}
}
