// Two moments of containers put together: how much a second, and service by service. Pure.

/// What a container, or all of a service's, use.
public struct StackUse: Sendable, Hashable {
  /// The container's name, or the service's.
  public var name: String
  /// The service.
  public var service: String
  /// How many containers it is of.
  public var containers: Int
  /// Processors in use, 1 is one of them; nil: there was no moment before.
  public var processors: Double?
  /// Bytes.
  public var memory: UInt64
  /// Bytes; nil: unlimited, at least for one of them.
  public var memoryLimit: UInt64?
  /// Tasks.
  public var pids: UInt64
  /// Bytes from and to block devices.
  public var bytesRead: UInt64, bytesWritten: UInt64
  /// What came in by all networks, and what was sent by them.
  public var received: TrafficCount, sent: TrafficCount
  /// By network; those of one key are one.
  public var networks: [NetworkUse]
  /// Whose network it is in; nil: its own.
  public var networkMode: String?

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
    if let before, before.pid == sample.pid, before.time < sample.time, before.processorTime <= sample.processorTime {
      processors = Double(sample.processorTime - before.processorTime) / Double(sample.time - before.time)
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

  private mutating func add(_ other: StackUse) {
    containers += other.containers
    if let more = other.processors { processors = (processors ?? 0) + more }
    memory &+= other.memory
    memoryLimit = memoryLimit.flatMap { limit in other.memoryLimit.map { limit &+ $0 } }
    pids &+= other.pids
    bytesRead &+= other.bytesRead
    bytesWritten &+= other.bytesWritten
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
