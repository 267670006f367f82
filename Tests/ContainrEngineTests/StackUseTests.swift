// What containers use, put together of moments and summed by service.
import ContainrTelemetry
import Testing

@testable import ContainrEngine

@Suite("Use of a stack") struct StackUseTests {
  private func sample(_ service: String, _ index: Int, time: UInt64, processor: UInt64, pid: Int32 = 7)
    -> ContainerSample
  {
    var sample = ContainerSample(name: "t-\(service)-\(index)", service: service, index: index, pid: pid)
    (sample.time, sample.processorTime, sample.memory, sample.memoryLimit, sample.pids) = (
      time, processor, 100, 1000, 2
    )
    (sample.bytesRead, sample.bytesWritten) = (5, 6)
    sample.networks = [
      NetworkUse(
        network: "default", interface: "eth0", received: TrafficCount(bytes: 10, packets: 1),
        sent: TrafficCount(bytes: 20, packets: 2, errors: 1, drops: 3))
    ]
    return sample
  }

  @Test("processors are time over time; without a moment before, or of another process, nothing is said")
  func processors() {
    let now = [sample("a", 1, time: 2000, processor: 700)]
    #expect(StackUse.between([sample("a", 1, time: 1000, processor: 200)], now)[0].processors == 0.5)
    #expect(StackUse.between([], now)[0].processors == nil)
    #expect(StackUse.between([sample("a", 1, time: 1000, processor: 200, pid: 8)], now)[0].processors == nil)
    #expect(StackUse.between([sample("a", 1, time: 1000, processor: 900)], now)[0].processors == nil)
    #expect(StackUse.between([sample("a", 1, time: 2000, processor: 700)], now)[0].processors == nil)
  }

  @Test("what nobody counts is nothing, and does not make a sum of nothing out of what is counted")
  func uncounted() {
    var dark = sample("a", 2, time: 2000, processor: 0)
    (dark.processorTime, dark.memory, dark.pids, dark.bytesRead, dark.bytesWritten) = (nil, nil, nil, nil, nil)
    let use = StackUse(dark, since: sample("a", 2, time: 1000, processor: 0))
    #expect(use.processors == nil && use.memory == nil && use.pids == nil && use.bytesRead == nil)
    let both = StackUse.byService([use, StackUse(sample("a", 1, time: 1, processor: 0), since: nil)])
    #expect(both[0].memory == 100 && both[0].pids == 2 && both[0].bytesWritten == 6 && both[0].containers == 2)
    #expect(StackUse.byService([use, use])[0].memory == nil)
  }

  @Test("what is written into the log is told a second, of one life of a container")
  func logRates() {
    var before = sample("a", 1, time: 1_000_000_000, processor: 0)
    var now = sample("a", 1, time: 3_000_000_000, processor: 0)
    (before.logged, now.logged) = (LogCounts(), LogCounts())
    before.logged?.stdoutBytes = 100
    now.logged?.stdoutBytes = 300
    now.logged?.stderrBytes = 400
    #expect(StackUse(now, since: before).logRate == 300)
    #expect(StackUse(now, since: nil).logRate == nil)
    before.pid = 8
    #expect(StackUse(now, since: before).logRate == nil)
  }

  @Test("of several containers the worst health is the service's, and counts are added where somebody counts")
  func sums() {
    var all: [ContainerSample] = []
    for (index, health) in ["healthy", "unhealthy", "starting"].enumerated() {
      var one = sample("a", index + 1, time: 1, processor: 5)
      one.history = ContainerHistory(id: "x", image: "", memoryUsage: 7, health: health, restarts: 2)
      all.append(one)
    }
    let service = StackUse.byService(StackUse.between([], all))[0]
    func count(_ name: String) -> UInt64? { service.counts.first { $0.name == name }?.value }
    #expect(service.health == "unhealthy" && service.isRunning)
    #expect(count("memory_usage") == 21 && count("restarts") == 6 && count("cpu_ns") == 15)
    #expect(count("memory_swap") == nil && count("log_bytes") == nil)
  }

  @Test("a service is the sum of its containers, network by network")
  func services() {
    var other = sample("a", 2, time: 2000, processor: 300)
    other.networks.append(
      NetworkUse(network: "back", interface: "eth1", received: TrafficCount(bytes: 1), sent: TrafficCount()))
    let before = [sample("a", 1, time: 1000, processor: 0), sample("a", 2, time: 1000, processor: 0)]
    let now = [sample("a", 1, time: 2000, processor: 500), other, sample("b", 1, time: 2000, processor: 0)]
    let uses = StackUse.byService(StackUse.between(before, now))
    #expect(uses.map(\.name) == ["a", "b"] && uses.map(\.containers) == [2, 1])
    #expect(uses[0].processors == 0.8 && uses[1].processors == nil)
    #expect(uses[0].memory == 200 && uses[0].memoryLimit == 2000 && uses[0].pids == 4)
    #expect((uses[0].bytesRead, uses[0].bytesWritten) == (10, 12))
    #expect(uses[0].received.bytes == 21 && uses[0].sent == TrafficCount(bytes: 40, packets: 4, errors: 2, drops: 6))
    #expect(uses[0].networks.map { "\($0.network) \($0.received.bytes)" } == ["default 20", "back 1"])
  }

  @Test("one without a limit leaves its service without one")
  func unlimited() {
    var free = sample("a", 2, time: 1, processor: 0)
    free.memoryLimit = nil
    #expect(
      StackUse.byService(StackUse.between([], [sample("a", 1, time: 1, processor: 0), free]))[0].memoryLimit == nil)
  }
}
