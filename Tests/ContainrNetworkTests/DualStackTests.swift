// IPv6 in the kernel: addresses, routes, the second table of rules, interfaces without a bridge. In namespaces of their own.
import ContainrAddresses
import Glibc
import SystemPackage
import Testing

@testable import ContainrNetwork

private let needsRoot: Comment = "needs root: network namespaces"
private let isRoot = geteuid() == 0

/// A namespace that plays a container.
private final class DualGuest: Sendable {
  let namespace: Namespace
  let socket: TestRoute
  var links: LinkDriver { LinkDriver(socket.socket) }

  init() throws {
    let namespace = try Namespace()
    self.namespace = namespace
    socket = try namespace.run { try TestRoute() }
  }
}

/// A route socket with its descriptor.
private final class TestRoute: Sendable {
  let raw: Int32
  let socket: NetlinkSocket

  init() throws {
    raw = Glibc.socket(16, 3 | 0o2000000, 0)
    socket = try NetlinkSocket(borrowing: raw)
  }

  deinit { close(raw) }
}

private func bridge(_ name: String = "cbrd", four: String? = "10.253.0.1/24", six: String? = "fd00:253::1/64")
  -> BridgePlan
{
  let four = four.flatMap { IPv4InterfaceAddress($0) }
  return BridgePlan(
    name: name, alias: "containr:\(name)", address: four?.address, prefix: four?.prefix,
    ipv6: six.flatMap { IPv6InterfaceAddress($0) }, group: 91)
}

private func veth(_ name: String, _ bridge: BridgePlan, host: UInt8, isExit: Bool = true) -> VethPlan {
  let four = bridge.prefix.map { IPv4Address($0.address.value + UInt32(host)) }
  let six = bridge.ipv6.map { IPv6Address($0.prefix.address.value + UInt128(host)) }
  var plan = VethPlan(
    hostName: name, bridge: bridge.name, alias: "containr:\(name)", group: 91,
    macAddress: four.map { MACAddress(for: $0) } ?? MACAddress(for: six!), address: four,
    prefixLength: bridge.prefix?.length ?? 0, gateway: isExit ? bridge.address : nil)
  plan.ipv6 = six.flatMap { IPv6InterfaceAddress($0, prefixLength: 64) }
  plan.gateway6 = isExit ? bridge.ipv6?.address : nil
  return plan
}

/// Whether a connection over IPv6 comes about.
private func connects6(
  from client: Namespace, to address: String, port: UInt16, of server: Namespace, patience: Int = 20
) -> Bool {
  func name(_ text: String) -> sockaddr_in6 {
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = port.bigEndian
    inet_pton(AF_INET6, text, &address.sin6_addr)
    return address
  }
  func with(_ text: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = name(text)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in6>.size)) }
    }
  }
  let listener = server.run { socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0) }
  defer { close(listener) }
  var one: Int32 = 1
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, 4)
  guard with("::", { bind(listener, $0, $1) }) == 0, listen(listener, 4) == 0 else { return false }
  let probe = client.run { socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0) }
  defer { close(probe) }
  var timeout = timeval(tv_sec: patience, tv_usec: 0)
  setsockopt(probe, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
  return with(address) { connect(probe, $0, $1) } == 0
}

