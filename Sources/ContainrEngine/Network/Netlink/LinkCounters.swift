// What went through links, as the kernel counts it: one list for all of a namespace. Reads only.
internal import ContainrSystem

/// Counters of one interface, as whoever has it sees them.
public struct LinkCounters: Sendable, Hashable {
  /// One direction.
  public struct Direction: Sendable, Hashable {
    /// With their Ethernet headers.
    public var bytes: UInt64
    /// Frames.
    public var packets: UInt64
    /// Frames that were damaged or could not be sent.
    public var errors: UInt64
    /// Frames for which there was no room.
    public var drops: UInt64

    /// Counted.
    public init(bytes: UInt64 = 0, packets: UInt64 = 0, errors: UInt64 = 0, drops: UInt64 = 0) {
      self.bytes = bytes
      self.packets = packets
      self.errors = errors
      self.drops = drops
    }

    static func + (a: Direction, b: Direction) -> Direction {
      Direction(
        bytes: a.bytes &+ b.bytes, packets: a.packets &+ b.packets, errors: a.errors &+ b.errors,
        drops: a.drops &+ b.drops)
    }
  }
  /// What came to it.
  public var received: Direction
  /// What it sent.
  public var sent: Direction

  /// Counted.
  public init(received: Direction = Direction(), sent: Direction = Direction()) {
    self.received = received
    self.sent = sent
  }

  /// struct rtnl_link_stats64.
  init?(_ bytes: NetlinkBytes) {
    func number(_ index: Int) -> UInt64? { bytes.integer(at: index * 8) }
    guard let receivedPackets = number(0), let sentPackets = number(1), let receivedBytes = number(2),
      let sentBytes = number(3), let receiveErrors = number(4), let sendErrors = number(5),
      let receiveDrops = number(6), let sendDrops = number(7)
    else { return nil }
    received = Direction(bytes: receivedBytes, packets: receivedPackets, errors: receiveErrors, drops: receiveDrops)
    sent = Direction(bytes: sentBytes, packets: sentPackets, errors: sendErrors, drops: sendDrops)
  }

  /// The same of the other end of a pair: what one end sends the other one receives.
  public var turned: LinkCounters { LinkCounters(received: sent, sent: received) }

  /// Both together.
  public static func + (a: LinkCounters, b: LinkCounters) -> LinkCounters {
    LinkCounters(received: a.received + b.received, sent: a.sent + b.sent)
  }

  /// The interfaces of a text in the form of /proc/PID/net/dev (proc_pid_net(5)), by name.
  public static func table(_ text: String) -> [String: LinkCounters] {
    var table: [String: LinkCounters] = [:]
    for line in text.split(separator: "\n") {
      guard let colon = line.lastIndex(of: ":") else { continue }
      let numbers = line[line.index(after: colon)...].split(separator: " ").compactMap { UInt64($0) }
      guard numbers.count >= 12 else { continue }
      table[line[..<colon].filter { $0 != " " }] = LinkCounters(
        received: Direction(bytes: numbers[0], packets: numbers[1], errors: numbers[2], drops: numbers[3]),
        sent: Direction(bytes: numbers[8], packets: numbers[9], errors: numbers[10], drops: numbers[11]))
    }
    return table
  }
}

extension LinkDriver {
  /// The counters of all links of the namespace, by index: one answer of the kernel, and nothing else in it.
  public func counters() throws(NetworkError) -> [Int: LinkCounters] {
    // struct if_stats_msg; IFLA_STATS_LINK_64 is 1, and its bit the first one.
    let request = NetlinkRequest("list the counters of links", type: 94) { payload in
      payload.append(UInt64(0))
      payload.append(UInt32(1))
    }
    var all: [Int: LinkCounters] = [:]
    for message in try list(request) {
      guard message.type == 92, let index = message.body.integer(UInt32.self, at: 4),
        let bytes = message.body.attributes(from: 12)?[1], let counters = LinkCounters(bytes)
      else { throw .malformed("counters of the kernel's list") }
      all[Int(index)] = counters
    }
    return all
  }

  /// The indexes of links by name, in few questions; what is not there is left out.
  public func indexes(of names: [String]) throws(NetworkError) -> [String: Int] {
    var indexes: [String: Int] = [:]
    for (name, reply) in zip(names, try replies(to: names.map { LinkRequests.get(name: $0) })) {
      if let link = reply.messages.compactMap({ LinkState($0) }).first { indexes[name] = link.index }
    }
    return indexes
  }
}
