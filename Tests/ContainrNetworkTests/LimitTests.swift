// Limits on what links carry, in real network namespaces; only with root. What they are worth is measured elsewhere.
import ContainrSystem
import Foundation
import Testing

@testable import ContainrNetwork

@Suite("limits of links", .enabled(if: geteuid() == 0, "needs root: network namespaces"), .serialized)
struct LimitTests {
  private struct Bench {
    let host: Namespace
    let guest: Guest
    let driver: LinkDriver
    var pair: VethPlan

    init(_ limits: LinkLimits) throws {
      host = try Namespace()
      guest = try Guest()
      driver = try host.run { try LinkDriver() }
      let plan = bridge("cbrl", 7)
      try driver.create(plan)
      pair = veth("ctrv0123456789", on: plan, host: 2)
      pair.limits = limits
      try attach()
    }

    func attach() throws {
      try driver.attach([pair], pid: guest.namespace.thread, netns: guest.descriptor.raw)
    }

    func faults(_ limits: LinkLimits? = nil) throws -> [String] {
      let near = try #require(try driver.link(named: pair.hostName))
      let queue = try driver.link(named: "ctrq0123456789")
      return try driver.queues(near: [near.index]).faults(
        limits ?? pair.limits ?? LinkLimits(), near: near, queue: queue)
    }

    func sh(_ line: String) { host.run { #expect(system(line) == 0, "\(line)") } }
  }

  private let both = LinkLimits(
    ingress: RateLimit(rate: 1_250_000), egress: RateLimit(rate: 2_500_000, burst: 100_000))

  @Test("both directions are limited at the host's end, and read back without a fault; set twice is set once")
  func set() throws {
    let bench = try Bench(both)
    #expect(try bench.faults() == [])
    try bench.attach()
    #expect(try bench.faults() == [])
    #expect(
      try bench.faults(
        LinkLimits(ingress: RateLimit(rate: 1_250_000), egress: RateLimit(rate: 2_500_001, burst: 100_000)))
        == ["egress limit is 2500000 bytes a second, not 2500001"])
    #expect(
      try bench.faults(LinkLimits(ingress: RateLimit(rate: 1_250_000, burst: 50_000), egress: both.egress)).first?
        .hasPrefix("ingress limit has a burst of 12") == true)
    #expect(try bench.faults(LinkLimits(ingress: both.ingress)) == ["egress limit was added"])
    #expect(try bench.faults(LinkLimits(egress: both.egress)) == ["ingress limit was added"])
    // Nothing of it is inside, where it could be taken away.
    #expect(try bench.guest.links.queues(near: []).queues.values.allSatisfy { $0.allSatisfy { $0.kind == "noqueue" } })
  }

  @Test("more than four gigabytes a second is a number as well")
  func fast() throws {
    let bench = try Bench(LinkLimits(ingress: RateLimit(rate: 12_500_000_000), egress: RateLimit(rate: 5_000_000_000)))
    #expect(try bench.faults() == [])
  }

  @Test(
    "what somebody else takes away or changes is named, and comes again with the same link",
    arguments: [
      ("tc qdisc del dev ctrv0123456789 root", "ingress limit is gone"),
      (
        "tc qdisc replace dev ctrv0123456789 root pfifo_fast || tc qdisc replace dev ctrv0123456789 root pfifo",
        "ingress limit is gone"
      ),
      (
        "tc qdisc change dev ctrv0123456789 root handle 1: tbf rate 100mbit burst 125000 limit 125000",
        "ingress limit is 12500000 bytes a second, not 1250000"
      ),
      ("tc qdisc del dev ctrv0123456789 ingress", "egress limit is gone"),
      ("tc filter del dev ctrv0123456789 parent ffff:", "egress limit is gone"),
      (
        "tc filter add dev ctrv0123456789 parent ffff: prio 2 u32 match u32 0 0 action mirred egress redirect dev ctrv0123456789",
        "egress limit is gone"
      ),
      ("ip link delete ctrq0123456789", "egress limit is gone"),
      ("ip link set ctrq0123456789 down", "egress limit is gone"),
      ("tc qdisc del dev ctrq0123456789 root", "egress limit is gone"),
    ])
  func repaired(command: String, fault: String) throws {
    let bench = try Bench(both)
    let index = try bench.driver.link(named: bench.pair.hostName)?.index
    bench.sh(command)
    #expect(try bench.faults() == [fault])
    try bench.attach()
    #expect(try bench.faults() == [])
    #expect(try bench.driver.link(named: bench.pair.hostName)?.index == index)
  }

