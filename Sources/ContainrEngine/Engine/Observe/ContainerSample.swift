// What a container uses at one moment. Values only; StackSampler reads them.
internal import ContainrCgroups
public import ContainrHost
internal import ContainrNetwork
public import ContainrTelemetry

/// What went one way.
public struct TrafficCount: Sendable, Hashable {
  /// With their Ethernet headers.
  public var bytes: UInt64
  /// Frames.
  public var packets: UInt64
  /// Frames that were damaged or could not be sent.
  public var errors: UInt64
  /// Frames for which there was no room.
  public var drops: UInt64

  /// Counted.
  public init(bytes: UInt64 = 0, packets: UInt64 = 0, errors: UInt64 = 0, drops: UInt64 = 0) {
    self.bytes = bytes
    self.packets = packets
    self.errors = errors
    self.drops = drops
  }

  /// Both together.
  public static func + (a: TrafficCount, b: TrafficCount) -> TrafficCount {
    TrafficCount(
      bytes: a.bytes &+ b.bytes, packets: a.packets &+ b.packets, errors: a.errors &+ b.errors,
      drops: a.drops &+ b.drops)
  }
}

/// A container's place on a network, counted as the container sees it.
public struct NetworkUse: Sendable, Hashable {
  /// The network's key in the file.
  public var network: String
  /// The interface's name inside.
  public var interface: String
  /// What came to the container.
  public var received: TrafficCount
  /// What it sent.
  public var sent: TrafficCount

  /// Counted.
  public init(network: String, interface: String, received: TrafficCount, sent: TrafficCount) {
    self.network = network
    self.interface = interface
    self.received = received
    self.sent = sent
  }
}

/// A container at one moment. What is nil of its use nobody counts, such as without a cgroup of its own.
public struct ContainerSample: Sendable, Hashable {
  /// Its stack's name.
  public var stack = ""
  /// Its name for people.
  public var name: String
  /// Its service.
  public var service: String
  /// Which of its service's it is, from 1.
  public var index: Int
  /// Its first process; another one than before means that counting began anew. 0: it does not run.
  public var pid: Int32
  /// Nanoseconds of the monotonic clock.
  public var time: UInt64 = 0
  /// Nanoseconds of processor time since it was made.
  public var processorTime: UInt64? = 0
  /// Bytes that its programs work with: without the page cache that goes first.
  public var memory: UInt64? = 0
  /// Bytes; nil: unlimited.
  public var memoryLimit: UInt64?
  /// Tasks.
  public var pids: UInt64? = 0
  /// Bytes from block devices.
  public var bytesRead: UInt64? = 0
  /// Bytes to block devices.
  public var bytesWritten: UInt64? = 0
  /// In the order of the interfaces' names.
  public var networks: [NetworkUse] = []
  /// Whose network it is in, as in the file: `host`, `service:db`; nil: its own. What goes through that of somebody else
  /// is counted there.
  public var networkMode: String?
  /// What it has written since its start; nil: nobody counts it.
  public var logged: LogCounts?
  /// What only those ask for who keep a history; nil: it was not asked for, or the container does not run.
  var history: ContainerHistory?

  /// Nothing is counted yet.
  public init(name: String, service: String, index: Int, pid: Int32) {
    self.name = name
    self.service = service
    self.index = index
    self.pid = pid
  }

  /// Whether it runs.
  public var isRunning: Bool { pid != 0 }
  /// On all networks together.
  public var received: TrafficCount { networks.map(\.received).reduce(TrafficCount(), +) }
  /// On all networks together.
  public var sent: TrafficCount { networks.map(\.sent).reduce(TrafficCount(), +) }
}

/// More of a container: what metrics tell beyond `stats`.
struct ContainerHistory: Sendable, Hashable {
  /// On the host.
  var id: String
  /// The manifest's digest of its image; empty: it runs none.
  var image: String
  /// Bytes, the page cache included.
  var memoryUsage: UInt64? = 0
  /// Of the kernel; nil: it does not run.
  var detail: CgroupDetail?
  /// `healthy`, …; nil: it has no check.
  var health: String?
  /// How often its policy has started it again.
  var restarts: UInt64 = 0
  /// Seconds since 1970 of its first process; nil: it does not run.
  var startTime: Double?
}

extension StackEngine {
  /// The running containers of a stack as they are now, sorted by name. One that ends meanwhile is left out.
  public func samples(stack: String) throws(EngineError) -> [ContainerSample] {
    try StackSampler(self, stack: stack).samples()
  }
}

extension TrafficCount {
  init(_ direction: LinkCounters.Direction) {
    self.init(
      bytes: direction.bytes, packets: direction.packets, errors: direction.errors, drops: direction.drops)
  }
}
