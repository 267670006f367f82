// Looks at what containers use, again and again: records are read anew only when they have changed, processes are waited for
// and not looked up, and each cgroup is walked to once. Reads only; what a look means is put together elsewhere.
internal import ContainrCgroups
public import ContainrHost
internal import ContainrNetwork
internal import ContainrReconcile
internal import ContainrRuntime
internal import ContainrSpec
internal import ContainrStore
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

/// One who looks. Used by one thread at a time.
public final class StackSampler {
  private let engine: StackEngine
  private let stack: String?
  private let isInDetail: Bool
  private var stamp: [FileStamp]?
  private var members: [SampledContainer] = []
  private var links: LinkDriver?

  /// Of one stack, or of all. `inDetail`: also what only metrics tell.
  public init(_ engine: StackEngine, stack: String?, inDetail: Bool = false) {
    self.engine = engine
    self.stack = stack
    isInDetail = inDetail
  }

  /// The containers as they are now, sorted by name: those that run, with `all` the others as well.
  public func samples(all: Bool = false) throws(EngineError) -> [ContainerSample] {
    try reload()
    for member in members { try member.refresh(engine) }
    let counters = try linkCounters()
    var samples: [ContainerSample] = []
    for member in members {
      if let sample = try member.sample(engine, counters, inDetail: isInDetail), all || sample.isRunning {
        samples.append(sample)
      }
    }
    return samples
  }

  /// What the database's files were when they were read.
  private struct FileStamp: Hashable {
    var inode: UInt64, size: UInt64, seconds: Int64, nanoseconds: UInt32
  }

  private func currentStamp() throws(EngineError) -> [FileStamp] {
    let database = engine.settings.stateDirectory.appending(Store.fileName)
    var stamps: [FileStamp] = []
    for file in [database, FilePath(database.string + "-wal")] {
      do throws(SyscallError) {
        let status = try Kernel.status(of: file)
        stamps.append(
          FileStamp(
            inode: status.inode, size: status.size, seconds: status.changed.seconds,
            nanoseconds: status.changed.nanoseconds))
      } catch { if error.errno != 2 && error.errno != 20 { throw EngineError(error, "look at the records") } }
    }
    return stamps
  }

  /// A file's time is as fine as the kernel's tick: what was written within some of them is read once more.
  private static let tick: UInt64 = 40_000_000

  private func reload() throws(EngineError) {
    let now = Kernel.realTime()
    let current = try currentStamp()
    if current == stamp { return }
    let records = try engine.contents().containers.filter { stack == nil || $0.stack == stack }
    let known = Dictionary(members.map { ($0.record.id, $0) }) { first, _ in first }
    members = records.map { record in
      if let member = known[record.id], member.record == record { return member }
      return SampledContainer(record)
    }.sorted { ($0.name, $0.record.slot) < ($1.name, $1.record.slot) }
    let latest = current.map { UInt64(clamping: $0.seconds) * 1_000_000_000 + UInt64($0.nanoseconds) }.max() ?? 0
    stamp = latest + Self.tick < now ? current : nil
  }

  private func linkCounters() throws(EngineError) -> [Int: LinkCounters] {
    do throws(NetworkError) {
      var unknown: [(member: SampledContainer, link: String)] = []
      for member in members where member.process != nil {
        for lease in member.record.leases where member.links[lease.link] == nil { unknown.append((member, lease.link)) }
      }
      if unknown.isEmpty, members.allSatisfy({ $0.links.isEmpty }) { return [:] }
      let links: LinkDriver
      if let known = self.links { links = known } else { links = try LinkDriver() }
      self.links = links
      if !unknown.isEmpty {
        let indexes = try links.indexes(of: unknown.map(\.link))
        // What has none at the host's end has none in its whole life.
        for (member, link) in unknown { member.links[link] = indexes[link] ?? 0 }
      }
      return try links.counters()
    } catch {
      throw EngineError(.kernel, "count the links: \(error)")
    }
  }
}

/// One container under a sampler.
final class SampledContainer {
  let record: ContainerRecord
  let name: String
  private let networkMode: String?
  private let leases: [LeaseRecord]
  /// Its first process; nil while it does not run. Readable when it has ended.
  private(set) var process: (identity: ProcessIdentity, end: SharedFD)?
  private var meter: CgroupMeter?
  private var directory: SharedFD?
  private var startTime: Double?
  /// The indexes of the host's ends of its links; 0: it has none.
  var links: [String: Int] = [:]

