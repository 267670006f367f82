// The MTU of bridges and pairs in real network namespaces; only with root.
import ContainrSystem
import Foundation
import Testing

@testable import ContainrNetwork

@Suite("mtu", .enabled(if: geteuid() == 0, "needs root: network namespaces"), .serialized) struct MTUTests {
  /// An interface with an address and a default route by it.
  private func uplink(_ host: Namespace, _ name: String, mtu: Int, _ route: String) {
    host.run {
      #expect(
        system(
          "ip link add \(name) type bridge && ip link set \(name) up mtu \(mtu) && \(route.replacing("DEV", with: name))"
        )
          == 0)
    }
  }

  @Test("the smallest of the ways out counts, whatever their family; without one there is none")
  func uplinks() throws {
    let host = try Namespace()
    func smallest() throws -> String? {
      try host.run { try LinkDriver().smallestUplink() }.map { "\($0.name) \($0.mtu)" }
    }
    #expect(try smallest() == nil)
    uplink(host, "big", mtu: 9000, "ip addr add 192.0.2.1/24 dev DEV && ip route add default via 192.0.2.2")
    #expect(try smallest() == "big 9000")
    uplink(
      host, "small", mtu: 1400,
      "ip addr add 198.51.100.1/24 dev DEV && ip route add default via 198.51.100.2 metric 500 table 77")
    #expect(try smallest() == "small 1400")
    uplink(
      host, "six", mtu: 1280, "ip -6 addr add 2001:db8::1/64 dev DEV nodad && ip -6 route add default via 2001:db8::2")
    #expect(try smallest() == "six 1280")
    // A network that is only reached directly is no way out.
    uplink(host, "lan", mtu: 1000, "ip addr add 203.0.113.1/24 dev DEV")
    #expect(try smallest() == "six 1280")
  }

  @Test("both ends of a pair have the mtu of the bridge, and follow it in place when they are attached again")
  func following() throws {
    let host = try Namespace()
    let guest = try Guest()
    let driver = try host.run { try LinkDriver() }
    var plan = bridge("cbrm", 5)
    plan.mtu = 1400
    try driver.create(plan)
    let pair = veth("cvm", on: plan, host: 2)
    func state() throws -> [Int] {
      [
        try #require(try driver.link(named: "cbrm")).mtu, try #require(try driver.link(named: "cvm")).mtu,
        try #require(try guest.links.link(named: "eth0")).mtu,
      ]
    }
    try driver.attach([pair], pid: guest.namespace.thread, netns: guest.descriptor.raw)
    #expect(try state() == [1400, 1400, 1400])
    let index = try #require(try driver.link(named: "cvm")).index
    for mtu in [9000, 1280] {
      plan.mtu = mtu
      try driver.create(plan)
      try driver.attach([pair], pid: guest.namespace.thread, netns: guest.descriptor.raw)
      #expect(try state() == [mtu, mtu, mtu])
    }
    #expect(try driver.link(named: "cvm")?.index == index, "the pair is the same")
    #expect(try guest.links.links().first { $0.name == "eth0" }?.addresses.isEmpty == false)
    // Of its own: neither the smallest port's nor, when the last one goes, that of an empty bridge.
    try driver.deleteLink(name: "cvm")
    #expect(try driver.link(named: "cbrm")?.mtu == 1280)
  }

  @Test("a bridge keeps its mtu from the first port to the last")
  func fixed() throws {
    let host = try Namespace()
    let guest = try Guest()
    let driver = try host.run { try LinkDriver() }
    var plan = bridge("cbrk", 6)
    plan.mtu = 9000
    try driver.create(plan)
    var small = veth("cvk", on: plan, host: 2)
    small.mtu = 1400
    try driver.attach([small], pid: guest.namespace.thread, netns: guest.descriptor.raw)
    #expect(try driver.link(named: "cbrk")?.mtu == 9000)
    try driver.deleteLink(name: "cvk")
    #expect(try driver.link(named: "cbrk")?.mtu == 9000)
  }

  @Test("what the host's rules let through is handed over whole, however large")
  func handover() throws {
    let host = try Namespace()
    let driver = try host.run { try LinkDriver() }
    let link = HandoverLink(out: "hout", into: "hin")
    for _ in 0..<2 { try driver.ensureHandover(link, alias: "containr::handover", group: 77) }
    for name in ["hout", "hin"] { #expect(try driver.link(named: name)?.mtu == 65_535) }
    // One that an earlier release has made.
    host.run { #expect(system("ip link set hout mtu 1500; ip link set hin mtu 1500") == 0) }
    try driver.ensureHandover(link, alias: "containr::handover", group: 77)
    for name in ["hout", "hin"] { #expect(try driver.link(named: name)?.mtu == 65_535) }
  }
}
