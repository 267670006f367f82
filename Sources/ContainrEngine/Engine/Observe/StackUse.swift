// Two moments of containers put together: how much a second, and service by service. Pure.
internal import ContainrCgroups
internal import ContainrTelemetry

/// A number that only some ask for, by the name that it has in JSON.
public struct UseCount: Sendable, Hashable {
  /// `memory_cache`.
  public var name: String
  /// nil: the host does not count it.
  public var value: UInt64?
}

/// What a container, or all of a service's, use.
public struct StackUse: Sendable, Hashable {
  /// The container's name, or the service's.
  public var name: String
  /// The service.
  public var service: String
  /// How many containers it is of.
  public var containers: Int
  /// Processors in use, 1 is one of them; nil: there was no moment before, or nobody counts it.
  public var processors: Double?
  /// Bytes; nil: nobody counts it.
  public var memory: UInt64?
  /// Bytes; nil: unlimited, at least for one of them.
  public var memoryLimit: UInt64?
  /// Tasks; nil: nobody counts them.
  public var pids: UInt64?
  /// Bytes from and to block devices; nil: nobody counts them.
  public var bytesRead: UInt64?, bytesWritten: UInt64?
  /// What came in by all networks, and what was sent by them.
  public var received: TrafficCount, sent: TrafficCount
  /// By network; those of one key are one.
  public var networks: [NetworkUse]
  /// Whose network it is in; nil: its own.
  public var networkMode: String?
  /// Whether it runs, or at least one of them.
  public var isRunning: Bool
  /// Bytes a second that it writes into its log; nil: there was no moment before, or nobody counts.
  public var logRate: Double?
  /// `healthy`, …; nil: it has no check, or nobody asked. Of several the worst.
  public var health: String?
  /// More numbers, always in the same order; empty if nobody asked.
  public var counts: [UseCount]

  /// One container, between two moments. `before`: the same container earlier.
  public init(_ sample: ContainerSample, since before: ContainerSample?) {
    name = sample.name
    service = sample.service
    containers = 1
    processors = nil
    memory = sample.memory
    memoryLimit = sample.memoryLimit
    pids = sample.pids
    (bytesRead, bytesWritten) = (sample.bytesRead, sample.bytesWritten)
    (received, sent) = (sample.received, sample.sent)
    networks = sample.networks
    networkMode = sample.networkMode
    isRunning = sample.isRunning
    health = sample.history?.health
    counts = Self.counts(of: sample)
    if let now = sample.logged, let then = before?.logged, let before, before.pid == sample.pid,
      before.time < sample.time
    {
      let bytes = (now.stdoutBytes &+ now.stderrBytes) &- (then.stdoutBytes &+ then.stderrBytes)
      logRate = Double(bytes) * 1e9 / Double(sample.time - before.time)
    }
    if let before, before.pid == sample.pid, before.time < sample.time, let then = before.processorTime,
      let now = sample.processorTime, then <= now
    {
      processors = Double(now - then) / Double(sample.time - before.time)
    }
  }

  /// All that run now, in the order that they come in.
  public static func between(_ before: [ContainerSample], _ now: [ContainerSample]) -> [StackUse] {
    let known = Dictionary(before.map { ($0.name, $0) }) { first, _ in first }
    return now.map { StackUse($0, since: known[$0.name]) }
  }

  /// The same, service by service, sorted by name. A network that is shared is counted once: with whose it is.
  public static func byService(_ containers: [StackUse]) -> [StackUse] {
    var services: [String: StackUse] = [:]
    for container in containers {
      guard var sum = services[container.service] else {
        services[container.service] = container
        services[container.service]?.name = container.service
        continue
      }
      sum.add(container)
      services[container.service] = sum
    }
    return services.values.sorted { $0.name < $1.name }
  }

  private static func counts(of sample: ContainerSample) -> [UseCount] {
    guard let history = sample.history else { return [] }
    let (detail, logged) = (history.detail, sample.logged)
    return [
      UseCount(name: "memory_usage", value: history.memoryUsage),
      UseCount(name: "memory_cache", value: detail?.cache),
      UseCount(name: "memory_anonymous", value: detail?.anonymous),
      UseCount(name: "memory_swap", value: detail?.swap),
      UseCount(name: "major_faults", value: detail?.majorFaults),
      UseCount(name: "oom_kills", value: detail?.oomKills),
      UseCount(name: "cpu_ns", value: sample.processorTime),
      UseCount(name: "cpu_user_ns", value: detail?.userTime),
      UseCount(name: "cpu_system_ns", value: detail?.systemTime),
      UseCount(name: "cpu_periods", value: detail?.throttling?.periods),
      UseCount(name: "cpu_throttled_periods", value: detail?.throttling?.throttled),
      UseCount(name: "cpu_throttled_ns", value: detail?.throttling?.time),
      UseCount(name: "cpu_waiting_ns", value: detail?.processorPressure?.some),
      UseCount(name: "memory_waiting_ns", value: detail?.memoryPressure?.some),
      UseCount(name: "memory_stalled_ns", value: detail?.memoryPressure?.full),
      UseCount(name: "io_waiting_ns", value: detail?.blockPressure?.some),
      UseCount(name: "io_stalled_ns", value: detail?.blockPressure?.full),
      UseCount(name: "block_reads", value: detail?.reads),
      UseCount(name: "block_writes", value: detail?.writes),
      UseCount(name: "restarts", value: history.restarts),
      UseCount(name: "log_bytes", value: logged.map { $0.stdoutBytes &+ $0.stderrBytes }),
      UseCount(name: "log_lines", value: logged.map { $0.stdoutLines &+ $0.stderrLines }),
      UseCount(name: "log_lost_bytes", value: logged?.lost),
    ]
  }

  /// Of what is counted; nil: of neither anything is.
  private static func sum(_ a: UInt64?, _ b: UInt64?) -> UInt64? {
    guard let a else { return b }
    return a &+ (b ?? 0)
  }

  /// From good to bad.
  private static let healths = ["healthy", "starting", "unhealthy"]

  private mutating func add(_ other: StackUse) {
    isRunning = isRunning || other.isRunning
    if let more = other.logRate { logRate = (logRate ?? 0) + more }
    health = Self.healths.last { $0 == health || $0 == other.health }
    for (index, count) in other.counts.enumerated() where index < counts.count {
      if let more = count.value { counts[index].value = (counts[index].value ?? 0) &+ more }
    }
    containers += other.containers
    if let more = other.processors { processors = (processors ?? 0) + more }
    memory = Self.sum(memory, other.memory)
    memoryLimit = memoryLimit.flatMap { limit in other.memoryLimit.map { limit &+ $0 } }
    pids = Self.sum(pids, other.pids)
    bytesRead = Self.sum(bytesRead, other.bytesRead)
    bytesWritten = Self.sum(bytesWritten, other.bytesWritten)
    received = received + other.received
    sent = sent + other.sent
    for use in other.networks {
      if let index = networks.firstIndex(where: { $0.network == use.network }) {
        networks[index].received = networks[index].received + use.received
        networks[index].sent = networks[index].sent + use.sent
      } else {
        networks.append(use)
      }
    }
  }
}
