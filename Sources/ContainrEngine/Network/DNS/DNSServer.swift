// The name server of one network: UDP and TCP on its gateway, never blocking. It owns an inner epoll, so that an
// outer loop watches one descriptor and calls `handle` when it is readable. Which names exist is told from outside.
internal import CContainrLinux
public import ContainrSystem
internal import Synchronization

/// A name server that an outside event loop drives.
public final class DNSServer: Sendable {
  private static let datagrams: UInt64 = 1, listener: UInt64 = 2, clock: UInt64 = 3
  private static let maximumForwards = 256, maximumClients = 32
  private static let patience: UInt64 = 2_000_000_000, idle: UInt64 = 10_000_000_000, tick: UInt64 = 250_000_000

  private struct Connection {
    let socket: SharedFD
    let peer: IPv4Address
    var received: [UInt8] = []
    var deadline: UInt64
  }

  private struct State {
    var responder: DNSResponder
    var upstreams: [DNSUpstream]
    var forwards: [UInt64: DNSForward] = [:]
    var connections: [UInt64: Connection] = [:]
    var nextToken: UInt64 = 16
    var rotation = 0
    var buffer = [UInt8](repeating: 0, count: 65536)
  }

  private let poll: EventPoll
  private let udp: OwnedFD
  private let tcp: OwnedFD
  private let timer: OwnedFD
  private let state: Mutex<State>
  /// Borrowed: readable when `handle` has something to do.
  public let descriptor: CInt

  /// Binds `gateway`, which need not exist yet (IP_FREEBIND). Only askers inside `prefix` get answers. Without
  /// upstreams, as for an internal network, other names do not exist. EADDRINUSE if another name server is there.
  public init(
    gateway: IPv4Address, prefix: IPv4Prefix, zone: DNSZone, upstreams: [DNSUpstream], port: UInt16 = 53
  ) throws(SyscallError) {
    poll = try EventPoll()
    udp = try Self.bind(2, gateway, port)
    tcp = try Self.bind(1, gateway, port)
    try check(cl_listen(tcp.raw, 64), "listen")
    timer = try Kernel.timerDescriptor()
    try poll.add(udp.raw, token: Self.datagrams)
    try poll.add(tcp.raw, token: Self.listener)
    try poll.add(timer.raw, token: Self.clock)
    descriptor = poll.descriptor
    let responder = DNSResponder(prefix: prefix, zone: zone, forwards: !upstreams.isEmpty)
    state = Mutex(State(responder: responder, upstreams: upstreams))
  }

  private static func bind(_ type: CInt, _ address: IPv4Address, _ port: UInt16) throws(SyscallError) -> OwnedFD {
    let socket = OwnedFD(taking: try check(cl_socket(2, type | 0o2004000, 0), "socket"))
    try check(cl_setsockopt_int(socket.raw, 0, 15, 1), "setsockopt(IP_FREEBIND)")
    if type == 1 { try check(cl_setsockopt_int(socket.raw, 1, 2, 1), "setsockopt(SO_REUSEADDR)") }
    try check(cl_bind_ipv4(socket.raw, address.networkOrder, port), "bind", detail: "name server on \(address):\(port)")
    return socket
  }

  /// New names from now on.
  public func update(zone: DNSZone) { state.withLock { $0.responder.zone = zone } }

  /// New resolvers for new queries.
  public func update(upstreams: [DNSUpstream]) {
    state.withLock {
      $0.upstreams = upstreams
      $0.responder.forwards = !upstreams.isEmpty
    }
  }

  /// Does all that is ready and returns. An error means that this server cannot go on; what one client or one
  /// resolver does wrong is no error.
  public func handle() throws(SyscallError) {
    try state.withLock { (state) throws(SyscallError) in
      for event in try poll.wait(milliseconds: 0) {
        switch event.token {
        case Self.datagrams: try receiveDatagrams(&state)
        case Self.listener: try acceptConnections(&state)
        case Self.clock: try expire(&state)
        default:
          if state.connections[event.token] != nil {
            try readConnection(event.token, &state)
          } else if state.forwards[event.token] != nil {
            try continueForward(event.token, &state)
          }
        }
      }
    }
  }