@Suite("dual stack in the kernel", .enabled(if: isRoot, needsRoot)) struct DualStackTests {
  private func make(_ driver: LinkDriver, _ plan: BridgePlan) throws {
    try driver.create(plan)
    if let address = plan.ipv6 { try driver.addAddress(address, toLink: plan.name) }
  }

  @Test("bridge and container have both families at once, and the container both default routes")
  func both() throws {
    let host = try Namespace()
    let guest = try DualGuest()
    try host.run {
      let driver = try LinkDriver()
      let plan = bridge()
      for _ in 0..<2 { try make(driver, plan) }
      for _ in 0..<2 {
        try driver.attach([veth("cvd", plan, host: 2)], pid: guest.namespace.thread, netns: guest.socket.raw)
      }
      let link = try #require(try driver.links().first { $0.name == "cbrd" })
      #expect(link.addresses.map(\.description) == ["10.253.0.1/24"])
      #expect(link.addresses6.map(\.description).contains("fd00:253::1/64"))
    }
    let inside = try #require(try guest.links.links().first { $0.name == "eth0" })
    #expect(inside.addresses.map(\.description) == ["10.253.0.2/24"])
    #expect(inside.addresses6.map(\.description).contains("fd00:253::2/64"))
    #expect(try guest.links.defaultRouteInterfaces() == ["eth0"])
    #expect(try guest.links.defaultRouteInterfaces(.ipv6) == ["eth0"])
    let routes = try guest.links.routes(.ipv6)
    #expect(routes.first { $0.prefix.length == 0 }?.gateway?.description == "fd00:253::1")
    #expect(routes.contains { $0.prefix.description == "fd00:253::/64" })
    // Ready at once: nobody waits for duplicates to be looked for.
    #expect(connects6(from: host, to: "fd00:253::2", port: 80, of: guest.namespace))
    #expect(connects6(from: guest.namespace, to: "fd00:253::1", port: 81, of: host))
  }

  @Test("a network may have one family alone, and further addresses of one link", arguments: [true, false])
  func alone(isSix: Bool) throws {
    let host = try Namespace()
    let guest = try DualGuest()
    try host.run {
      let driver = try LinkDriver()
      let plan = isSix ? bridge(four: nil) : bridge(six: nil)
      try make(driver, plan)
      var place = veth("cvd", plan, host: 2)
      place.linkLocal = [.v4(IPv4Address(169, 254, 7, 7)), .v6(IPv6Address("fe80::77")!)]
      try driver.attach([place], pid: guest.namespace.thread, netns: guest.socket.raw)
    }
    let inside = try #require(try guest.links.links().first { $0.name == "eth0" })
    #expect(inside.addresses.contains { $0.description == "10.253.0.2/24" } == !isSix)
    #expect(inside.addresses6.contains { $0.description == "fd00:253::2/64" } == isSix)
    #expect(inside.addresses.contains { $0.description == "169.254.7.7/16" })
    #expect(inside.addresses6.contains { $0.description == "fe80::77/64" })
    #expect(try guest.links.defaultRouteInterfaces().isEmpty == isSix)
    #expect(try guest.links.defaultRouteInterfaces(.ipv6).isEmpty == !isSix)
  }

  @Test("a routed network is not masqueraded")
  func routed() throws {
    let front = bridge("cbrf")
    var rule = BridgeRule(name: "cbrf", prefix: front.prefix, prefix6: front.ipv6?.prefix)
    rule.masquerades = false
    let plan = FirewallPlan(bridges: [rule])
    #expect(!plan.ruleset.contains("oifname != \"cbrf\" ip saddr"))
    #expect(!NftIPv6.table(for: plan, named: "x").contains("masquerade comment \"out of"))
  }

  @Test(
    "forwarding of IPv6 is switched on by interface where the kernel can, else for all, and a router is still heard")
  func forwarding() throws {
    let plan = FirewallPlan(bridges: [
      BridgeRule(name: "b4", prefix: IPv4Prefix("10.0.0.0/24")),
      BridgeRule(name: "b6", prefix: nil, prefix6: IPv6Prefix("fd00:1::/64")),
    ])
    func values(_ forces: Bool) -> [String: String] {
      let all = SysctlRequirement.required(
        for: plan, uplinks: ["eth0"], uplinks6: ["eth1"], forcesForwarding: forces)
      return Dictionary(all.map { ($0.path.string.replacing("/proc/sys/net/", with: ""), $0.value) }) { first, _ in
        first
      }
    }
    let forced = values(true)
    #expect(forced["ipv6/conf/b6/force_forwarding"] == "1" && forced["ipv6/conf/eth1/force_forwarding"] == "1")
    #expect(forced["ipv6/conf/b4/disable_ipv6"] == "1" && forced["ipv6/conf/b6/disable_ipv6"] == "0")
    #expect(forced["ipv6/conf/all/forwarding"] == nil && forced["ipv4/conf/b6/forwarding"] == nil)
    #expect(forced["ipv4/conf/eth0/forwarding"] == "1" && forced["ipv6/conf/b6/accept_ra"] == "0")
    let old = values(false)
    #expect(old["ipv6/conf/all/forwarding"] == "1" && old["ipv6/conf/eth1/accept_ra"] == "2")
    #expect(old["ipv6/conf/b6/force_forwarding"] == nil)
  }

  @Test(
    "macvlan and ipvlan stand on an interface of the host, and are made again after they are taken away",
    arguments: [
      SubordinateLink.macvlan(.bridge), .macvlan(.privately), .ipvlan(.l2, .bridge), .ipvlan(.l3, .bridge),
    ])
  func subordinate(link: SubordinateLink) throws {
    let host = try Namespace()
    let (one, two, peer) = (try DualGuest(), try DualGuest(), try DualGuest())
    let plan = bridge("cbrp")
    try host.run {
      let driver = try LinkDriver()
      try make(driver, plan)
      // What stands on an interface without carrier has none itself.
      try driver.attach([veth("cvp", plan, host: 9)], pid: peer.namespace.thread, netns: peer.socket.raw)
      for (number, guest) in [one, two].enumerated() {
        var place = veth("none", plan, host: UInt8(2 + number))
        place.subordinate = link
        do {
          for _ in 0..<2 { try driver.attach([place], pid: guest.namespace.thread, netns: guest.socket.raw) }
        } catch NetworkError.refused(let failures) where link.kind == "ipvlan" {
          // Not every kernel has it: then it says so, and there is nothing to look at.
          #expect(failures.map(\.errno) == [EOPNOTSUPP])
          return
        }
        try driver.deleteInside(names: ["eth0", "gone"], netns: guest.socket.raw)
        try driver.attach([place], pid: guest.namespace.thread, netns: guest.socket.raw)
      }
    }
    guard let inside = try one.links.links().first(where: { $0.name == "eth0" }) else {
      #expect(link.kind == "ipvlan")
      return
    }
    #expect(inside.kind == link.kind && inside.isUp)
    #expect(inside.addresses.map(\.description) == ["10.253.0.2/24"])
    #expect(try one.links.defaultRouteInterfaces() == ["eth0"] && one.links.defaultRouteInterfaces(.ipv6) == ["eth0"])
    let isApart = link == .macvlan(.privately)
    let reaches = connects6(
      from: one.namespace, to: "fd00:253::3", port: 80, of: two.namespace, patience: isApart ? 1 : 20)
    #expect(reaches == !isApart)
  }
}

