// The name server of one network: UDP and TCP on its gateways, never blocking. It owns an inner epoll, so that an
// outer loop watches one descriptor and calls `handle` when it is readable. Which names exist is told from outside.
public import ContainrAddresses
internal import CContainrLinux
public import ContainrSystem
internal import Synchronization

/// A name server that an outside event loop drives.
public final class DNSServer: Sendable {
  /// Where name servers listen, on their gateways. Rules lead there what members send to port 53, so that this one is left
  /// to whoever publishes it, and to the host's own. IANA has reserved it and given it to nobody, and it is below those that
  /// kernels, resolvers and RPC take at random.
  public static let port: UInt16 = 253
  /// Two tokens a gateway, its datagrams and its connections, behind that of the clock.
  private static let clock: UInt64 = 1, firstGateway: UInt64 = 2, firstClient: UInt64 = 64
  /// Datagrams that are taken and answered with one system call each; queries are shorter than a few hundred bytes.
  private static let batch = 32, querySize = 2048
  /// Of all members together, and of each of them: nobody takes the name server from the others.
  private static let maximumForwards = 256, maximumClients = 32, forwardShare = 32, clientShare = 4
  private static let patience: UInt64 = 2_000_000_000, idle: UInt64 = 10_000_000_000, tick: UInt64 = 250_000_000

  private struct Connection {
    let socket: SharedFD
    let peer: IPAddress
    var received: [UInt8] = []
    var deadline: UInt64
  }

  private struct State {
    var responder: DNSResponder
    /// Makes the names that hold from now on; nil: the responder has them.
    var names: (@Sendable () -> DNSZone)?
    var forwards: [UInt64: DNSForward] = [:]
    var connections: [UInt64: Connection] = [:]
    /// Listeners that are left alone until the next tick, because there was no descriptor for their next client.
    var resting: Set<Int> = []
    var nextToken = firstClient
    var rotation = 0
    var buffer = [UInt8](repeating: 0, count: 65536)
  }

  private let poll: EventPoll
  private let udp: [SharedFD]
  private let tcp: [SharedFD]
  private let timer: OwnedFD
  private let resolvers: DNSUpstreamFile?
  /// How long a connection may be open without a whole question, in nanoseconds.
  private let idle: UInt64
  /// accept4(2) of a listener; another one in tests.
  private let accept: @Sendable (CInt) -> CInt
  private let state: Mutex<State>
  /// Borrowed: readable when `handle` has something to do.
  public let descriptor: CInt

  /// Binds `gateways`, which need not exist yet (IP_FREEBIND). Only askers inside `prefixes` get answers. What the zone
  /// does not know is asked of its upstreams for that asker, or of `resolvers`; without these, as for an internal
  /// network, other names do not exist. EADDRINUSE if another name server is there.
  public convenience init(
    gateways: [IPAddress], prefixes: [IPPrefix], zone: DNSZone, resolvers: DNSUpstreamFile?,
    port: UInt16 = DNSServer.port
  ) throws(SyscallError) {
    try self.init(gateways, prefixes, zone, resolvers, port, idle: Self.idle) { cl_accept4($0, 0o2004000) }
  }

  init(
    _ gateways: [IPAddress], _ prefixes: [IPPrefix], _ zone: DNSZone, _ resolvers: DNSUpstreamFile?, _ port: UInt16,
    idle: UInt64, accept: @escaping @Sendable (CInt) -> CInt
  ) throws(SyscallError) {
    self.idle = idle
    self.accept = accept
    poll = try EventPoll()
    var sockets: (udp: [SharedFD], tcp: [SharedFD]) = ([], [])
    for gateway in gateways {
      sockets.udp.append(try Self.bind(2, gateway, port))
      sockets.tcp.append(try Self.bind(1, gateway, port))
    }
    (udp, tcp) = sockets
    for (place, socket) in udp.enumerated() { try poll.add(socket.raw, token: Self.firstGateway + UInt64(2 * place)) }
    for (place, socket) in tcp.enumerated() {
      try check(cl_listen(socket.raw, 64), "listen")
      try poll.add(socket.raw, token: Self.firstGateway + UInt64(2 * place + 1))
    }
    timer = try Kernel.timerDescriptor()
    try poll.add(timer.raw, token: Self.clock)
    descriptor = poll.descriptor
    self.resolvers = resolvers
    state = Mutex(State(responder: DNSResponder(prefixes: prefixes, zone: zone, forwards: resolvers != nil)))
  }

