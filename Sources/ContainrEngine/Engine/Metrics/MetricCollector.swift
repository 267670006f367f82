// All metrics of this host's stacks, or of one, again and again. Reads only.
public import ContainrHost
internal import ContainrReconcile
internal import ContainrStore
internal import ContainrSystem
public import ContainrTelemetry
internal import Glibc
internal import SystemPackage

/// One who collects. Used by one thread at a time.
public final class MetricCollector {
  private let engine: StackEngine
  private let stack: String?
  private let release: String
  private let sampler: StackSampler

  /// Of one stack, or of all. `release`: what tells this.
  public init(_ engine: StackEngine, stack: String?, release: String) {
    self.engine = engine
    self.stack = stack
    self.release = release
    sampler = StackSampler(engine, stack: stack, inDetail: true)
  }

  /// The families as they are now, in the order of the catalog.
  public func families() throws(EngineError) -> [MetricFamily] {
    // While one container takes over from another both have one name: the one that serves has the numbers.
    var samples: [ContainerSample] = []
    for sample in try sampler.samples(all: true) {
      if samples.last?.name == sample.name, samples.last?.stack == sample.stack {
        if samples.last?.isRunning == false { samples[samples.count - 1] = sample }
      } else {
        samples.append(sample)
      }
    }
    let build = MetricFamily(
      MetricCatalog.build, [MetricPoint([MetricLabel("version", release)], .count(1))])
    return [build] + (try stackFamilies(samples)) + ContainerMetrics(samples).families
  }

  private func stackFamilies(_ samples: [ContainerSample]) throws(EngineError) -> [MetricFamily] {
    var points: [MetricKind: [MetricPoint]] = [:]
    for known in try engine.knownStacks() where stack == nil || known.name == stack {
      let labels = [MetricLabel("stack", known.name)]
      let own = samples.filter { $0.stack == known.name }
      for (state, count) in [
        ("running", own.filter(\.isRunning).count), ("ended", own.filter { !$0.isRunning }.count),
      ] {
        points[MetricCatalog.stackContainers, default: []].append(
          MetricPoint(labels + [MetricLabel("state", state)], .count(UInt64(count))))
      }
      let supervisor = try engine.supervisor(of: known.name)
      points[MetricCatalog.stackSupervised, default: []].append(MetricPoint(labels, .count(supervisor == nil ? 0 : 1)))
      guard let supervisor, let use = try ProcessUse(supervisor.pid) else { continue }
      points[MetricCatalog.supervisorMemory, default: []].append(MetricPoint(labels, .count(use.resident)))
      points[MetricCatalog.supervisorProcessor, default: []].append(
        MetricPoint(labels, .nanoseconds(use.processorTime)))
    }
    return MetricCatalog.stacks.compactMap { kind in points[kind].map { MetricFamily(kind, $0) } }
  }
}

/// What one process uses, by /proc/PID/stat (proc_pid_stat(5)).
struct ProcessUse: Sendable, Hashable {
  /// Bytes.
  var resident: UInt64
  /// Nanoseconds.
  var processorTime: UInt64

  /// nil for one that has ended.
  init?(_ pid: Int32) throws(EngineError) {
    do {
      self.init(stat: try Kernel.record(of: FilePath("/proc/\(pid)/stat")))
    } catch {
      if error.errno == 2 || error.errno == 3 { return nil }
      throw EngineError(error, "look at process \(pid)")
    }
  }

  /// nil for another text.
  init?(stat: String) {
    // The name stands in brackets and may hold any.
    guard let end = stat.lastIndex(of: ")") else { return nil }
    let words = stat[stat.index(after: end)...].split(separator: " ")
    guard words.count > 21, let user = UInt64(words[11]), let system = UInt64(words[12]), let pages = UInt64(words[21])
    else { return nil }
    processorTime = (user + system) * 10_000_000
    resident = pages * UInt64(sysconf(CInt(_SC_PAGESIZE)))
  }
}