extension FirewallTests {
  @Test("the second table keeps bridges apart, hides members from outside, and lets them out under the host's address")
  func rules() throws {
    let front = bridge("cbrf", four: "10.253.1.1/24", six: "fd00:253:1::1/64")
    let back = bridge("cbrk", four: "10.253.2.1/24", six: "fd00:253:2::1/64")
    let plan = FirewallPlan(
      table: "containr",
      bridges: [
        BridgeRule(name: "cbrf", prefix: front.prefix, prefix6: front.ipv6?.prefix),
        BridgeRule(name: "cbrk", prefix: back.prefix, prefix6: back.ipv6?.prefix, isInternal: true),
      ])
    let table = NftTable(name: "containr")
    #expect(NftRuleset.text(for: plan).contains("add table ip6 containr"))
    let six = NftIPv6.table(for: plan, named: "containr")
    #expect(six.contains("iifname != \"cbrf\" ip6 daddr fd00:253:1::/64 drop"))
    #expect(six.contains("oifname != \"cbrf\" ip6 saddr fd00:253:1::/64 masquerade"))
    #expect(!six.contains("ip6 saddr fd00:253:2::/64 masquerade"))
    for (bridge, gateway) in [("cbrf", "fd00:253:1::1"), ("cbrk", "fd00:253:2::1")] {
      #expect(
        six.contains(
          "iifname \"\(bridge)\" ip6 daddr \(gateway) meta l4proto { 6, 17 } th dport 53 dnat to [\(gateway)]:253 "))
    }
    #expect(six.contains("ip6 daddr fd00:253:2::1 meta l4proto { 6, 17 } th dport 253 accept"))
    #expect(six.contains("\"cbrk\" comment \"from cbrk\" : drop"))
    try Self.host.get().run {
      try table.apply(plan)
      defer {
        do { try table.remove() } catch { Issue.record(error) }
      }
      #expect(try table.isListed(as: plan))
      #expect(try table.drift(expected: plan, table.observe()).isEmpty)
      var open = plan
      open.handover = HandoverLink(out: "chout", into: "chin")
      open.ports = [
        PublishedPort(hostPort: 8080, containerAddress: IPAddress("fd00:253:1::2")!, containerPort: 80, id: "any"),
        PublishedPort(
          hostAddress: .v6(.loopback), hostPort: 8081, containerAddress: IPAddress("fd00:253:2::2")!, containerPort: 80,
          transport: .udp, id: "loopback"),
        PublishedPort(
          hostAddress: IPAddress("2001:db8::1"), hostPort: 8082, containerAddress: IPAddress("fd00:253:1::2")!,
          containerPort: 80, transport: .sctp, id: "one"),
      ]
      open.ports[0].obeysHost = true
      open.ports[2].obeysHost = true
      let (links, handover) = (try LinkDriver(), try #require(open.handover))
      try links.ensureHandover(handover, alias: "containr:handover", group: 91)
      defer {
        do { try links.deleteLink(name: handover.out) } catch { Issue.record(error) }
      }
      #expect(try links.handoverFaults(handover, hasLoopback: true).count == 2)
      for _ in 0..<2 { try links.ensureLoopbackRoutes(handover) }
      #expect(try links.handoverFaults(handover, hasLoopback: true).isEmpty)
      try table.apply(open)
      #expect(try table.isListed(as: open), "in the very words of nft")
      var moved = open
      moved.ports[0].containerAddress = IPAddress("fd00:253:1::3")!
      moved.ports[1].hostPort = 8083
      let before = try #require(try RulesetGeneration.current())
      #expect(try table.move(from: open, to: moved) == NftStep(isWhole: false, transactions: 1))
      #expect(try RulesetGeneration.current() == before.next, "all tables in one transaction")
      #expect(try table.apply(moved) == NftStep(isWhole: true, transactions: 1))
      #expect(try RulesetGeneration.current() == before.next.next)
      #expect(try table.isListed(as: moved))
      _ = try NftTable.run("test", "delete element ip6 containr publish-at6 { 17 . 100:0:0:1::1 . 8083 }\n")
      #expect(try table.drift(expected: moved, table.observe()) == ["published port [::1]:8083/udp missing"])
      try table.apply(plan)
      _ = try NftTable.run("test", "flush chain ip6 containr forward6\n")
      #expect(try table.drift(expected: plan, table.observe()).contains { $0.contains("forward6") })
      var four = plan
      for index in four.bridges.indices { four.bridges[index].prefix6 = nil }
      let dual = try #require(try RulesetGeneration.current())
      #expect(try table.apply(four) == NftStep(isWhole: true, transactions: 2))
      #expect(try RulesetGeneration.current() == dual.next.next)
      #expect(try NftTable.run("test", "list tables ip6").isEmpty, "a plan without IPv6 leaves no table of it")
      #expect(try table.isListed(as: four))
    }
  }
}
