// What containers use, as families of metrics. Pure: samples in, families out.
internal import ContainrCgroups
internal import ContainrTelemetry

struct ContainerMetrics {
  private var points: [MetricKind: [MetricPoint]] = [:]

  init(_ samples: [ContainerSample]) { for sample in samples { add(sample) } }

  /// In the order of the catalog; without those of which nothing was counted.
  var families: [MetricFamily] {
    MetricCatalog.containers.compactMap { kind in points[kind].map { MetricFamily(kind, $0) } }
  }

  private mutating func add(_ sample: ContainerSample) {
    typealias Catalog = MetricCatalog
    let labels = [
      MetricLabel("stack", sample.stack), MetricLabel("service", sample.service), MetricLabel("container", sample.name),
    ]
    func with(_ name: String, _ value: String) -> [MetricLabel] { labels + [MetricLabel(name, value)] }
    guard let history = sample.history else { return }
    put(
      Catalog.info,
      labels + [
        MetricLabel("id", history.id), MetricLabel("image", history.image), MetricLabel("index", "\(sample.index)"),
      ], .count(1))
    put(Catalog.running, labels, .count(sample.isRunning ? 1 : 0))
    put(Catalog.restarts, labels, .count(history.restarts))
    guard sample.isRunning else { return }
    if let start = history.startTime { put(Catalog.startTime, labels, .number((start * 100).rounded() / 100)) }
    if let health = history.health {
      for word in ["starting", "healthy", "unhealthy"] {
        put(Catalog.health, with(Catalog.health.name, word), .count(word == health ? 1 : 0))
      }
    }
    put(Catalog.processor, labels, nanoseconds: sample.processorTime)
    put(Catalog.memory, labels, history.memoryUsage)
    put(Catalog.workingSet, labels, sample.memory)
    put(Catalog.memoryLimit, labels, sample.memoryLimit)
    put(Catalog.tasks, labels, sample.pids)
    put(Catalog.blockRead, labels, sample.bytesRead)
    put(Catalog.blockWritten, labels, sample.bytesWritten)
    if let detail = history.detail { add(detail, labels) }
    for network in sample.networks {
      add(network, labels + [MetricLabel("network", network.network), MetricLabel("interface", network.interface)])
    }
    if let logged = sample.logged {
      put(Catalog.logBytes, with("stream", "stdout"), .count(logged.stdoutBytes))
      put(Catalog.logBytes, with("stream", "stderr"), .count(logged.stderrBytes))
      put(Catalog.logLines, with("stream", "stdout"), .count(logged.stdoutLines))
      put(Catalog.logLines, with("stream", "stderr"), .count(logged.stderrLines))
      put(Catalog.logLost, labels, .count(logged.lost))
    }
  }

  private mutating func add(_ detail: CgroupDetail, _ labels: [MetricLabel]) {
    typealias Catalog = MetricCatalog
    put(Catalog.processorUser, labels, nanoseconds: detail.userTime)
    put(Catalog.processorSystem, labels, nanoseconds: detail.systemTime)
    if let throttling = detail.throttling {
      put(Catalog.periods, labels, .count(throttling.periods))
      put(Catalog.throttled, labels, .count(throttling.throttled))
      put(Catalog.throttledTime, labels, .nanoseconds(throttling.time))
    }
    put(Catalog.cache, labels, detail.cache)
    put(Catalog.anonymous, labels, detail.anonymous)
    put(Catalog.swap, labels, detail.swap)
    put(Catalog.majorFaults, labels, detail.majorFaults)
    put(Catalog.oomKills, labels, detail.oomKills)
    put(Catalog.tasksLimit, labels, detail.pidsLimit)
    put(Catalog.blockReads, labels, detail.reads)
    put(Catalog.blockWrites, labels, detail.writes)
    let pressures = [
      ("cpu", detail.processorPressure), ("memory", detail.memoryPressure), ("io", detail.blockPressure),
    ]
    for (resource, pressure) in pressures {
      guard let pressure else { continue }
      let labels = labels + [MetricLabel("resource", resource)]
      put(Catalog.waiting, labels, .nanoseconds(pressure.some))
      if let full = pressure.full { put(Catalog.stalled, labels, .nanoseconds(full)) }
    }
  }

  private mutating func add(_ network: NetworkUse, _ labels: [MetricLabel]) {
    typealias Catalog = MetricCatalog
    put(Catalog.receivedBytes, labels, .count(network.received.bytes))
    put(Catalog.receivedPackets, labels, .count(network.received.packets))
    put(Catalog.receiveErrors, labels, .count(network.received.errors))
    put(Catalog.receiveDrops, labels, .count(network.received.drops))
    put(Catalog.sentBytes, labels, .count(network.sent.bytes))
    put(Catalog.sentPackets, labels, .count(network.sent.packets))
    put(Catalog.sendErrors, labels, .count(network.sent.errors))
    put(Catalog.sendDrops, labels, .count(network.sent.drops))
  }

  private mutating func put(_ kind: MetricKind, _ labels: [MetricLabel], _ count: UInt64?) {
    if let count { put(kind, labels, .count(count)) }
  }

  private mutating func put(_ kind: MetricKind, _ labels: [MetricLabel], nanoseconds: UInt64?) {
    if let nanoseconds { put(kind, labels, .nanoseconds(nanoseconds)) }
  }

  private mutating func put(_ kind: MetricKind, _ labels: [MetricLabel], _ value: MetricValue) {
    points[kind, default: []].append(MetricPoint(labels, value))
  }
}