  // MARK: clients

  private func receiveDatagrams(_ state: inout State) throws(SyscallError) {
    for _ in 0..<64 {  // then let the others have a turn; epoll is level-triggered
      var address: UInt32 = 0
      var port: UInt16 = 0
      let size = state.buffer.withUnsafeMutableBytes {
        cl_recvfrom_ipv4(udp.raw, $0.baseAddress!, $0.count, &address, &port)
      }
      if size < 0 { return }  // EAGAIN, or an ICMP error of an earlier answer
      let query = Array(state.buffer[..<Int(size)])
      try answer(
        query, from: IPv4Address(UInt32(bigEndian: address)), to: .datagram(address: address, port: port), &state)
    }
  }

  private func acceptConnections(_ state: inout State) throws(SyscallError) {
    while true {
      let result = cl_accept4(tcp.raw, 0o2004000)
      if result < 0 { return }  // EAGAIN, or a client that is gone already
      let socket = SharedFD(OwnedFD(taking: result))
      guard let peer = peer(of: socket.raw), state.responder.prefix.contains(peer),
        state.connections.count < Self.maximumClients
      else { continue }
      let token = state.nextToken
      state.nextToken += 1
      try poll.add(socket.raw, token: token)
      state.connections[token] = Connection(
        socket: socket, peer: peer, deadline: Kernel.monotonicTime() + Self.idle)
      try Kernel.arm(timer: timer.raw, nanoseconds: Self.tick)
    }
  }

  private func peer(of socket: CInt) -> IPv4Address? {
    do { return IPv4Address(try Kernel.peerAddress(of: socket)) } catch { return nil }  // gone already
  }

  private func readConnection(_ token: UInt64, _ state: inout State) throws(SyscallError) {
    guard var connection = state.connections[token] else { return }
    let size = state.buffer.withUnsafeMutableBytes { cl_read(connection.socket.raw, $0.baseAddress!, $0.count) }
    if size == -11 { return }
    if size <= 0 { return try close(token, &state) }
    connection.received += state.buffer[..<Int(size)]
    connection.deadline = Kernel.monotonicTime() + Self.idle
    var queries: [[UInt8]] = []
    while let query = Self.takeFrame(&connection.received) { queries.append(query) }
    state.connections[token] = connection
    for query in queries where state.connections[token] != nil {
      try answer(query, from: connection.peer, to: .stream(token), &state)
    }
  }

  /// Takes one message with its two bytes of length off the front.
  private static func takeFrame(_ bytes: inout [UInt8]) -> [UInt8]? {
    guard bytes.count >= 2 else { return nil }
    let length = Int(bytes[0]) << 8 | Int(bytes[1])
    guard bytes.count >= 2 + length else { return nil }
    let frame = Array(bytes[2..<2 + length])
    bytes.removeFirst(2 + length)
    return frame
  }

  private func answer(
    _ query: [UInt8], from asker: IPv4Address, to client: DNSClient, _ state: inout State
  ) throws(SyscallError) {
    let overTCP = if case .stream = client { true } else { false }
    state.rotation &+= 1
    let rotation = state.rotation & 0xffff
    switch state.responder.verdict(on: query, from: asker, overTCP: overTCP, rotation: rotation) {
    case .drop: break
    case .answer(let bytes): try send(bytes, to: client, &state)
    case .forward: try forward(query, to: client, overTCP: overTCP, attempt: 0, &state)
    }
  }

