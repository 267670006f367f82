// StackPlan: the desired state of one stack, from the file alone. Values are resolved (absolute paths, bytes,
// milliseconds) and every field knows its origin. Nothing here knows the host.

/// The desired state of one stack. Services, networks and volumes are sorted by name.
public struct StackPlan: Sendable, Hashable, Codable {
  /// The normalised project name: `[a-z0-9][a-z0-9_-]*`.
  public var name: String
  /// Absolute path of the (first) stack file.
  public var file: String
  /// The active services, sorted by name.
  public var services: [ServicePlan]
  /// The networks that services use, `default` made explicit.
  public var networks: [NetworkPlan]
  /// Named volumes that services use.
  public var volumes: [VolumePlan]
  /// Services of the file whose profiles are not active, sorted.
  @EmptyIfAbsent public var inactiveServices: [String]
  /// Configs and secrets that services use, configs first.
  @EmptyIfAbsent public var contents: [ContentPlan]

  /// Makes a plan of its parts.
  public init(
    name: String, file: String, services: [ServicePlan] = [], networks: [NetworkPlan] = [], volumes: [VolumePlan] = [],
    contents: [ContentPlan] = []
  ) {
    self.name = name
    self.file = file
    self.services = services
    self.networks = networks
    self.volumes = volumes
    self.contents = contents
  }

  /// What a file of a service is made from; nil only in a plan that no loader made.
  public func content(of file: FilePlan) -> ContentPlan? {
    contents.first { $0.kind == file.kind && $0.key == file.source }
  }
}

/// One read-only overlay layer.
public struct LayerPlan: Sendable, Hashable, Codable {
  /// How a layer lies on disk. `image` and `layout` stand for all layers of an image; `unpacked` is one of them, by its
  /// digest, and in no file.
  public enum Kind: String, Sendable, Codable { case directory, archive, image, layout, unpacked }
  /// Absolute host path. Directory or archive is known by the file's name (`.tar`, `.tar.gz`, `.tgz`, `.tar.zst`,
  /// `.tar.xz` are archives) and verified by the engine before anything starts. Of an image its reference, of an unpacked
  /// layer its digest.
  public var path: String
  /// How the layer lies on disk.
  public var kind: Kind
  /// layout only: the name of the image in it (`org.opencontainers.image.ref.name`); nil: the only one.
  public var name: String?
  /// image only: the digest that the lock file says.
  public var digest: String?

  /// As the file has it, paths absolute.
  public var text: String {
    switch kind {
    case .directory, .archive, .unpacked: path
    case .image: "image:\(path)"
    case .layout: "oci:\(path)" + (name.map { ":\($0)" } ?? "")
    }
  }
  /// Whether it is a file or directory by its path.
  public var isOnDisk: Bool { kind == .directory || kind == .archive }

  /// Makes a layer of its parts.
  public init(path: String, kind: Kind) {
    self.path = path
    self.kind = kind
  }
}

/// A name and its value: an environment variable or a label.
public struct EnvironmentPlan: Sendable, Hashable, Codable {
  /// Unique among its siblings.
  public var name: String
  /// Any text without NUL; may be empty.
  public var value: String

  /// Makes a pair of its parts.
  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// One mount of a service.
public struct MountPlan: Sendable, Hashable, Codable {
  /// What is mounted.
  public enum Kind: String, Sendable, Codable { case bind, volume, tmpfs, image }
  /// What is mounted.
  public var kind: Kind
  /// bind: absolute host path. volume: the key under top-level `volumes`, empty for an anonymous one. tmpfs: empty. image:
  /// its reference.
  public var source: String
  /// Absolute path inside the container, normalised.
  public var target: String
  /// Nothing in the container can write through this mount.
  public var readOnly: Bool
  /// bind only: make a missing source as a directory (`create_host_path`).
  public var createHostPath: Bool
  /// tmpfs only: bytes; nil is the kernel's default.
  public var size: Int64?
  /// tmpfs only: mode bits; nil is 0o1777.
  public var mode: Int?
  /// tmpfs only: further options of mount(8), sorted: `uid=1000`, `exec`.
  @EmptyIfAbsent public var options: [String]
  /// What the source's files are labelled with where SELinux is on (`z`, `Z`); nil leaves those of a bind as they are.
  public var relabel: Relabel?

  /// For whom a source is labelled; the raw value is the file's word.
  public enum Relabel: String, Sendable, Codable { case shared = "z", privately = "Z" }

