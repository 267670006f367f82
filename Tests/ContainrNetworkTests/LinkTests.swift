// Links and rules in real network namespaces; only with root. One namespace plays the host, others play containers.
import ContainrAddresses
import ContainrSystem
import Foundation
import SystemPackage
import Testing

@testable import ContainrNetwork

private let isRoot = geteuid() == 0
private let needsRoot: Comment = "needs root: network namespaces"

func bridge(_ name: String, _ third: UInt8, group: UInt32 = 77) -> BridgePlan {
  let address = IPv4Address(10, 254, third, 1)
  return BridgePlan(
    name: name, alias: "containr:\(name)", address: address, prefix: IPv4Prefix(containing: address, length: 26)!,
    group: group)
}

func veth(
  _ name: String, on bridge: BridgePlan, host: UInt8, inside: String = "eth0", routed: Bool = true
) -> VethPlan {
  let address = IPv4Address(bridge.prefix!.address.value + UInt32(host))
  return VethPlan(
    hostName: name, bridge: bridge.name, alias: "containr:\(name)", group: bridge.group, containerName: inside,
    macAddress: MACAddress(for: address), address: address, prefixLength: 26, gateway: routed ? bridge.address : nil)
}

func member(_ name: String, on bridge: BridgePlan, host: UInt8) -> MemberRule {
  let address = IPv4Address(bridge.prefix!.address.value + UInt32(host))
  return MemberRule(link: name, macAddress: MACAddress(for: address), address: address, id: name)
}

/// A namespace that plays a container, with its netlink socket in the host's hands.
final class Guest: Sendable {
  let namespace: Namespace
  let netlink: NetlinkSocket
  let descriptor: SharedFD

  init() throws {
    namespace = try Namespace()
    let raw = namespace.run { socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0) }
    descriptor = SharedFD(OwnedFD(taking: raw))
    netlink = try NetlinkSocket(borrowing: raw)
  }

  var links: LinkDriver { LinkDriver(netlink) }
}

