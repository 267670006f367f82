// The kernel's table of tracked connections (ctnetlink). NAT is decided once a flow, and a UDP flow lasts as long as
// its client sends: without this a port that is published or moved is never seen by a client that was there before.
public import ContainrAddresses
internal import ContainrSystem

/// Both directions of one tracked flow.
struct TrackedFlow: Sendable, Hashable {
  var destination: IPAddress
  var destinationPort: UInt16
  /// Who answers: another one than the destination if the flow was redirected.
  var answerer: IPAddress
  var answererPort: UInt16
  /// CTA_TUPLE_ORIG, by which it is deleted.
  var tuple: [UInt8]

  /// nil for what is no UDP.
  init?(_ message: NetlinkMessage) {
    guard message.type == 1 << 8, let attributes = message.body.attributes(from: 4), let original = attributes[1],
      let there = Self.ends(original), let back = attributes[2].flatMap({ Self.ends($0) }), there.transport == 17
    else { return nil }
    destination = there.destination
    destinationPort = there.destinationPort
    answerer = back.source
    answererPort = back.sourcePort
    tuple = Array(original.bytes)
  }

  /// Whether a new flow to the same destination would go elsewhere. `former` are networks that may be gone.
  func isStale(for plan: FirewallPlan, local: Set<IPAddress>, former: [IPPrefix]) -> Bool {
    // What is for `::1` is two flows, which meet at an address of its own (`NftIPv6`).
    let relay = IPAddress.v6(HandoverLink.outside6)
    let asked = destination == relay ? .v6(.loopback) : destination
    guard asked.isLoopback || local.contains(asked) else { return false }
    // A member's queries to its name server, which no published port takes away.
    if destinationPort == 53, answerer == destination, answererPort == DNSServer.port { return false }
    let ports = plan.ports.filter {
      $0.transport == .udp && $0.hostPort == destinationPort && $0.family == destination.family
    }
    let port = ports.first { $0.boundAddress == asked } ?? ports.first { $0.boundAddress == nil }
    if answerer == relay { return port == nil }
    if let port { return answerer != port.containerAddress || answererPort != port.containerPort }
    return answerer != destination && (plan.bridges.flatMap(\.prefixes) + former).contains { $0.contains(answerer) }
  }

  private typealias Ends = (
    source: IPAddress, destination: IPAddress, sourcePort: UInt16, destinationPort: UInt16, transport: UInt8
  )

  private static func ends(_ tuple: NetlinkBytes) -> Ends? {
    guard let parts = tuple.attributes(), let ip = parts[1]?.attributes(), let transport = parts[2]?.attributes(),
      let source = (ip[1] ?? ip[3]).flatMap({ IPAddress(octets: $0.bytes) }),
      let destination = (ip[2] ?? ip[4]).flatMap({ IPAddress(octets: $0.bytes) }),
      let number: UInt8 = transport[1]?.integer(at: 0), let from: UInt16 = transport[2]?.integer(at: 0),
      let to: UInt16 = transport[3]?.integer(at: 0)
    else { return nil }
    return (
      source, destination, UInt16(bigEndian: from), UInt16(bigEndian: to), number
    )
  }
}

/// Tracked connections of one network namespace.
public struct ConnectionTable: Sendable {
  private let socket: NetlinkSocket

  /// For the caller's network namespace.
  public init() throws(NetworkError) {
    socket = try kernel { () throws(SyscallError) in try NetlinkSocket(protocol: 12) }
  }

  /// Forgets the UDP flows to this host that go elsewhere than `plan`, just applied, would send them; answers how
  /// many. `local` are this host's addresses, `former` networks that were taken away. Only needed when UDP ports
  /// changed: it reads the whole table.
  @discardableResult
  public func forgetStaleFlows(
    plan: FirewallPlan, local: Set<IPAddress>, former: [IPPrefix] = []
  ) throws(NetworkError) -> Int {
    // AF_UNSPEC: of both families.
    let all = NetlinkRequest("list tracked connections", type: 1 << 8 | 1) { $0.append(UInt32(0)) }
    let stale = try socket.list(all).compactMap { TrackedFlow($0) }.filter {
      $0.isStale(for: plan, local: local, former: former)
    }
    let requests = stale.map { flow in
      NetlinkRequest("forget a flow to \(flow.destination.bracketed):\(flow.destinationPort)/udp", type: 1 << 8 | 2) {
        payload in
        payload.append(UInt32(flow.destination.family.number))
        payload.attribute(0x8001, bytes: flow.tuple)
      }
    }
    try socket.perform(requests, tolerating: [2])  // ENOENT: it ended by itself
    return stale.count
  }
}