  /// bind only: mounts below the source are left out; nil: they come along.
  public var isAlone: Bool?
  /// bind only: what the host mounts below the source later is seen inside.
  public var followsHost: Bool?
  /// volume and image only: a relative path without `..`, below what is mounted.
  public var subpath: String?
  /// volume only: what the root file system holds at the target is not copied into a new volume; nil: it is.
  public var noCopy: Bool?
  /// image only: the digest that the lock file says.
  public var digest: String?
  /// image only: its unpacked layers by digest, lowest first; in no file.
  @EmptyIfAbsent public var layers: [String]

  /// A volume without a name: it belongs to the container's place and goes with it.
  public var isAnonymous: Bool { kind == .volume && source.isEmpty }
  /// What tells a service's volumes apart: the key, of an anonymous one its target.
  public var volumeKey: String { isAnonymous ? target : source }

  /// Makes a mount of its parts.
  public init(
    kind: Kind, source: String, target: String, readOnly: Bool = false, createHostPath: Bool = false,
    size: Int64? = nil, mode: Int? = nil
  ) {
    self.kind = kind
    self.source = source
    self.target = target
    self.readOnly = readOnly
    self.createHostPath = createHostPath
    self.size = size
    self.mode = mode
  }
}

/// One published port.
public struct PortPlan: Sendable, Hashable, Codable {
  /// The protocol above IP.
  public enum Transport: String, Sendable, Codable { case tcp, udp, sctp }
  /// Host address of either family; nil is every address of the host.
  public var hostAddress: String?
  /// nil: any free port, chosen once and kept.
  public var hostPort: Int?
  /// Without a host port: the ones to choose from, of which each container gets its own.
  public var hostRange: PortSpan?
  /// The port inside the container, 1 to 65535.
  public var containerPort: Int
  /// The protocol above IP.
  public var transport: Transport
  /// A name for people, and for SRV records: `_NAME._tcp.SERVICE`.
  public var name: String?
  /// What is spoken there, such as `http`; a name in SRV records as well.
  public var appProtocol: String?

  /// Makes a port of its parts.
  public init(hostAddress: String?, hostPort: Int?, containerPort: Int, transport: Transport) {
    self.hostAddress = hostAddress
    self.hostPort = hostPort
    self.containerPort = containerPort
    self.transport = transport
  }
}

extension StackPlan {
  /// The plan with any free port of the host in the place of those that the file names, as `up --free-ports` has it.
  public func freeingPorts() -> StackPlan {
    var plan = self
    for index in plan.services.indices {
      for port in plan.services[index].ports.indices {
        (plan.services[index].ports[port].hostPort, plan.services[index].ports[port].hostRange) = (nil, nil)
      }
    }
    return plan
  }
}

/// Who reaches published ports from outside; the raw value is the file's word.
public enum PublishPolicy: String, Sendable, Codable, CaseIterable {
  /// Whom the host's own rules for its input let through.
  case hostFirewall = "host-firewall"
  /// Everybody, whatever the host's rules for its input are.
  case dockerLike = "docker-like"
}

/// What becomes of limits that a host cannot give; the raw value is the file's word.
public enum LimitPolicy: String, Sendable, Codable, CaseIterable {
  /// The service is not started.
  case required
  /// The service runs without them, and that is said.
  case bestEffort = "best-effort"
}

/// Ports of the host that follow each other.
public struct PortSpan: Sendable, Hashable, Codable {
  /// The first one.
  public var first: Int
  /// The last one, at least as large as the first.
  public var last: Int

  /// Both ends belong to it.
  public init(first: Int, last: Int) {
    self.first = first
    self.last = last
  }

  /// How many there are.
  public var count: Int { last - first + 1 }
}

/// What must hold of another service before this one starts.
public struct DependencyPlan: Sendable, Hashable, Codable {
  /// What is waited for, in Compose's words.
  public enum Condition: String, Sendable, Codable {
    case started = "service_started"
    case healthy = "service_healthy"
    case completed = "service_completed_successfully"
  }
  /// The service that is depended on.
  public var service: String
  /// What must hold of it.
  public var condition: Condition
  /// This service restarts when that one is recreated or restarted (`restart: true`).
  public var restart: Bool
  /// false: a missing or failed dependency only warns.
  public var required: Bool