  private func send(_ bytes: [UInt8], to client: DNSClient, _ state: inout State) throws(SyscallError) {
    switch client {
    case .datagram(let address, let port):
      // A client that cannot be reached asks again or is gone: nothing to be done here.
      _ = bytes.withUnsafeBytes { cl_sendto_ipv4(udp.raw, $0.baseAddress!, $0.count, address, port) }
    case .stream(let token):
      guard let connection = state.connections[token] else { return }
      let frame = [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes
      let sent = frame.withUnsafeBytes { cl_send(connection.socket.raw, $0.baseAddress!, $0.count, nil, 0, 0) }
      if sent != frame.count { try close(token, &state) }  // it does not read its answers
    }
  }

  private func close(_ token: UInt64, _ state: inout State) throws(SyscallError) {
    guard let connection = state.connections.removeValue(forKey: token) else { return }
    try poll.remove(connection.socket.raw)
  }

  // MARK: upstreams

  private func forward(
    _ query: [UInt8], to client: DNSClient, overTCP: Bool, attempt first: Int, _ state: inout State
  ) throws(SyscallError) {
    var attempt = first
    // Each resolver twice, as others do.
    while attempt < 2 * state.upstreams.count, state.forwards.count < Self.maximumForwards {
      do {
        let forward = try DNSForward(
          query, client: client, overTCP: overTCP, attempt: attempt,
          upstream: state.upstreams[attempt % state.upstreams.count], deadline: Kernel.monotonicTime() + Self.patience)
        let token = state.nextToken
        state.nextToken += 1
        try poll.add(forward.socket.raw, token: token, events: overTCP ? 4 : 1)
        state.forwards[token] = forward
        return try Kernel.arm(timer: timer.raw, nanoseconds: Self.tick)
      } catch { attempt += 1 }  // unreachable: the next one
    }
    try send(DNSResponder.failure(.serverFailure, to: query), to: client, &state)
  }

  private func continueForward(_ token: UInt64, _ state: inout State) throws(SyscallError) {
    guard var forward = state.forwards[token] else { return }
    if forward.overTCP && !forward.isConnected {
      do { try forward.send() } catch { return try retry(token, &state) }
      forward.isConnected = true
      state.forwards[token] = forward
      try poll.remove(forward.socket.raw)
      return try poll.add(forward.socket.raw, token: token)
    }
    let size = state.buffer.withUnsafeMutableBytes { cl_read(forward.socket.raw, $0.baseAddress!, $0.count) }
    if size == -11 { return }
    if size <= 0 { return try retry(token, &state) }  // ECONNREFUSED, or closed
    var message: [UInt8]? = Array(state.buffer[..<Int(size)])
    if forward.overTCP {
      forward.received += state.buffer[..<Int(size)]
      message = Self.takeFrame(&forward.received)
      state.forwards[token] = forward
    }
    guard let message, let answer = forward.answer(message) else { return }
    try finish(token, &state)
    try send(answer, to: forward.client, &state)
  }

  private func finish(_ token: UInt64, _ state: inout State) throws(SyscallError) {
    guard let forward = state.forwards.removeValue(forKey: token) else { return }
    try poll.remove(forward.socket.raw)
  }

  private func retry(_ token: UInt64, _ state: inout State) throws(SyscallError) {
    guard let old = state.forwards[token] else { return }
    try finish(token, &state)
    try forward(old.query, to: old.client, overTCP: old.overTCP, attempt: old.attempt + 1, &state)
  }

  private func expire(_ state: inout State) throws(SyscallError) {
    var ticks = [UInt8](repeating: 0, count: 8)
    _ = ticks.withUnsafeMutableBytes { cl_read(timer.raw, $0.baseAddress!, $0.count) }
    let now = Kernel.monotonicTime()
    for (token, forward) in state.forwards where forward.deadline <= now { try retry(token, &state) }
    for (token, connection) in state.connections where connection.deadline <= now { try close(token, &state) }
    if !state.forwards.isEmpty || !state.connections.isEmpty {
      try Kernel.arm(timer: timer.raw, nanoseconds: Self.tick)
    }
  }
}
