// The kernel's table of tracked connections (ctnetlink). NAT is decided once a flow, and a UDP flow lasts as long as
// its client sends: without this a port that is published or moved is never seen by a client that was there before.
public import ContainrAddresses
internal import ContainrSystem

/// Both directions of one tracked flow.
struct TrackedFlow: Sendable, Hashable {
  var destination: IPv4Address
  var destinationPort: UInt16
  /// Who answers: another one than the destination if the flow was redirected.
  var answerer: IPv4Address
  var answererPort: UInt16
  /// CTA_TUPLE_ORIG, by which it is deleted.
  var tuple: [UInt8]

  /// nil for what is no UDP over IPv4.
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
  func isStale(for plan: FirewallPlan, local: Set<IPv4Address>, former: [IPv4Prefix]) -> Bool {
    guard destination.isLoopback || local.contains(destination) else { return false }
    // A member's queries to its name server, which no published port takes away.
    if destinationPort == 53, answerer == destination, answererPort == DNSServer.port { return false }
    let ports = plan.ports.filter { $0.transport == .udp && $0.hostPort == destinationPort }
    let port = ports.first { $0.boundAddress == destination } ?? ports.first { $0.boundAddress == nil }
    if let port { return answerer != port.containerAddress || answererPort != port.containerPort }
    return answerer != destination && (plan.bridges.compactMap(\.prefix) + former).contains { $0.contains(answerer) }
  }

  private typealias Ends = (
    source: IPv4Address, destination: IPv4Address, sourcePort: UInt16, destinationPort: UInt16, transport: UInt8
  )

  private static func ends(_ tuple: NetlinkBytes) -> Ends? {
    guard let parts = tuple.attributes(), let ip = parts[1]?.attributes(), let transport = parts[2]?.attributes(),
      let source: UInt32 = ip[1]?.integer(at: 0), let destination: UInt32 = ip[2]?.integer(at: 0),
      let number: UInt8 = transport[1]?.integer(at: 0), let from: UInt16 = transport[2]?.integer(at: 0),
      let to: UInt16 = transport[3]?.integer(at: 0)
    else { return nil }
    return (
      IPv4Address(UInt32(bigEndian: source)), IPv4Address(UInt32(bigEndian: destination)), UInt16(bigEndian: from),
      UInt16(bigEndian: to), number
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
    plan: FirewallPlan, local: Set<IPv4Address>, former: [IPv4Prefix] = []
  ) throws(NetworkError) -> Int {
    let all = NetlinkRequest("list tracked connections", type: 1 << 8 | 1) { $0.append(UInt32(RTNetlink.ipv4)) }
    let stale = try socket.list(all).compactMap { TrackedFlow($0) }.filter {
      $0.isStale(for: plan, local: local, former: former)
    }
    let requests = stale.map { flow in
      NetlinkRequest("forget a flow to \(flow.destination):\(flow.destinationPort)/udp", type: 1 << 8 | 2) { payload in
        payload.append(UInt32(RTNetlink.ipv4))
        payload.attribute(0x8001, bytes: flow.tuple)
      }
    }
    try socket.perform(requests, tolerating: [2])  // ENOENT: it ended by itself
    return stale.count
  }
}
