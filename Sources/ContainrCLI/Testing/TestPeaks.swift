// The most that the services of a test used, and what they used in all, from moments that were looked at. Pure.
internal import ContainrEngine
internal import ContainrForeground

struct TestPeaks: Sendable {
  /// One service.
  struct Service: Sendable, Hashable {
    var containers = 0
    var samples = 0
    /// 1 is one processor.
    var processors = 0.0
    /// Bytes.
    var memory: UInt64 = 0
    var memoryLimit: UInt64?
    var pids: UInt64 = 0
    /// Nanoseconds, of all lives together.
    var processorTime: UInt64 = 0
    /// Bytes, of all lives together.
    var read: UInt64 = 0, written: UInt64 = 0, received: UInt64 = 0, sent: UInt64 = 0
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
      service.processors = max(service.processors, use.processors ?? 0)
      service.memory = max(service.memory, use.memory)
      service.memoryLimit = use.memoryLimit
      service.pids = max(service.pids, use.pids)
      services[use.service] = service
    }
    for sample in samples { lives["\(sample.name) \(sample.pid)"] = sample }
    before = samples
  }

  /// By name.
  var result: [(name: String, use: Service)] {
    var all = services
    for life in lives.values {
      all[life.service]?.processorTime &+= life.processorTime
      all[life.service]?.read &+= life.bytesRead
      all[life.service]?.written &+= life.bytesWritten
      all[life.service]?.received &+= life.received.bytes
      all[life.service]?.sent &+= life.sent.bytes
    }
    return all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// One document.
  var json: String {
    let rows = result.map { name, use in
      "{\"service\": \(JSONText.quoted(name)), \"containers\": \(use.containers), \"samples\": \(use.samples), "
        + "\"cpu_milliseconds\": \(use.processorTime / 1_000_000), "
        + "\"cpu_peak_thousandths\": \(Int((use.processors * 1000).rounded())), \"memory_peak\": \(use.memory), "
        + "\"memory_limit\": \(JSONText.number(use.memoryLimit)), \"pids_peak\": \(use.pids), "
        + "\"block_read\": \(use.read), \"block_written\": \(use.written), "
        + "\"network_received\": \(use.received), \"network_sent\": \(use.sent)}"
    }
    return "{\"format\": 1, \"services\": [\(rows.joined(separator: ",\n"))]}\n"
  }
}