  private static func bind(_ type: CInt, _ address: IPAddress, _ port: UInt16) throws(SyscallError) -> SharedFD {
    let isV6 = address.family == .ipv6
    let socket = OwnedFD(
      taking: try check(cl_socket(CInt(address.family.number), type | 0o2004000, 0), "socket"))
    // IPPROTO_IPV6, IPV6_FREEBIND; IPPROTO_IP, IP_FREEBIND.
    try check(cl_setsockopt_int(socket.raw, isV6 ? 41 : 0, isV6 ? 78 : 15, 1), "setsockopt(IP_FREEBIND)")
    if type == 1 { try check(cl_setsockopt_int(socket.raw, 1, 2, 1), "setsockopt(SO_REUSEADDR)") }
    // Room for what comes while another thing is done: a burst is a start of many containers.
    if type == 2 { try check(cl_setsockopt_int(socket.raw, 1, 8, 1 << 20), "setsockopt(SO_RCVBUF)") }
    var place = cl_endpoint(address, port: port)
    try check(cl_bind_ip(socket.raw, &place), "bind", detail: "name server on \(address.bracketed):\(port)")
    return SharedFD(socket)
  }

  /// New names from now on. They are made when somebody next asks: while many containers start they change with each of
  /// them, and mostly nobody has asked meanwhile.
  public func update(zone: @autoclosure @escaping @Sendable () -> DNSZone) { state.withLock { $0.names = zone } }

  /// Does all that is ready and returns. An error means that this server cannot go on; what one client or one
  /// resolver does wrong is no error.
  public func handle() throws(SyscallError) {
    try state.withLock { (state) throws(SyscallError) in
      for event in try poll.wait(milliseconds: 0) {
        switch event.token {
        case Self.clock: try expire(&state)
        case Self.firstGateway..<Self.firstClient:
          Self.settleNames(&state)
          let place = Int(event.token - Self.firstGateway) / 2
          let isDatagram = (event.token - Self.firstGateway) % 2 == 0
          if isDatagram { try receiveDatagrams(place, &state) } else { try acceptConnections(place, &state) }
        default:
          if state.connections[event.token] != nil {
            Self.settleNames(&state)
            try readConnection(event.token, &state)
          } else if state.forwards[event.token] != nil {
            try continueForward(event.token, &state)
          }
        }
      }
    }
  }

  private static func settleNames(_ state: inout State) {
    guard let names = state.names else { return }
    state.names = nil
    state.responder.zone = names()
  }

  // MARK: clients

  private func receiveDatagrams(_ place: Int, _ state: inout State) throws(SyscallError) {
    var sizes = [UInt32](repeating: 0, count: Self.batch)
    var senders = [cl_endpoint](repeating: cl_endpoint(), count: Self.batch)
    for _ in 0..<4 {  // then let the others have a turn; epoll is level-triggered
      let count = state.buffer.withUnsafeMutableBytes {
        cl_receive_datagrams(udp[place].raw, $0.baseAddress!, Self.querySize, UInt32(Self.batch), &sizes, &senders)
      }
      if count <= 0 { return }  // EAGAIN, or an ICMP error of an earlier answer
      var answers: [UInt8] = []
      var answerSizes: [UInt32] = []
      var receivers: [cl_endpoint] = []
      for index in 0..<Int(count) {
        let start = index * Self.querySize
        let query = Array(state.buffer[start..<start + Int(sizes[index])])
        state.rotation = (state.rotation &+ 1) & 0xffff
        switch state.responder.verdict(on: query, from: senders[index].ip, rotation: state.rotation) {
        case .drop: break
        case .answer(let bytes):
          answers += bytes
          answerSizes.append(UInt32(bytes.count))
          receivers.append(senders[index])
        case .forward:
          let client = DNSClient.datagram(place: place, from: DNSEndpoint(senders[index]))
          try forward(
            query, of: senders[index].ip, to: client, overTCP: false,
            upstreams: upstreams(for: senders[index].ip, state), &state)
        }
      }
      // A client that cannot be reached asks again or is gone: nothing to be done here.
      _ = answers.withUnsafeBytes { bytes in
        bytes.baseAddress.map {
          cl_send_datagrams(udp[place].raw, $0, &answerSizes, &receivers, UInt32(answerSizes.count))
        }
      }
      if count < Self.batch { return }
    }
  }

  private func upstreams(for asker: IPAddress, _ state: State) -> [DNSUpstream] {
    state.responder.zone.upstreams[asker] ?? resolvers?.upstreams() ?? []
  }

  private func acceptConnections(_ place: Int, _ state: inout State) throws(SyscallError) {
    while true {
      let result = accept(tcp[place].raw)
      // ENFILE, EMFILE, ENOBUFS, ENOMEM: it stays readable, and would be asked again and again meanwhile.
      if [-23, -24, -105, -12].contains(result) {
        state.resting.insert(place)
        try poll.remove(tcp[place].raw)
        return try Kernel.arm(timer: timer.raw, nanoseconds: Self.tick)
      }
      if result < 0 { return }  // EAGAIN, or a client that is gone already
      let socket = SharedFD(OwnedFD(taking: result))
      var peer = cl_endpoint()
      // Gone already, or nobody of ours.
      guard cl_peer_ip(socket.raw, &peer) == 0, state.responder.prefixes.contains(where: { $0.contains(peer.ip) }),
        state.connections.count < Self.maximumClients,
        state.connections.values.count(where: { $0.peer == peer.ip }) < Self.clientShare
      else { continue }
      let token = state.nextToken
      state.nextToken += 1
      try poll.add(socket.raw, token: token)
      state.connections[token] = Connection(
        socket: socket, peer: peer.ip, deadline: Kernel.monotonicTime() + idle)
      try Kernel.arm(timer: timer.raw, nanoseconds: Self.tick)
    }
  }

