// What is written down. Records are hints; the kernel is the truth. `fields` is the flat form of the applied plan
// and `plan` its JSON: this room does not read either.

/// One stack.
public struct StackRecord: Sendable, Hashable {
  /// The stack's name.
  public var name: String
  /// Canonical path of the file.
  public var file: String
  /// Who started it.
  public var ownerUID: UInt32
  /// The boot in which it was last changed.
  public var bootID: String
  /// Seconds since 1970.
  public var createdAt: Int
  /// IFLA_GROUP of all its links.
  public var linkGroup: UInt32

  /// One row.
  public init(name: String, file: String, ownerUID: UInt32, bootID: String, createdAt: Int, linkGroup: UInt32) {
    self.name = name
    self.file = file
    self.ownerUID = ownerUID
    self.bootID = bootID
    self.createdAt = createdAt
    self.linkGroup = linkGroup
  }
}

/// One container.
public struct ContainerRecord: Sendable, Hashable {
  /// How far it is: before its start, after it, after a stop, before its removal.
  public enum Stage: String, Sendable { case creating, running, stopped, removing }
  /// Its part while one container takes over from another: names and published ports lead to the one that serves.
  public enum Role: String, Sendable { case serving, incoming, outgoing }
  /// Its name on the host.
  public var id: String
  /// The stack's name.
  public var stack: String
  /// The service's name.
  public var service: String
  /// From 1.
  public var index: Int
  /// How far it is.
  public var stage: Stage
  /// The applied plan, flat.
  public var fields: String
  /// The applied plan, JSON.
  public var plan: String
  /// The boot in which it was started.
  public var bootID: String
  /// Seconds since 1970.
  public var createdAt: Int
  /// Its places on networks.
  public var leases: [LeaseRecord]
  /// Its published ports.
  public var ports: [PortRecord]
  /// Digests of the unpacked layers that it stands on.
  public var layers: [String] = []
  /// 0 or 1; with stack, service and index it makes the id.
  public var slot = 0
  /// The first of the host's ids that it has for its own; 0: it has the host's.
  public var ids = 0
  /// Whether it serves.
  public var role = Role.serving
  /// What was in its configs, secrets and mounted files when it got them, by target.
  public var contents: [ContentRecord] = []
  /// The volumes that it has mounted.
  public var volumes: [VolumeUse] = []
  /// The manifest's digest of the image that it runs; empty: it runs none.
  public var image = ""
  /// The plan with what the image says, JSON; empty: it is `plan`.
  public var merged = ""

  /// One row; layers are set when it starts.
  public init(
    id: String, stack: String, service: String, index: Int, stage: Stage, fields: String, plan: String,
    bootID: String, createdAt: Int, leases: [LeaseRecord] = [], ports: [PortRecord] = []
  ) {
    self.id = id
    self.stack = stack
    self.service = service
    self.index = index
    self.stage = stage
    self.fields = fields
    self.plan = plan
    self.bootID = bootID
    self.createdAt = createdAt
    self.leases = leases
    self.ports = ports
  }
}

/// What was in a file that a container was given: not the content, only what tells it from another one.
public struct ContentRecord: Sendable, Hashable {
  /// Its path in the container.
  public var target: String
  /// `config`, `secret` or `mount`.
  public var kind: String
  /// Keyed with what is not recorded, or size, time and inode of what is too large to be read.
  public var digest: String
  /// Device, inode, size and time of the file that it was read from, while they tell as much; else empty.
  public var stamp: String

  /// One file.
  public init(target: String, kind: String, digest: String, stamp: String) {
    self.target = target
    self.kind = kind
    self.digest = digest
    self.stamp = stamp
  }
}

/// A container's place on one network.
public struct LeaseRecord: Sendable, Hashable {
  /// The network's name on the host, and its key in the file.
  public var network: String
  /// The network's key in the file.
  public var key: String
  /// Dotted quad; empty: it has no IPv4.
  public var address: String
  /// As RFC 5952 wants it; empty: it has no IPv6.
  public var address6 = ""
  /// Further addresses, of one link each.
  public var linkLocal: [String] = []
  /// `02:…`, six bytes.
  public var mac: String
  /// The host's end of the veth pair.
  public var link: String
  /// The other end's name, inside: `eth0`.
  public var interface: String
  /// Those of a higher one come first.
  public var priority = 0
  /// That of the highest one carries the default route.
  public var gatewayPriority = 0

  /// One lease.
  public init(network: String, key: String, address: String, mac: String, link: String, interface: String) {
    self.network = network
    self.key = key
    self.address = address
    self.mac = mac
    self.link = link
    self.interface = interface
  }
}

/// A published port with the host port that was chosen.
public struct PortRecord: Sendable, Hashable {
  /// The plan's key of it.
  public var key: String
  /// nil: every address of the host.
  public var hostAddress: String?
  /// The port on the host.
  public var hostPort: Int
  /// The port inside.
  public var containerPort: Int
  /// `tcp` or `udp`.
  public var transport: String

  /// One published port.
  public init(key: String, hostAddress: String?, hostPort: Int, containerPort: Int, transport: String) {
    self.key = key
    self.hostAddress = hostAddress
    self.hostPort = hostPort
    self.containerPort = containerPort
    self.transport = transport
  }
}