  @Test("another rate takes the old one's place, and none takes all of it away")
  func changed() throws {
    var bench = try Bench(both)
    bench.pair.limits = LinkLimits(ingress: RateLimit(rate: 5_000_000), egress: RateLimit(rate: 1000))
    try bench.driver.limit([bench.pair])
    #expect(try bench.faults() == [])
    bench.pair.limits = LinkLimits(ingress: RateLimit(rate: 5_000_000))
    try bench.driver.limit([bench.pair])
    #expect(try bench.faults() == [])
    #expect(try bench.driver.link(named: "ctrq0123456789") == nil)
    bench.pair.limits = LinkLimits()
    for _ in 0..<2 { try bench.driver.limit([bench.pair]) }
    #expect(try bench.faults() == [])
    let near = try #require(try bench.driver.link(named: bench.pair.hostName)).index
    #expect(try bench.driver.queues(near: [near]).queues[near]?.map(\.kind) == ["noqueue"])
  }

  @Test("a burst that holds no packet, somebody else's device, and a kernel without the parts are refused in words")
  func refused() throws {
    func words(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "done"
      } catch { return "\(error)" }
    }
    #expect(
      words { _ = try Bench(LinkLimits(egress: RateLimit(rate: 1_000_000, burst: 1500))) }
        == "egress of containr:ctrv0123456789: a burst of 1500 bytes is smaller than a packet of its network, 1518 bytes"
    )
    let bench = try Bench(LinkLimits())
    bench.sh("ip link add ctrq0123456789 type bridge")
    var pair = bench.pair
    pair.limits = both
    #expect(words { try bench.driver.limit([pair]) } == "ctrq0123456789 exists and is not ours: bridge with alias none")
    let missing = NetworkError.refused([
      NetlinkFailure(request: "x (tbf)", errno: 2, explanation: "Specified qdisc kind is unknown")
    ])
    #expect(
      LinkDriver.explained(missing, "a limit").description
        == "this kernel cannot give a limit: x (tbf): No such file or directory (Specified qdisc kind is unknown); it needs sch_tbf, and for egress also ifb, sch_ingress, cls_u32 and act_mirred"
    )
    let other = NetworkError.refused([NetlinkFailure(request: "x", errno: 1)])
    #expect(LinkDriver.explained(other, "a limit") == other)
  }

  @Test("a link's queue has its name, whatever the prefix, and no longer one")
  func names() {
    #expect(VethPlan.queueName(of: "ctrv0123456789") == "ctrq0123456789")
    #expect(VethPlan.queueName(of: "abcdv0123456789") == "abcdq0123456789")
  }

  @Test("how much may wait and go at once depends on rate and packet")
  func sizes() {
    let slow = RateLimit(rate: 1000)
    let fast = RateLimit(rate: 125_000_000)
    #expect([slow.bucket(mtu: 1500), fast.bucket(mtu: 1500), slow.bucket(mtu: 9000)] == [3036, 1_250_000, 18_036])
    #expect([slow.queueBytes(mtu: 1500), fast.queueBytes(mtu: 1500)] == [15_180, 6_250_000])
    #expect([slow.queuePackets(mtu: 1500), fast.queuePackets(mtu: 1500)] == [16, 10_240])
    #expect(
      [slow.queueDelay(mtu: 1500), fast.queueDelay(mtu: 1500), RateLimit(rate: 12_500).queueDelay(mtu: 1500)] == [
        1_000_000, 5000, 182_160,
      ])
  }
}