  private func readConnection(_ token: UInt64, _ state: inout State) throws(SyscallError) {
    guard var connection = state.connections[token] else { return }
    let size = state.buffer.withUnsafeMutableBytes { cl_read(connection.socket.raw, $0.baseAddress!, $0.count) }
    if size == -11 { return }
    if size <= 0 { return try close(token, &state) }
    connection.received += state.buffer[..<Int(size)]
    let queries = DNSFrame.take(&connection.received)
    // Only a whole one is worth more time: bytes can be sent one by one for ever.
    if !queries.isEmpty { connection.deadline = Kernel.monotonicTime() + idle }
    state.connections[token] = connection
    for query in queries where state.connections[token] != nil {
      try answer(query, from: connection.peer, over: token, &state)
    }
  }

  private func answer(
    _ query: [UInt8], from asker: IPAddress, over token: UInt64, _ state: inout State
  ) throws(SyscallError) {
    state.rotation = (state.rotation &+ 1) & 0xffff
    switch state.responder.verdict(on: query, from: asker, overTCP: true, rotation: state.rotation) {
    case .drop: try close(token, &state)  // it does not speak our language
    case .answer(let bytes): try send(bytes, to: .stream(token), &state)
    case .forward:
      try forward(
        query, of: asker, to: .stream(token), overTCP: true, upstreams: upstreams(for: asker, state), &state)
    }
  }

  private func send(_ bytes: [UInt8], to client: DNSClient, _ state: inout State) throws(SyscallError) {
    switch client {
    case .datagram(let place, let from):
      var size = UInt32(bytes.count)
      var receiver = from.endpoint
      _ = bytes.withUnsafeBytes { cl_send_datagrams(udp[place].raw, $0.baseAddress!, &size, &receiver, 1) }
    case .stream(let token):
      guard let connection = state.connections[token] else { return }
      guard let frame = DNSFrame.wrap(bytes) else { return try close(token, &state) }
      let sent = frame.withUnsafeBytes { cl_send(connection.socket.raw, $0.baseAddress!, $0.count, nil, 0, 0) }
      if sent != frame.count { return try close(token, &state) }  // it does not read its answers
      state.connections[token]?.deadline = Kernel.monotonicTime() + idle
    }
  }

  private func close(_ token: UInt64, _ state: inout State) throws(SyscallError) {
    guard let connection = state.connections.removeValue(forKey: token) else { return }
    try poll.remove(connection.socket.raw)
  }

  // MARK: upstreams

  private func forward(
    _ query: [UInt8], of asker: IPAddress, to client: DNSClient, overTCP: Bool, upstreams: [DNSUpstream],
    attempt first: Int = 0, _ state: inout State
  ) throws(SyscallError) {
    var attempt = first
    let hasRoom =
      state.forwards.count < Self.maximumForwards
      && state.forwards.values.count(where: { $0.asker == asker }) < Self.forwardShare
    // Each resolver twice, as others do.
    while hasRoom, attempt < 2 * upstreams.count {
      do {
        let forward = try DNSForward(
          query, of: asker, client: client, overTCP: overTCP, attempt: attempt, upstreams: upstreams,
          deadline: Kernel.monotonicTime() + Self.patience)
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
      message = DNSFrame.take(&forward.received).first
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
    try forward(
      old.query, of: old.asker, to: old.client, overTCP: old.overTCP, upstreams: old.upstreams,
      attempt: old.attempt + 1, &state)
  }

  private func expire(_ state: inout State) throws(SyscallError) {
    var ticks = [UInt8](repeating: 0, count: 8)
    _ = ticks.withUnsafeMutableBytes { cl_read(timer.raw, $0.baseAddress!, $0.count) }
    let now = Kernel.monotonicTime()
    for (token, forward) in state.forwards where forward.deadline <= now { try retry(token, &state) }
    for (token, connection) in state.connections where connection.deadline <= now { try close(token, &state) }
    for place in state.resting {
      try poll.add(tcp[place].raw, token: Self.firstGateway + UInt64(2 * place + 1))
    }
    state.resting = []
    if !state.forwards.isEmpty || !state.connections.isEmpty {
      try Kernel.arm(timer: timer.raw, nanoseconds: Self.tick)
    }
  }
}
