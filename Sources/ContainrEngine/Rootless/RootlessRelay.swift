// The published ports of a user: sockets of the host's network, and connections from them to the containers, made inside the
// user's namespaces: from the client's own address where that can be, else from the gateway of the container's network. Part
// of the holder's loop.
internal import CContainrLinux
internal import ContainrSystem
internal import SystemPackage

/// The relay.
final class RootlessRelay {
  /// In the user's run directory: where the whole of the ports is told.
  static let socketName = "rootless.ports"
  /// Datagrams of one client and their answers belong together until so long nothing has come. Nanoseconds.
  private static let patience: UInt64 = 60_000_000_000
  private static let mostDatagramClients = 4096

  private struct Listener {
    let port: RelayedPort
    let socket: SharedFD
    let token: UInt64
  }

  private final class Talk {
    let listener: SharedFD
    let inside: SharedFD
    let client: cl_endpoint
    var last: UInt64
    init(_ listener: SharedFD, _ inside: SharedFD, _ client: cl_endpoint, _ now: UInt64) {
      (self.listener, self.inside, self.client, last) = (listener, inside, client, now)
    }
  }

  private let control: SharedFD
  private let maker: SharedFD
  private var listeners: [Listener] = []
  private var streams: [UInt64: RelayedStream] = [:]
  private var talks: [UInt64: Talk] = [:]
  private var clients: [[UInt8]: UInt64] = [:]
  private var next: UInt64 = 16
  private static let controlToken: UInt64 = 1

  /// Listens in the run directory; `maker` leads to `RootlessSockets`.
  init(directory: FilePath, maker: SharedFD, events: borrowing EventPoll) throws(SyscallError) {
    let path = directory.appending(Self.socketName)
    if try Kernel.exists(path) { try Kernel.remove(path) }
    control = SharedFD(try UnixSocket.listen(at: path, kind: .packets))
    self.maker = maker
    try events.add(control.raw, token: Self.controlToken)
  }

  /// Milliseconds until something is to be done without an event; -1: never.
  var timeout: Int32 { talks.isEmpty ? -1 : 10_000 }

  /// Ours of what is ready.
  func handle(_ event: ReadyEvent, _ events: borrowing EventPoll) throws(SyscallError) {
    if event.token == Self.controlToken { return try answer(events) }
    // Two tokens a stream: the even one is the client's end.
    if let stream = streams[event.token & ~1] { return try settle(event.token & ~1, stream, stream.move(), events) }
    if talks[event.token] != nil { return try answerDatagrams(event.token, events) }
    if let listener = listeners.first(where: { $0.token == event.token }) {
      if listener.port.transport == 6 {
        try acceptStreams(listener, events)
      } else {
        try takeDatagrams(listener, events)
      }
    }
  }

  /// Closes what nobody uses any more.
  func sweep(_ events: borrowing EventPoll) throws(SyscallError) {
    let now = Kernel.monotonicTime()
    for (token, talk) in talks where now - talk.last > Self.patience { try end(token, events) }
  }

  // MARK: the set of ports

  private func answer(_ events: borrowing EventPoll) throws(SyscallError) {
    guard let accepted = try UnixSocket.accept(control.raw) else { return }
    let socket = SeqPacketSocket(taking: accepted)
    // Whoever can reach it is the user, or the user's containers' root; it has a message ready.
    guard try Kernel.waitReadable(socket.fd.raw, milliseconds: 1000), let message = try socket.receive()?.bytes
    else { return }
    if RootlessSockets.outgoing(message[...]) != nil { return try passOn(message, to: socket) }
    if let port = RelayedPort.asked(.probe, message[...]) {
      // What leads elsewhere from now on is nobody's but ours.
      if listeners.contains(where: { $0.port.sharesNumber(with: port) }) {
        return try reply(RootlessSockets.number(0), to: socket)
      }
      return try passOn(message, to: socket)
    }
    if RelayedPort.asked(.listener, message[...]) != nil { return try passOn(message, to: socket) }
    guard message.first == 0, (message.count - 1) % RelayedPort.size == 0 else { return }
    var wanted: [RelayedPort] = []
    for start in stride(from: 1, to: message.count, by: RelayedPort.size) {
      guard let port = RelayedPort(message[start..<(start + RelayedPort.size)]) else { return }
      wanted.append(port)
    }
    var answer: [UInt8] = [0]
    if let refused = try become(wanted, events) {
      answer = [1] + RootlessSockets.number(refused.errno) + refused.port.bytes
    }
    try reply(answer, to: socket)
  }