  init(_ record: ContainerRecord) {
    self.record = record
    name = record.name.display
    networkMode = PlanCoding.fields(record.fields).first { $0.path == "network_mode" }?.value
    leases = record.leases.sorted { $0.interface < $1.interface }
  }

  /// Finds its process, if it is not known already and has not ended.
  func refresh(_ engine: StackEngine) throws(EngineError) {
    do {
      if let process {
        if try !Kernel.waitReadable(process.end.raw, milliseconds: 0) { return }
        forget()
      }
      guard let (identity, end) = try engine.runtime.runningProcess(record.id) else { return }
      process = (identity, end)
      meter = try CgroupMeter(Cgroup(mounts: engine.cgroups, path: engine.cgroup(of: record)))
      directory = SharedFD(
        try Kernel.open(engine.settings.containersDirectory.appending(record.id), [.path, .directory]))
      // Clock ticks are hundredths of a second on every architecture that we run on.
      let age = Double(Kernel.bootTime()) / 1e9 - Double(identity.startTime) / 100
      startTime = Double(Kernel.realTime()) / 1e9 - max(0, age)
    } catch let error as SyscallError where [2, 3, 20].contains(error.errno) {
      // It has just ended.
      forget()
    } catch let error as EngineError {
      throw error
    } catch {
      throw EngineError(.kernel, "container \(record.id): \(error)")
    }
  }

  private func forget() {
    (process, meter, directory, startTime) = (nil, nil, nil, nil)
    links = [:]
  }

  /// nil for one that is of no matter: a start that has not come to its end.
  func sample(
    _ engine: StackEngine, _ counters: [Int: LinkCounters], inDetail: Bool
  ) throws(EngineError) -> ContainerSample? {
    var sample = ContainerSample(
      name: name, service: record.service, index: record.index, pid: process?.identity.pid ?? 0)
    sample.stack = record.stack
    sample.networkMode = networkMode
    var history = ContainerHistory(id: record.id, image: record.image, startTime: startTime)
    do {
      if let meter {
        let use = try meter.use(inDetail: inDetail)
        sample.processorTime = use.processorTime
        sample.memory = use.workingSet
        sample.memoryLimit = use.memoryLimit
        sample.pids = use.pids
        (sample.bytesRead, sample.bytesWritten) = (use.bytesRead, use.bytesWritten)
        (history.memoryUsage, history.detail) = (use.memory, use.detail)
      }
      sample.time = Kernel.monotonicTime()
      if let directory { sample.logged = try LogCounts.read(in: directory.raw) }
      sample.networks = try networks(counters)
    } catch {
      throw EngineError(.kernel, "container \(record.id): \(error)")
    }
    if inDetail {
      if process != nil { history.health = try engine.health(of: record.name)?.rawValue }
      history.restarts = try engine.restartCount(of: record.id)
      sample.history = history
    }
    return sample
  }

  /// A pair is counted at the host's end, turned round. What stands on an interface of the host's has no end there, and is
  /// counted inside.
  private func networks(_ counters: [Int: LinkCounters]) throws(SyscallError) -> [NetworkUse] {
    guard let pid = process?.identity.pid else { return [] }
    var inside: [String: LinkCounters]?
    var uses: [NetworkUse] = []
    for lease in leases {
      var count = links[lease.link].flatMap { counters[$0]?.turned }
      if count == nil {
        if inside == nil { inside = try Self.table(pid) }
        count = inside?[lease.interface]
      }
      guard let count else { continue }
      uses.append(
        NetworkUse(
          network: lease.key, interface: lease.interface, received: TrafficCount(count.received),
          sent: TrafficCount(count.sent)))
    }
    return uses
  }

  private static func table(_ pid: Int32) throws(SyscallError) -> [String: LinkCounters] {
    do throws(SyscallError) {
      return LinkCounters.table(try Kernel.text(of: FilePath("/proc/\(pid)/net/dev")))
    } catch {
      // It has just ended.
      if error.errno == 2 || error.errno == 3 || error.errno == 22 { return [:] }
      throw error
    }
  }
}