  /// Makes a dependency of its parts.
  public init(service: String, condition: Condition, restart: Bool = false, required: Bool = true) {
    self.service = service
    self.condition = condition
    self.restart = restart
    self.required = required
  }
}

/// Limits of one container. nil: no limit asked for.
public struct ResourcePlan: Sendable, Hashable, Codable {
  /// Bytes.
  public var memoryLimit: Int64?
  /// Bytes.
  public var memoryReservation: Int64?
  /// Memory plus swap, bytes; -1 is unlimited.
  public var memorySwapLimit: Int64?
  /// How readily memory is swapped out, 0 to 100.
  public var memorySwappiness: Int?
  /// Nobody is killed when memory runs out (v1 only).
  public var disablesOOMKiller: Bool?
  /// Thousandths of a CPU (`cpus: 1.5` is 1500).
  public var milliCPUs: Int64?
  /// Microseconds.
  public var cpuPeriod: Int64?
  /// Microseconds of CPU time in a period.
  public var cpuQuota: Int64?
  /// Microseconds.
  public var realtimePeriod: Int64?
  /// Microseconds of real-time CPU time in a period.
  public var realtimeRuntime: Int64?
  /// 2 to 262144; the kernel's default is 1024.
  public var cpuShares: Int64?
  /// A list such as `0-1,3`.
  public var cpuset: String?
  /// Tasks at the same time, at least 1.
  public var pidsLimit: Int64?
  /// 10 to 1000.
  public var blockIOWeight: Int?
  /// Sorted by kind, then path; each pair once.
  public var blockIODevices: [BlockIOPlan] = []

  /// No limits.
  public init() {}
}

/// One throttle of `blkio_config`.
public struct BlockIOPlan: Sendable, Hashable, Codable {
  /// What is throttled; the raw value is the Compose key.
  public enum Kind: String, Sendable, Codable {
    case weight = "weight_device"
    case readBytes = "device_read_bps"
    case writeBytes = "device_write_bps"
    case readOperations = "device_read_iops"
    case writeOperations = "device_write_iops"
  }
  /// What is throttled.
  public var kind: Kind
  /// Absolute path of the block device.
  public var path: String
  /// Bytes or operations a second, or the weight.
  public var rate: Int64

  /// Makes a throttle of its parts.
  public init(kind: Kind, path: String, rate: Int64) {
    self.kind = kind
    self.path = path
    self.rate = rate
  }
}

/// How to find out whether a container is healthy. Times in milliseconds.
public struct HealthcheckPlan: Sendable, Hashable, Codable {
  /// The argument vector to run inside; `CMD-SHELL` is already `["/bin/sh", "-c", …]`.
  public var command: [String]
  /// Between the end of one test and the start of the next.
  public var interval = 30_000
  /// After which a test counts as failed.
  public var timeout = 30_000
  /// Failures in a row that make the container unhealthy.
  public var retries = 3
  /// How long failures after the start do not count.
  public var startPeriod = 0
  /// Between tests during the start period.
  public var startInterval = 5_000

  /// Makes a check with the defaults of Compose.
  public init(command: [String]) { self.command = command }
}

/// What becomes of a container that is unhealthy; the raw value is the file's word.
public enum UnhealthyReaction: String, Sendable, Codable, CaseIterable { case none, restart }

/// When a container that ended is started again.
public struct RestartPlan: Sendable, Hashable, Codable {
  /// When to start again; the raw value is the Compose word.
  public enum Policy: String, Sendable, Codable {
    case no
    case always
    case onFailure = "on-failure"
    case unlessStopped = "unless-stopped"
  }
  /// When to start again.
  public var policy = Policy.no
  /// How often in a row a start may fail; nil is without end.
  public var maxAttempts: Int?
  /// Milliseconds before each start; nil: a growing pause.
  public var delay: Int?
  /// Milliseconds after which a start has succeeded; nil: ten seconds.
  public var window: Int?

  /// Never starts again.
  public init() {}
}

/// One named volume of the stack.
public struct VolumePlan: Sendable, Hashable, Codable {
  /// The key in the file.
  public var key: String
  /// The name on the host: `<stack>_<key>` unless `name:` says otherwise.
  public var name: String
  /// Must exist already and is never removed.
  public var isExternal: Bool
  /// Options of the local driver (`driver_opts`), sorted by name; none: a directory of ours.
  @EmptyIfAbsent public var options: [EnvironmentPlan]
  /// Words for others, sorted by name.
  @EmptyIfAbsent public var labels: [EnvironmentPlan]
  /// Where its key stands.
  public var location: SourceLocation?
  /// Where each field of `fields` comes from, by its path; nil: it was recorded without.
  public var origins: [String: SourceLocation]?

  /// Makes a volume of its parts.
  public init(
    key: String, name: String, isExternal: Bool = false, options: [EnvironmentPlan] = [],
    labels: [EnvironmentPlan] = [], location: SourceLocation? = nil
  ) {
    self.key = key
    self.name = name
    self.isExternal = isExternal
    self.options = options
    self.labels = labels
    self.location = location
  }
}
