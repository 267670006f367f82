// What the containers of a stack use at one moment: cgroups, and the counters of their links in one list for all. Reads
// only; decides nothing and remembers nothing, so that whoever looks again and again puts the moments together.
internal import ContainrCgroups
public import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

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

/// A running container at one moment.
public struct ContainerSample: Sendable, Hashable {
  /// Its name for people.
  public var name: String
  /// Its service.
  public var service: String
  /// Which of its service's it is, from 1.
  public var index: Int
  /// Its first process; another one than before means that counting began anew.
  public var pid: Int32
  /// Nanoseconds of the monotonic clock.
  public var time: UInt64 = 0
  /// Nanoseconds of processor time since it was made.
  public var processorTime: UInt64 = 0
  /// Bytes that its programs work with: without the page cache that goes first.
  public var memory: UInt64 = 0
  /// Bytes; nil: unlimited.
  public var memoryLimit: UInt64?
  /// Tasks.
  public var pids: UInt64 = 0
  /// Bytes from block devices.
  public var bytesRead: UInt64 = 0
  /// Bytes to block devices.
  public var bytesWritten: UInt64 = 0
  /// In the order of the interfaces' names.
  public var networks: [NetworkUse] = []
  /// Whose network it is in, as in the file: `host`, `service:db`; nil: its own. What goes through that of somebody else
  /// is counted there.
  public var networkMode: String?

  /// Nothing is counted yet.
  public init(name: String, service: String, index: Int, pid: Int32) {
    self.name = name
    self.service = service
    self.index = index
    self.pid = pid
  }

  /// On all networks together.
  public var received: TrafficCount { networks.map(\.received).reduce(TrafficCount(), +) }
  /// On all networks together.
  public var sent: TrafficCount { networks.map(\.sent).reduce(TrafficCount(), +) }
}

extension StackEngine {
  /// The running containers of a stack as they are now, sorted by name. One that ends meanwhile is left out.
  public func samples(stack: String) throws(EngineError) -> [ContainerSample] {
    let records = try contents().containers.filter { $0.stack == stack }
    let counters: (byLink: [String: Int], byIndex: [Int: LinkCounters])
    do throws(NetworkError) {
      let names = records.flatMap(\.leases).map(\.link)
      if names.isEmpty {
        counters = ([:], [:])
      } else {
        let links = try LinkDriver()
        counters = (try links.indexes(of: names), try links.counters())
      }
    } catch {
      throw EngineError(.kernel, "count the links: \(error)")
    }
    let samples = try ParallelMap.map(records) { (record) throws(EngineError) -> ContainerSample? in
      guard case .running(pid: let pid) = try self.process(of: record.id) else { return nil }
      var sample = ContainerSample(name: record.name.display, service: record.service, index: record.index, pid: pid)
      do throws(CgroupError) {
        let use = try Cgroup(mounts: self.cgroups, path: self.cgroup(of: record)).use()
        sample.processorTime = use.processorTime
        sample.memory = use.workingSet
        sample.memoryLimit = use.memoryLimit
        sample.pids = use.pids
        (sample.bytesRead, sample.bytesWritten) = (use.bytesRead, use.bytesWritten)
      } catch {
        throw EngineError(.kernel, "container \(record.id): \(error)")
      }
      sample.time = Kernel.monotonicTime()
      sample.networks = try Self.networks(record, pid: pid, counters.byLink, counters.byIndex)
      sample.networkMode = PlanCoding.fields(record.fields).first { $0.path == "network_mode" }?.value
      return sample
    }
    return samples.compactMap { $0 }.sorted { $0.name < $1.name }
  }

  /// A pair is counted at the host's end, turned round. What stands on an interface of the host's has no end there, and is
  /// counted inside.
  private static func networks(
    _ record: ContainerRecord, pid: Int32, _ byLink: [String: Int], _ byIndex: [Int: LinkCounters]
  ) throws(EngineError) -> [NetworkUse] {
    var inside: [String: LinkCounters]?
    var uses: [NetworkUse] = []
    for lease in record.leases.sorted(by: { $0.interface < $1.interface }) {
      var counters = byLink[lease.link].flatMap { byIndex[$0]?.turned }
      if counters == nil {
        if inside == nil { inside = try table(pid) }
        counters = inside?[lease.interface]
      }
      guard let counters else { continue }
      uses.append(
        NetworkUse(
          network: lease.key, interface: lease.interface, received: TrafficCount(counters.received),
          sent: TrafficCount(counters.sent)))
    }
    return uses
  }

  private static func table(_ pid: Int32) throws(EngineError) -> [String: LinkCounters] {
    do throws(SyscallError) {
      return LinkCounters.table(try Kernel.text(of: FilePath("/proc/\(pid)/net/dev")))
    } catch {
      // It has just ended.
      if error.errno == 2 || error.errno == 3 || error.errno == 22 { return [:] }
      throw EngineError(error, "look at process \(pid)")
    }
  }
}

extension TrafficCount {
  init(_ direction: LinkCounters.Direction) {
    self.init(
      bytes: direction.bytes, packets: direction.packets, errors: direction.errors, drops: direction.drops)
  }
}