  private func reply(_ bytes: [UInt8], to command: borrowing SeqPacketSocket) throws(SyscallError) {
    do throws(SyscallError) { try command.send(bytes) } catch {
      if error.errno != 32 && error.errno != 104 { throw error }  // it has not waited
    }
  }

  /// Asks the maker for a socket, and hands over what it answers.
  private func passOn(_ message: [UInt8], to command: borrowing SeqPacketSocket) throws(SyscallError) {
    let socket = SeqPacketSocket(taking: try maker.duplicate())
    try socket.send(message)
    guard let answer = try socket.receive(limit: 16) else { return }
    do throws(SyscallError) {
      try command.send(answer.bytes, descriptors: answer.descriptors.map(\.raw))
    } catch {
      if error.errno != 32 && error.errno != 104 { throw error }  // it has not waited
    }
  }

  /// All or nothing.
  private func become(
    _ wanted: [RelayedPort], _ events: borrowing EventPoll
  ) throws(SyscallError) -> (port: RelayedPort, errno: Int32)? {
    var made: [Listener] = []
    for port in wanted where !listeners.contains(where: { $0.port == port }) {
      // One that leads elsewhere from now on keeps its socket, and who waits there is not refused.
      if let there = listeners.first(where: { $0.port.outside == port.outside }) {
        made.append(Listener(port: port, socket: there.socket, token: there.token))
        continue
      }
      switch try ask(port) {
      case .success(let socket):
        made.append(Listener(port: port, socket: socket, token: next))
        next += 2
      case .failure(let error): return (port, error.errno)
      }
    }
    let kept = listeners.filter { wanted.contains($0.port) } + made
    for old in listeners where !kept.contains(where: { $0.token == old.token }) { try events.remove(old.socket.raw) }
    for new in made where !listeners.contains(where: { $0.token == new.token }) {
      try events.add(new.socket.raw, token: new.token)
    }
    func isOld(_ listener: Listener) -> Bool { listeners.contains { $0.port == listener.port } }
    // Who talks by datagrams to a port that leads elsewhere now begins anew.
    for (token, talk) in talks where !kept.contains(where: { $0.socket === talk.listener && isOld($0) }) {
      try end(token, events)
    }
    listeners = kept
    return nil
  }

  private func ask(_ port: RelayedPort) throws(SyscallError) -> Result<SharedFD, SyscallError> {
    let socket = SeqPacketSocket(taking: try maker.duplicate())
    try socket.send(port.bytes)
    guard let answer = try socket.receive(limit: 16), answer.bytes.count == 4 else {
      return .failure(SyscallError(errno: 32, operation: "bind"))
    }
    if let made = answer.descriptors.first { return .success(made) }
    return .failure(
      SyscallError(errno: Int32(bitPattern: answer.bytes.reduce(0) { $0 << 8 | UInt32($1) }), operation: "bind"))
  }

  // MARK: connections

  private func acceptStreams(_ listener: Listener, _ events: borrowing EventPoll) throws(SyscallError) {
    for _ in 0..<64 {
      let result = cl_accept4(listener.socket.raw, 0o2004000)
      // EMFILE, ENFILE: whoever waits is taken when somebody has gone. Others are the fault of one client.
      if result < 0 { return }
      let client = SharedFD(OwnedFD(taking: result))
      var peer = cl_endpoint()
      let from = cl_peer_ip(client.raw, &peer) == 0 ? peer : nil
      guard let inside = try RelayedConnection.open(listener.port, from: from) else { continue }
      for end in [client, inside] { try check(cl_setsockopt_int(end.raw, 6, 1, 1), "setsockopt(TCP_NODELAY)") }
      let stream = RelayedStream(client: client, inside: inside)
      streams[next] = stream
      try settle(next, stream, true, events)
      next += 2
    }
  }