@Suite("links", .enabled(if: isRoot, needsRoot), .serialized) struct LinkTests {
  @Test("every transaction of the packet filter counts, in its own namespace alone; two namespaces never look the same")
  func generations() throws {
    let (host, other) = (try Namespace(), try Namespace())
    func now(_ place: Namespace) throws -> RulesetGeneration {
      try #require(try place.run { try RulesetGeneration.current() })
    }
    let first = try now(host)
    let apart = try now(other)
    #expect(first != apart)
    #expect(try now(host) == first)
    var seen = [first]
    for command in ["add table ip t", "add chain ip t c", "add rule ip t c accept", "delete table ip t"] {
      // Not by the library in this process, which stays in the namespace of its first use.
      #expect(host.run { system("nft '\(command)'") } == 0)
      let next = try now(host)
      #expect(!seen.contains(next), "\(command)")
      seen.append(next)
    }
    #expect(try now(other) == apart)
  }

  @Test("a change of links, addresses or routes in another namespace is heard, and told by the id that its link shows")
  func events() throws {
    let host = try Namespace()
    let guest = try Guest()
    let other = try Guest()
    try host.run {
      let driver = try LinkDriver()
      let plan = bridge("cbrt4", 4)
      try driver.create(plan)
      try driver.attach([veth("cvet4", on: plan, host: 2)], pid: guest.namespace.thread, netns: guest.descriptor.raw)
      try driver.attach([veth("cvet5", on: plan, host: 3)], pid: other.namespace.thread, netns: other.descriptor.raw)
      let id = try #require(try driver.link(named: "cvet4")?.peerNamespace)
      let otherID = try #require(try driver.link(named: "cvet5")?.peerNamespace)
      #expect(id != otherID)
      #expect(try driver.link(named: "cbrt4")?.peerNamespace == nil)
      let events = try NetworkEvents()
      // The kernel tells of a new link's carrier up to a second later.
      var isQuiet = false
      for _ in 0..<20 where !isQuiet {
        usleep(1_200_000)
        isQuiet = try events.take() == .namespaces([])
      }
      #expect(try events.take() == .namespaces([]))
      try guest.links.deleteLinks(names: ["eth0"])
      guard case .namespaces(let ids) = try events.take() else { return #expect(Bool(false), "an overflow") }
      #expect(ids == [id])
      try other.links.configureLoopback(netns: other.descriptor.raw)
      _ = try events.take()
      let index = try #require(try other.links.link(named: "eth0")).index
      try other.netlink.perform([
        LinkRequests.addAddress(
          IPv4Address(10, 254, 4, 40), prefixLength: 32, index: index, name: "eth0", replace: false)
      ])
      #expect(try events.take() == .namespaces([otherID]))
    }
  }

  @Test("a bridge is made as planned, and may be made again")
  func bridges() throws {
    let host = try Namespace()
    try host.run {
      let driver = try LinkDriver()
      var plan = bridge("cbrt0", 0)
      plan.mtu = 1400
      for _ in 0..<2 { try driver.create(plan) }
      let link = try #require(try driver.links().first { $0.name == "cbrt0" })
      #expect(link.kind == "bridge" && link.isUp && link.mtu == 1400 && link.group == 77)
      #expect(link.alias == "containr:cbrt0")
      #expect(try link.macAddress == MACAddress(for: #require(plan.address)))
      #expect(link.addresses.map(\.description) == ["10.254.0.1/26"])
      plan.alias = "containr:another"
      #expect {
        try driver.create(plan)
      } throws: { error in
        if case NetworkError.foreign = error { true } else { false }
      }
      try driver.deleteLinks(group: 77)
      try driver.deleteLinks(group: 77)
      try driver.deleteLink(name: "cbrt0")
      #expect(try driver.link(named: "cbrt0") == nil)
    }
  }

  @Test("a container gets its interfaces, addresses and default route from outside")
  func attach() throws {
    let host = try Namespace()
    let guest = try Guest()
    let driver = try host.run { try LinkDriver() }
    let front = bridge("cbrf", 1)
    let back = bridge("cbrb", 2)
    try driver.create(front)
    try driver.create(back)
    let plans = [veth("cvf", on: front, host: 2), veth("cvb", on: back, host: 2, inside: "eth1", routed: false)]
    for _ in 0..<2 { try driver.attach(plans, pid: guest.namespace.thread, netns: guest.descriptor.raw) }
    let inside = try guest.links.links()
    #expect(inside.filter(\.isUp).map(\.name) == ["lo", "eth0", "eth1"])
    #expect(inside.first { $0.name == "eth0" }?.addresses.map(\.description) == ["10.254.1.2/26"])
    #expect(inside.first { $0.name == "eth1" }?.macAddress == plans[1].macAddress)
    #expect(try guest.links.defaultRouteInterfaces() == ["eth0"])
    #expect(
      try guest.links.routes().map(\.prefix.description).sorted() == ["0.0.0.0/0", "10.254.1.0/26", "10.254.2.0/26"])
    let near = try #require(try driver.links().first { $0.name == "cvf" })
    #expect(near.isUp && near.alias == "containr:cvf" && near.kind == "veth")
    #expect(near.master == (try driver.link(named: "cbrf"))?.index)
    // All at once, ports and bridges.
    try driver.deleteLinks(group: 77)
    #expect(try driver.links().map(\.name) == ["lo"])
    #expect(try guest.links.links().map(\.name) == ["lo"])
  }

  @Test("a failure names the request and carries the kernel's words; the rest of the batch is done")
  func failures() throws {
    let host = try Namespace()
    let socket = try host.run { try NetlinkSocket() }
    let requests = [
      LinkRequests.setUp(index: 1, name: "lo"), LinkRequests.setUp(index: 4711, name: "nothing"),
      LinkRequests.addDefaultRoute(gateway: IPv4Address(10, 1, 1, 1), index: 1, name: "lo"),
      LinkRequests.addAddress(IPv4Address(10, 1, 1, 2), prefixLength: 24, index: 1, name: "lo"),
    ]
    do {
      try socket.perform(requests)
      Issue.record("it must fail")
    } catch {
      guard case .refused(let failures) = error else { throw error }
      #expect(failures.map(\.request) == ["set nothing up", "add default route by 10.1.1.1 on lo"])
      #expect(failures[0].errno == 19)
      #expect(failures[1].explanation?.isEmpty == false)
    }
    #expect(try LinkDriver(socket).links()[0].addresses.map(\.description).contains("10.1.1.2/24"))
  }

  @Test("a hundred pairs from four threads, and a dump larger than one buffer")
  func storm() throws {
    let host = try Namespace()
    let driver = try host.run { try LinkDriver() }
    let guests = try (0..<4).map { _ in try Guest() }
    let plan = bridge("cbrs", 3)
    try driver.create(plan)
    let failed = FailureBox()
    DispatchQueue.concurrentPerform(iterations: 4) { number in
      do {
        let guest = guests[number]
        for index in 0..<12 {
          let veth = veth(
            "cv\(number)x\(index)", on: plan, host: UInt8(2 + number * 12 + index), inside: "e\(index)", routed: false)
          try driver.attach([veth], pid: guest.namespace.thread, netns: guest.descriptor.raw)
          if index % 4 == 0 { _ = try driver.links() }
        }
      } catch { failed.add(error) }
    }
    #expect(failed.all.isEmpty, "\(failed.all)")
    #expect(try driver.links().count == 2 + 48)
    try driver.deleteLinks(names: (0..<4).flatMap { number in (0..<12).map { "cv\(number)x\($0)" } })
    #expect(try driver.links().count == 2)
  }
}