/// One network.
public struct NetworkRecord: Sendable, Hashable {
  /// How far it is.
  public enum Stage: String, Sendable { case creating, ready, removing }
  /// Its name on the host.
  public var name: String
  /// Its key in the file.
  public var key: String
  /// The stack's name; empty: it was made by hand.
  public var stack: String
  /// How far it is.
  public var stage: Stage
  /// The bridge's name; of a network without a bridge nobody's.
  public var bridge: String
  /// CIDR; empty: it has no IPv4.
  public var subnet: String
  /// Dotted quad; empty: it has no IPv4, or no way out.
  public var gateway: String
  /// CIDR; empty: it has no IPv6.
  public var subnet6 = ""
  /// As RFC 5952 wants it; empty: it has no IPv6, or no way out.
  public var gateway6 = ""
  /// Seconds since 1970; 0: an earlier release made it.
  public var createdAt = 0
  /// No way out of the host.
  public var isInternal: Bool
  /// nil: as the kernel says.
  public var mtu: Int?
  /// The applied plan, flat.
  public var fields: String

  /// One row.
  public init(
    name: String, key: String, stack: String, stage: Stage, bridge: String, subnet: String, gateway: String,
    isInternal: Bool, mtu: Int?, fields: String
  ) {
    self.name = name
    self.key = key
    self.stack = stack
    self.stage = stage
    self.bridge = bridge
    self.subnet = subnet
    self.gateway = gateway
    self.isInternal = isInternal
    self.mtu = mtu
    self.fields = fields
  }
}

/// A volume that a container has mounted.
public struct VolumeUse: Sendable, Hashable {
  /// Its key in the file; empty: it is anonymous.
  public var key: String
  /// Its name on the host.
  public var name: String

  /// One volume.
  public init(key: String, name: String) {
    self.key = key
    self.name = name
  }

  /// `KEY=NAME …`; neither holds a blank or a `=`.
  static func text(_ uses: [VolumeUse]) -> String { uses.map { "\($0.key)=\($0.name)" }.joined(separator: " ") }

  static func uses(_ text: String) -> [VolumeUse] {
    text.split(separator: " ").compactMap { word in
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return parts.count == 2 ? VolumeUse(key: String(parts[0]), name: String(parts[1])) : nil
    }
  }
}

/// One volume that was made by name or for a container. It outlives its stack unless `down -v` takes it.
public struct VolumeRecord: Sendable, Hashable {
  /// Its name on the host.
  public var name: String
  /// Its key in the file; of an anonymous one the path that it is mounted on.
  public var key: String
  /// The stack's name; empty: it was made by hand.
  public var stack: String
  /// Seconds since 1970.
  public var createdAt: Int
  /// The applied plan, flat; empty: an earlier release made it.
  public var fields: String
  /// The container's place (`hello-web-1`) that an anonymous one belongs to; empty: it has a name of its own.
  public var place: String

  /// One row.
  public init(name: String, key: String, stack: String, createdAt: Int, fields: String = "", place: String = "") {
    self.name = name
    self.key = key
    self.stack = stack
    self.createdAt = createdAt
    self.fields = fields
    self.place = place
  }
}

/// A kernel setting that we turned on and have to turn back.
public struct SysctlRecord: Sendable, Hashable {
  /// Below /proc/sys.
  public var path: String
  /// What it was before us.
  public var oldValue: String
  /// What we wrote.
  public var writtenValue: String

  /// One row.
  public init(path: String, oldValue: String, writtenValue: String) {
    self.path = path
    self.oldValue = oldValue
    self.writtenValue = writtenValue
  }
}

/// Everything that is written down: small enough to be read whole.
public struct StoreContents: Sendable, Hashable {
  /// By name.
  public var stacks: [StackRecord] = []
  /// By id.
  public var containers: [ContainerRecord] = []
  /// By name.
  public var networks: [NetworkRecord] = []
  /// By name.
  public var volumes: [VolumeRecord] = []
  /// By path.
  public var sysctls: [SysctlRecord] = []

  /// Nothing is recorded.
  public init() {}

  /// Nothing is left to be remembered.
  public var isEmpty: Bool {
    stacks.isEmpty && containers.isEmpty && networks.isEmpty && volumes.isEmpty && sysctls.isEmpty
  }
}

/// One write. Several of them go into one transaction.
public enum StoreWrite: Sendable, Hashable {
  case putStack(StackRecord)
  case removeStack(String)
  /// Replaces the row with its leases and ports.
  case putContainer(ContainerRecord)
  case setStage(container: String, ContainerRecord.Stage)
  case setRole(container: String, ContainerRecord.Role)
  /// The applied plan of a container that changed in place.
  case setPlan(container: String, fields: String, plan: String)
  case setLayers(container: String, [String])
  case setVolumes(container: String, [VolumeUse])
  /// The image's digest and the plan that came of it; both empty: there is none.
  case setImage(container: String, digest: String, merged: String)
  /// Replaces what is recorded of a container's files.
  case setContents(container: String, [ContentRecord])
  case removeContainer(String)
  case putNetwork(NetworkRecord)
  case setNetworkStage(name: String, NetworkRecord.Stage)
  case removeNetwork(String)
  case putVolume(VolumeRecord)
  case removeVolume(String)
  case putSysctl(SysctlRecord)
  case removeSysctl(String)
  /// Written before the first change. Revisions of this stack that still apply were interrupted; the oldest ones go.
  case putRevision(RevisionRecord, plan: String)
  /// nil leaves the layers as they are recorded.
  case endRevision(stack: String, number: Int, RevisionRecord.Outcome, endedAt: Int, layers: String?)
}