  private func settle(
    _ token: UInt64, _ stream: RelayedStream, _ works: Bool, _ events: borrowing EventPoll
  ) throws(SyscallError) {
    let goesOn = works && !stream.isOver
    for end in 0...1 {
      let wanted = goesOn ? stream.wanted(end) : 0
      if wanted == stream.watched[end] { continue }
      if stream.watched[end] != 0 { try events.remove(stream.ends[end].raw) }
      if wanted != 0 { try events.add(stream.ends[end].raw, token: token + UInt64(end), events: wanted) }
      stream.watched[end] = wanted
    }
    if !goesOn { streams[token] = nil }
  }

  // MARK: datagrams

  private func takeDatagrams(_ listener: Listener, _ events: borrowing EventPoll) throws(SyscallError) {
    for (bytes, from) in try receive(listener.socket.raw) {
      let key = Self.key(from, listener.token)
      var talk = clients[key].flatMap { talks[$0] }
      if talk == nil {
        if talks.count >= Self.mostDatagramClients { try sweep(events) }
        guard talks.count < Self.mostDatagramClients, let inside = try RelayedConnection.open(listener.port, from: from)
        else { continue }
        let new = Talk(listener.socket, inside, from, 0)
        try events.add(inside.raw, token: next)
        (talks[next], clients[key], talk) = (new, next, new)
        next += 2
      }
      talk?.last = Kernel.monotonicTime()
      // What cannot be sent is lost, as datagrams are.
      if let talk { _ = bytes.withUnsafeBytes { cl_write(talk.inside.raw, $0.baseAddress!, $0.count) } }
    }
  }

  private func answerDatagrams(_ token: UInt64, _ events: borrowing EventPoll) throws(SyscallError) {
    guard let talk = talks[token] else { return }
    talk.last = Kernel.monotonicTime()
    var buffer = [UInt8](repeating: 0, count: 65536)
    for _ in 0..<32 {
      let count = buffer.withUnsafeMutableBytes { cl_read(talk.inside.raw, $0.baseAddress!, $0.count) }
      // ECONNREFUSED: nobody listens inside; the next datagram finds out anew.
      if count < 0 { return count == -11 || count == -4 ? () : try end(token, events) }
      var (size, client) = (UInt32(count), talk.client)
      _ = buffer.withUnsafeBytes { cl_send_datagrams(talk.listener.raw, $0.baseAddress!, &size, &client, 1) }
    }
  }

  private func receive(_ socket: CInt) throws(SyscallError) -> [(bytes: [UInt8], from: cl_endpoint)] {
    let (each, most) = (65536, 8)
    var buffer = [UInt8](repeating: 0, count: each * most)
    var sizes = [UInt32](repeating: 0, count: most)
    var from = [cl_endpoint](repeating: cl_endpoint(), count: most)
    let count = buffer.withUnsafeMutableBytes {
      cl_receive_datagrams(socket, $0.baseAddress!, each, UInt32(most), &sizes, &from)
    }
    if count <= 0 { return [] }
    return (0..<Int(count)).map { (Array(buffer[($0 * each)..<($0 * each + Int(sizes[$0]))]), from[$0]) }
  }

  private func end(_ token: UInt64, _ events: borrowing EventPoll) throws(SyscallError) {
    guard let talk = talks.removeValue(forKey: token) else { return }
    for (key, value) in clients where value == token { clients[key] = nil }
    try events.remove(talk.inside.raw)
  }

  private static func key(_ from: cl_endpoint, _ listener: UInt64) -> [UInt8] {
    var key = withUnsafeBytes(of: from.address) { Array($0) }
    key += withUnsafeBytes(of: from.port) { Array($0) } + withUnsafeBytes(of: from.zone) { Array($0) }
    return key + withUnsafeBytes(of: listener) { Array($0) }
  }
}
