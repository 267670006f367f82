// The most that the services of a test used, and what they used in all, from moments that were looked at. Pure.
internal import ContainrEngine
internal import ContainrForeground

struct TestPeaks: Sendable {
  /// One service.
  struct Service: Sendable, Hashable {
    var containers = 0
    var samples = 0
    /// 1 is one processor; nil: nobody counted, as in all that can be nil here.
    var processors: Double?
    /// Bytes.
    var memory: UInt64?
    var memoryLimit: UInt64?
    var pids: UInt64?
    /// Nanoseconds, of all lives together.
    var processorTime: UInt64?
    /// Bytes, of all lives together.
    var read: UInt64?, written: UInt64?
    /// See `read`.
    var received: UInt64 = 0, sent: UInt64 = 0
  }

  private var services: [String: Service] = [:]
  private var before: [ContainerSample] = []
  /// The last moment of each life of a container.
  private var lives: [String: ContainerSample] = [:]

  /// Takes in a moment.
  mutating func take(_ samples: [ContainerSample]) {
    for use in StackUse.byService(StackUse.between(before, samples)) {
      var service = services[use.service] ?? Service()
      service.samples += 1
      service.containers = max(service.containers, use.containers)
      service.processors = [service.processors, use.processors].compactMap { $0 }.max()
      service.memory = [service.memory, use.memory].compactMap { $0 }.max()
      service.memoryLimit = use.memoryLimit
      service.pids = [service.pids, use.pids].compactMap { $0 }.max()
      services[use.service] = service
    }
    for sample in samples { lives["\(sample.name) \(sample.pid)"] = sample }
    before = samples
  }

  /// By name.
  var result: [(name: String, use: Service)] {
    var all = services
    func add(_ count: UInt64?, _ name: String, _ path: WritableKeyPath<Service, UInt64?>) {
      guard let count, var service = all[name] else { return }
      service[keyPath: path] = (service[keyPath: path] ?? 0) &+ count
      all[name] = service
    }
    for life in lives.values {
      add(life.processorTime, life.service, \.processorTime)
      add(life.bytesRead, life.service, \.read)
      add(life.bytesWritten, life.service, \.written)
      all[life.service]?.received &+= life.received.bytes
      all[life.service]?.sent &+= life.sent.bytes
    }
    return all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// One document.
  var json: String {
    let rows = result.map { name, use in
      "{\"service\": \(JSONText.quoted(name)), \"containers\": \(use.containers), \"samples\": \(use.samples), "
        + "\"cpu_milliseconds\": \(JSONText.number(use.processorTime.map { $0 / 1_000_000 })), "
        + "\"cpu_peak_thousandths\": \(JSONText.number(use.processors.map { Int(($0 * 1000).rounded()) })), "
        + "\"memory_peak\": \(JSONText.number(use.memory)), "
        + "\"memory_limit\": \(JSONText.number(use.memoryLimit)), \"pids_peak\": \(JSONText.number(use.pids)), "
        + "\"block_read\": \(JSONText.number(use.read)), \"block_written\": \(JSONText.number(use.written)), "
        + "\"network_received\": \(use.received), \"network_sent\": \(use.sent)}"
    }
    return "{\"format\": 1, \"services\": [\(rows.joined(separator: ",\n"))]}\n"
  }
}
