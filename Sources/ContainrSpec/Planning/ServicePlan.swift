// ServicePlan: the desired state of one service. A value; its parts are in the files beside.

/// The desired state of one service: everything one of its containers needs, but addresses.
public struct ServicePlan: Sendable, Hashable, Codable {
  /// The key under top-level `services`.
  public var name: String
  /// Its container was run once beside this service (`containr run`), and is none of the file's.
  public var oneOffOf: String?
  /// How many containers run it: 0 or more.
  public var replicas = 1
  /// The image that it runs, below `layers`; its config is merged when a container is made.
  public var image: ImagePlan?
  /// The platform of images among the layers, where there is no `image`.
  public var platform: String?
  /// When images among the layers are fetched, where there is no `image`.
  public var pullPolicy: PullPolicy?
  /// Overlay layers, lowest first; empty only beside an image.
  public var layers: [LayerPlan] = []
  /// `entrypoint`, then `command`; together the argument vector.
  public var entrypoint: [String] = []
  /// The rest of the argument vector; empty if all of it is in `entrypoint`.
  public var command: [String] = []
  /// Sorted by name; names are unique.
  public var environment: [EnvironmentPlan] = []
  /// Absolute path inside the container; `/` unless told otherwise.
  public var workingDirectory = "/"
  /// `uid`, `uid:gid`, `name` or `name:group`; nil is 0:0. Names are resolved inside the container.
  public var user: String?
  /// nil: the container's name.
  public var hostname: String?
  /// A further name of the only container.
  public var containerName: String?
  /// Other names of services of this stack, sorted by name.
  @EmptyIfAbsent public var links: [LinkPlan]
  /// Other names of containers of any stack, sorted by name.
  @EmptyIfAbsent public var externalLinks: [LinkPlan]
  /// Further entries of /etc/hosts, sorted.
  @EmptyIfAbsent public var extraHosts: [HostEntryPlan]
  /// How its resolver is set up; nil: nothing is said.
  public var resolver: ResolverPlan?
  /// Root file system read-only (`read_only`).
  public var readOnly = false
  /// Binds, tmpfs and named volumes, in the order of their targets' depth, then name.
  public var mounts: [MountPlan] = []
  /// Configs and secrets, in the order of their targets' depth, then name.
  @EmptyIfAbsent public var files: [FilePlan]
  /// What changed content of files does (`x-containr.on-change`); nil: it is not said.
  public var onChange: ChangeReaction?
  /// Published ports, ranges expanded to one entry a port, sorted.
  public var ports: [PortPlan] = []
  /// Whether published ports obey the host's firewall (`x-containr.publish`); nil: they do.
  public var publish: PublishPolicy?
  /// What it may receive on each of its networks (`x-containr.ingress`); nil: as much as comes.
  public var ingress: RatePlan?
  /// What it may send (`x-containr.egress`).
  public var egress: RatePlan?
  /// Sorted by network name.
  public var networks: [AttachmentPlan] = []
  /// Sorted by service name.
  public var dependsOn: [DependencyPlan] = []
  /// What the container may use.
  public var resources = ResourcePlan()
  /// What becomes of limits that the host cannot give (`x-containr.limits`); nil: it is not said, and they are required.
  public var limitPolicy: LimitPolicy?
  /// Whose the files in bind mounts are that its user owns (`x-containr.idmap: host-user`); nil: they have their own ids.
  public var hostUser: HostUserPlan?
  /// Whose namespaces it uses instead of its own, sorted by key.
  @EmptyIfAbsent public var namespaces: [NamespacePlan]
  /// Devices of the host, sorted by target.
  @EmptyIfAbsent public var devices: [DevicePlan]
  /// Devices by what they can do (`gpus`, `deploy.resources.reservations.devices`), in the order of the file.
  @EmptyIfAbsent public var deviceRequests: [DeviceRequestPlan]
  /// Rules of the device cgroup: `c 1:3 rwm`, in the order of the file.
  @EmptyIfAbsent public var deviceRules: [String]
  /// Kernel parameters of its namespaces, sorted by name.
  @EmptyIfAbsent public var sysctls: [EnvironmentPlan]
  /// Limits of its processes, sorted by name.
  @EmptyIfAbsent public var ulimits: [UlimitPlan]
  /// Further groups, names or numbers, sorted.
  @EmptyIfAbsent public var groups: [String]
  /// The size of /dev/shm in bytes; nil is 64 MiB.
  public var shmSize: Int64?
  /// A small init of ours is its first process.
  public var usesInit: Bool?
  /// Its process has a terminal.
  public var hasTerminal: Bool?
  /// Its standard input stays open.
  public var keepsInput: Bool?
  /// -1000 to 1000; nil is 0, or the caller's if that is higher.
  public var oomScoreAdjust: Int?
  /// The cgroup above its own, of the host: `jobs/nightly`.
  public var cgroupParent: String?
  /// The NIS domain name inside.
  public var domainName: String?
  /// The hardware address on its first network, six bytes with colons.
  public var macAddress: String?
  /// Words for others, sorted by name.
  @EmptyIfAbsent public var annotations: [EnvironmentPlan]
  /// What it may do.
  public var security: SecurityPlan?
  /// Names without `CAP_`, upper case, sorted; `ALL` alone means all.
  public var capAdd: [String] = []
  /// Names as in `capAdd`; dropped before those are added.
  public var capDrop: [String] = []
  /// A signal's name with `SIG`, such as `SIGTERM`.
  public var stopSignal = "SIGTERM"
  /// Milliseconds between the stop signal and SIGKILL.
  public var stopGraceMilliseconds = 10_000
  /// Each in a container of its own, before the first start; in order.
  @EmptyIfAbsent public var preStart: [HookPlan]
  /// In the container, after every start; in order.
  @EmptyIfAbsent public var postStart: [HookPlan]
  /// In the container, before the stop signal; in order.
  @EmptyIfAbsent public var preStop: [HookPlan]
  /// nil: never healthy, never unhealthy, or as the image says. Without a command: the image's test, with other times.
  public var healthcheck: HealthcheckPlan?
  /// The image's health check does not count.
  public var disablesHealthcheck: Bool?
  /// Variables of the image that the file takes away, sorted.
  @EmptyIfAbsent public var unsetVariables: [String]
  /// What happens after the container has ended.
  public var restart = RestartPlan()
  /// What happens when it has become unhealthy (`x-containr.on-unhealthy`); nil: it is not said.
  public var onUnhealthy: UnhealthyReaction?
  /// The times at which it is started, and at no other (`x-containr.schedule`); nil: it is started with the stack.
  public var schedule: SchedulePlan?
  /// How output is kept; nil: as this version does by itself.
  public var logging: LoggingPlan?
  /// Sorted by name.
  public var labels: [EnvironmentPlan] = []
  /// How containers are made again; nil: all at the same time, each stopped before its successor starts.
  public var update: UpdatePlan?
  /// How a failed update is taken back; nil: as `update` would without its failure action.
  public var rollback: UpdatePlan?
  /// Where each field of `fields` comes from, by its path; a path that is missing here is a default.
  public var origins: [String: SourceLocation] = [:]
  /// Where the service's name stands.
  public var location: SourceLocation

  /// Makes a service with every setting at its default and no layers yet.
  public init(name: String, location: SourceLocation) {
    self.name = name
    self.location = location
  }
}