private final class FailureBox: @unchecked Sendable {
  private let lock = NSLock()
  private(set) var all: [String] = []
  func add(_ error: any Error) { lock.withLock { all.append("\(error)") } }
}

@Suite("firewall", .enabled(if: isRoot, needsRoot), .serialized) struct FirewallTests {
  // libnftables keeps one socket for the process: its namespace is the one of the first call.
  static let host: Result<Namespace, any Error> = Result { try Namespace() }

  @Test("what is applied is observed without drift, whatever is then broken by hand is named")
  func applyAndDrift() throws {
    try Self.host.get().run {
      let table = NftTable(name: "containr")
      defer { do { try table.remove() } catch { Issue.record(error) } }
      #expect(try table.observe() == nil)
      #expect(try table.drift(expected: shop, nil) == ["table ip containr missing"])
      try table.apply(shop)
      try table.apply(shop)
      #expect(try table.drift(expected: shop, table.observe()) == [])
      var other = shop
      other.ports.removeFirst()
      #expect(
        try table.drift(expected: other, table.observe()) == [
          "foreign element in map publish: `6 . 8080 comment \"shop/web-1\" : 10.89.0.2 . 80`"
        ])
      for (command, expected) in [
        ("delete element ip containr publish { 6 . 8080 }", "published port 0.0.0.0:8080/tcp missing"),
        ("flush chain ip containr forward", "rule forward/replies missing"),
        ("add rule ip containr forward tcp dport 22 accept", "foreign rule in chain forward: `tcp dport 22 accept`"),
        ("insert rule ip containr into-cbr0 accept comment \"x\"", "foreign rule in chain into-cbr0"),
        ("add chain ip containr mine", "foreign chain mine"),
        ("add set ip containr mine { type ipv4_addr; }", "foreign set mine"),
      ] {
        try table.apply(shop)
        _ = try NftTable.run("test", command)
        let drift = try table.drift(expected: shop, table.observe())
        #expect(drift.contains { $0.hasPrefix(expected) }, "\(command): \(drift)")
      }
      #expect(try NftTable.run("test", "list tables") == "table ip containr\ntable bridge containr\n")
      #expect {
        _ = try NftTable.run("test", "add rule ip containr nowhere accept")
      } throws: { error in
        "\(error)".contains("No such file or directory")
      }
      try table.remove()
      try table.remove()
      #expect(try table.observe() == nil)
    }
  }

  @Test("a thousand ports are applied and compared")
  func thousandPorts() throws {
    try Self.host.get().run {
      let table = NftTable(name: "containr")
      defer { do { try table.remove() } catch { Issue.record(error) } }
      var plan = shop
      plan.ports = (0..<1000).map { number in
        PublishedPort(
          hostAddress: number % 2 == 0 ? .v4(.loopback) : nil, hostPort: UInt16(2000 + number),
          containerAddress: .v4(IPv4Address(10, 89, 0, 2)), containerPort: 80, id: "s/\(number)")
      }
      try table.apply(plan)
      #expect(try table.drift(expected: plan, table.observe()) == [])
    }
  }

  @Test("ports, isolation and masquerading work for real packets")
  func traffic() throws {
    let host = try Self.host.get()
    let driver = try host.run { try LinkDriver() }
    let table = NftTable(name: "containr")
    let front = bridge("cbrf", 10)
    let other = bridge("cbro", 11)
    let inner = bridge("cbri", 12)
    let outside = try Guest()
    let guests = try (0..<4).map { _ in try Guest() }
    let plan = FirewallPlan(
      bridges: [
        BridgeRule(name: "cbrf", prefix: front.prefix), BridgeRule(name: "cbro", prefix: other.prefix),
        BridgeRule(name: "cbri", prefix: inner.prefix, isInternal: true),
      ],
      ports: [
        PublishedPort(
          hostPort: 8080, containerAddress: .v4(IPv4Address(10, 254, 10, 2)), containerPort: 80, id: "everywhere"),
        PublishedPort(
          hostAddress: .v4(.loopback), hostPort: 8081, containerAddress: .v4(IPv4Address(10, 254, 10, 2)),
          containerPort: 80,
          id: "loopback"),
        PublishedPort(
          hostPort: 8082, containerAddress: .v4(IPv4Address(10, 254, 12, 2)), containerPort: 80, id: "internal"),
        PublishedPort(
          hostPort: 53, containerAddress: .v4(IPv4Address(10, 254, 10, 2)), containerPort: 80, id: "a resolver"),
      ],
      members: [
        member("cv0", on: front, host: 2), member("cv1", on: front, host: 3), member("cv2", on: other, host: 2),
        member("cv3", on: inner, host: 2),
      ], memberPrefix: "cv")
    defer {
      do {
        try driver.deleteLinks(group: 77)
        try driver.deleteLinks(group: 78)
        try table.remove()
      } catch { Issue.record(error) }
    }
    try host.run {
      for bridge in [front, other, inner] { try driver.create(bridge) }
      // The uplink: a bridge of its own, whose one member plays the world.
      try driver.create(bridge("uplink", 20, group: 78))
      try driver.attach(
        [veth("world", on: bridge("uplink", 20, group: 78), host: 2, routed: true)], pid: outside.namespace.thread,
        netns: outside.descriptor.raw)
      for (number, plan) in [
        veth("cv0", on: front, host: 2), veth("cv1", on: front, host: 3), veth("cv2", on: other, host: 2),
        veth("cv3", on: inner, host: 2, routed: false),
      ].enumerated() {
        try driver.attach([plan], pid: guests[number].namespace.thread, netns: guests[number].descriptor.raw)
      }
      try table.apply(plan)
      for requirement in SysctlRequirement.required(for: plan, uplinks: ["uplink"]) {
        try SysctlWriter().apply(requirement)
        #expect(try SysctlWriter().apply(requirement) == nil)
      }
      try NetlinkSocket().perform([LinkRequests.setUp(index: 1, name: "lo")])
    }
    let server = guests[0].namespace.run { TestSocket() }
    try #require(server.bind("0.0.0.0", 80) && server.listen())
    let hidden = guests[3].namespace.run { TestSocket() }
    try #require(hidden.bind("0.0.0.0", 80) && hidden.listen())
    let world = outside.namespace.run { TestSocket() }
    try #require(world.bind("0.0.0.0", 80) && world.listen())

    /// Whom the listener sees; nil if the connection does not come about.
    func reach(_ from: Namespace, _ address: String, _ port: UInt16, at listener: TestSocket) -> String? {
      let client = from.run { TestSocket(seconds: 1) }
      guard client.connect(address, port), let accepted = listener.accept() else { return nil }
      return String(accepted.peer.prefix { $0 != ":" })
    }
    /// The same of what must come about: on a full machine not always within the second that a socket waits.
    func arrives(_ from: Namespace, _ address: String, _ port: UInt16, at listener: TestSocket) -> String? {
      for _ in 0..<5 { if let peer = reach(from, address, port, at: listener) { return peer } }
      return nil
    }
    let stranger = outside.namespace
    #expect(arrives(host, "127.0.0.1", 8080, at: server) == "10.254.10.1", "this host by loopback")
    #expect(arrives(host, "10.254.20.1", 8080, at: server) != nil, "this host by its address")
    #expect(arrives(host, "127.0.0.1", 8081, at: server) == "10.254.10.1", "a loopback port by loopback")
    #expect(reach(host, "10.254.20.1", 8081, at: server) == nil, "a loopback port by another address")
    #expect(arrives(stranger, "10.254.20.1", 8080, at: server) == "10.254.20.2", "from outside, the source kept")
    #expect(reach(stranger, "10.254.20.1", 8081, at: server) == nil, "a loopback port from outside")
    #expect(reach(stranger, "10.254.10.2", 80, at: server) == nil, "a member from outside")
    #expect(reach(stranger, "127.0.0.1", 8081, at: server) == nil, "another machine's loopback")
    #expect(arrives(guests[1].namespace, "10.254.10.2", 80, at: server) == "10.254.10.3", "a neighbour")
    #expect(arrives(guests[1].namespace, "10.254.20.1", 8080, at: server) == "10.254.10.1", "a neighbour by the port")
    #expect(arrives(guests[0].namespace, "10.254.20.1", 8080, at: server) == "10.254.10.1", "itself by the port")
    #expect(reach(guests[2].namespace, "10.254.10.2", 80, at: server) == nil, "another network")
    #expect(arrives(guests[2].namespace, "10.254.20.1", 8080, at: server) != nil, "another network by the port")
    #expect(reach(guests[2].namespace, "10.254.10.1", 8080, at: server) == nil, "another network's gateway")
    #expect(arrives(guests[1].namespace, "10.254.20.2", 80, at: world) == "10.254.20.1", "out, masqueraded")
    #expect(reach(guests[3].namespace, "10.254.20.2", 80, at: world) == nil, "out of an internal network")
    #expect(arrives(host, "127.0.0.1", 8082, at: hidden) == "10.254.12.1", "an internal port by this host")
    #expect(
      arrives(host, "10.254.20.1", 8082, at: hidden) == "10.254.12.1", "an internal port by an address of this host")
    #expect(reach(stranger, "10.254.20.1", 8082, at: hidden) == nil, "an internal port from outside")
    for (gateway, guest, address) in [("10.254.10.1", 1, "10.254.10.3"), ("10.254.12.1", 3, "10.254.12.2")] {
      let names = host.run { TestSocket() }
      try #require(names.bind(gateway, DNSServer.port) && names.listen())
      #expect(arrives(guests[guest].namespace, gateway, 53, at: names) == address, "the name server of \(gateway)")
    }
    #expect(arrives(stranger, "10.254.20.1", 53, at: server) == "10.254.20.2", "a published port 53 from outside")
    #expect(arrives(host, "127.0.0.1", 53, at: server) != nil, "and by this host")
    #expect(arrives(guests[2].namespace, "10.254.20.1", 53, at: server) != nil, "and by another network")
    // A route to 127/8 through the uplink: what a neighbour on the wire would try (CVE-2020-8558). Its own loopback would
    // come first.
    #expect(stranger.run { system("ip address flush dev lo") } == 0)
    outside.namespace.run {
      let loopback = NetlinkRequest("route", type: 24, flags: 0x400) { payload in
        for byte: UInt8 in [2, 32, 0, 0, 254, 4, 0, 1] { payload.append(byte) }
        payload.append(UInt32(0))
        payload.attribute(1, bytes: [127, 0, 0, 1])
        payload.attribute(5, bytes: [10, 254, 20, 1])
        payload.attribute(4, UInt32(2))
      }
      do {
        try outside.netlink.perform([loopback])
        try Kernel.write("1", into: "/proc/sys/net/ipv4/conf/eth0/route_localnet")
      } catch { Issue.record(error) }
    }
    try host.run { try Kernel.write("1", into: "/proc/sys/net/ipv4/conf/uplink/route_localnet") }
    #expect(reach(stranger, "127.0.0.1", 8081, at: server) == nil, "our loopback from the wire")
    let own = host.run { TestSocket() }
    try #require(own.bind("127.0.0.1", 8083) && own.listen())
    #expect(arrives(host, "127.0.0.1", 8083, at: own) == "127.0.0.1", "a service of this host by loopback")
    #expect(reach(stranger, "127.0.0.1", 8083, at: own) == nil, "a service of this host from the wire")
  }

  @Test("a UDP client that was there before the port is published is heard after its flow is forgotten")
  func staleFlows() throws {
    let host = try Self.host.get()
    let driver = try host.run { try LinkDriver() }
    let table = NftTable(name: "containr")
    let uplink = bridge("uplink", 20, group: 78)
    let front = bridge("cbrf", 10)
    let outside = try Guest()
    let guest = try Guest()
    defer {
      do {
        try driver.deleteLinks(group: 77)
        try driver.deleteLinks(group: 78)
        try table.remove()
      } catch { Issue.record(error) }
    }
    var plan = FirewallPlan(
      bridges: [BridgeRule(name: "cbrf", prefix: front.prefix)], members: [member("cv0", on: front, host: 2)],
      memberPrefix: "cv")
    try driver.create(uplink)
    try driver.create(front)
    try driver.attach(
      [veth("world", on: uplink, host: 2)], pid: outside.namespace.thread, netns: outside.descriptor.raw)
    try driver.attach([veth("cv0", on: front, host: 2)], pid: guest.namespace.thread, netns: guest.descriptor.raw)
    let connections = try host.run {
      try table.apply(plan)
      for requirement in SysctlRequirement.required(for: plan, uplinks: ["uplink"]) {
        try SysctlWriter().apply(requirement)
      }
      return try ConnectionTable()
    }
    let server = guest.namespace.run { TestSocket(stream: false, seconds: 1) }
    try #require(server.bind("0.0.0.0", 53))
    let client = outside.namespace.run { TestSocket(stream: false) }
    try #require(client.connect("10.254.20.1", 5353))
    client.send([1])
    // Refused by the host, which had nobody there: now its flow is known, and no answer to ARP is still to come.
    #expect(client.receive() == nil)
    plan.ports = [
      PublishedPort(
        hostPort: 5353, containerAddress: .v4(IPv4Address(10, 254, 10, 2)), containerPort: 53, transport: .udp,
        id: "dns")
    ]
    try table.apply(plan)
    client.send([2])
    #expect(server.receive() == nil, "without it the old flow stays; if this fails, the kernel has learnt")
    // The word of the second refusal, which would be that of the third send.
    #expect(client.receive() == nil)
    let local = Set(try driver.links().flatMap { $0.addresses.map { IPAddress.v4($0.address) } })
    #expect(try connections.forgetStaleFlows(plan: plan, local: local) == 1)
    client.send([3])
    var heard: [UInt8]?
    for _ in 0..<20 where heard == nil { heard = server.receive() }
    #expect(heard == [3])
    #expect(try connections.forgetStaleFlows(plan: plan, local: local) == 0)
    #expect(try connections.forgetStaleFlows(plan: FirewallPlan(), local: local, former: [.v4(front.prefix!)]) == 1)
  }
}
