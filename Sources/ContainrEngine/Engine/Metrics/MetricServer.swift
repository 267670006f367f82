// Serves metrics to those who come for them, one thread for all: who is slow holds nobody up, and who stays too long is let go.
public import ContainrHost
internal import ContainrRootless
internal import ContainrSystem
public import ContainrTelemetry
internal import SystemPackage

/// A server of one address.
public final class MetricServer {
  private enum Token {
    static let signal: UInt64 = 1, listener: UInt64 = 2, first: UInt64 = 16
  }
  /// Who comes beyond that waits.
  private static let clients = 32
  /// A client has so long for all that it wants, in nanoseconds.
  private static let patience: UInt64 = 10_000_000_000

  /// Where it listens, the port that was chosen included.
  public let address: MetricAddress
  private let listener: SharedFD
  private let collect: () throws(EngineError) -> [MetricFamily]
  private let poll: EventPoll
  private var connections: [UInt64: Connection] = [:]
  private var nextToken = Token.first
  private var isListening = false

  private struct Connection {
    var socket: SharedFD
    var until: UInt64
    var read: [UInt8] = []
    /// What is left to be sent; nil: it has not asked yet.
    var answer: ArraySlice<UInt8>?
  }

  /// Listens; `collect` is asked for each client. `settings` say whether the host's network is elsewhere (an ordinary user's).
  public init(
    _ address: MetricAddress, _ settings: HostSettings, collect: @escaping () throws(EngineError) -> [MetricFamily]
  ) throws(EngineError) {
    self.collect = collect
    do throws(SyscallError) {
      poll = try EventPoll()
      switch address {
      case .socket(let path):
        try Self.clear(FilePath(path))
        listener = SharedFD(try UnixSocket.listen(at: FilePath(path), backlog: 64))
        // Made by the umask of whoever started us; the numbers of all containers are nobody else's by default.
        try Kernel.changeMode(of: FilePath(path), mode: 0o600)
        self.address = address
      case .port(let octets, let port):
        let (socket, chosen) =
          settings.relaysPorts
          ? try RelayedPort.listener(octets, port, directory: settings.runDirectory)
          : try InternetSocket.listen(at: octets, port: port, backlog: 64)
        listener = socket
        self.address = .port(octets, chosen)
      }
    } catch {
      throw EngineError(error, "listen at \(address)")
    }
  }

  /// A socket at which nobody listens any more goes; anything else stays, and is in the way.
  private static func clear(_ path: FilePath) throws(SyscallError) {
    do throws(SyscallError) {
      _ = try UnixSocket.connect(to: path, waits: false)
      throw SyscallError(errno: 98, operation: "bind", path: path)
    } catch {
      // ECONNREFUSED: a socket without a listener. What is no socket gives it as well.
      guard error.errno == 111, try Kernel.status(of: path).mode & 0o170000 == 0o140000 else {
        if error.errno == 2 { return }
        throw SyscallError(errno: 98, operation: "bind", path: path)
      }
      try Kernel.remove(path)
    }
  }

  /// Serves until one of these signals comes.
  public func run(until signals: [Int32] = [1, 2, 15]) throws(EngineError) {
    do throws(SyscallError) {
      try Kernel.ignore(signal: 13)
      let signals = try Kernel.signalDescriptor(signals)
      try poll.add(signals.raw, token: Token.signal)
      try listen(true)
      while true {
        for event in try poll.wait(milliseconds: waitTime()) {
          switch event.token {
          case Token.signal: if try Kernel.nextSignal(signals.raw) != nil { return try end() }
          case Token.listener: try accept()
          default: try serve(event.token)
          }
        }
        try letGo()
      }
    } catch {
      throw EngineError(error, "serve metrics at \(address)")
    }
  }

  private func end() throws(SyscallError) {
    guard case .socket(let path) = address else { return }
    try Kernel.remove(FilePath(path))
  }

  /// Milliseconds until somebody's time is over; -1: nobody's.
  private func waitTime() -> Int32 {
    guard let due = connections.values.map(\.until).min() else { return -1 }
    let now = Kernel.monotonicTime()
    return due > now ? Int32(clamping: (due - now) / 1_000_000 + 1) : 0
  }

  private func listen(_ wanted: Bool) throws(SyscallError) {
    if wanted == isListening { return }
    if wanted { try poll.add(listener.raw, token: Token.listener) } else { try poll.remove(listener.raw) }
    isListening = wanted
  }

  private func accept() throws(SyscallError) {
    guard let socket = try InternetSocket.accept(listener.raw) else { return }
    nextToken += 1
    let shared = SharedFD(socket)
    try poll.add(shared.raw, token: nextToken)
    connections[nextToken] = Connection(socket: shared, until: Kernel.monotonicTime() + Self.patience)
    if connections.count >= Self.clients { try listen(false) }
  }

  private func close(_ token: UInt64) throws(SyscallError) {
    guard let connection = connections.removeValue(forKey: token) else { return }
    try poll.remove(connection.socket.raw)
    try listen(true)
  }

  private func letGo() throws(SyscallError) {
    let now = Kernel.monotonicTime()
    for (token, connection) in connections where connection.until <= now { try close(token) }
  }

  private func serve(_ token: UInt64) throws(SyscallError) {
    guard var connection = connections[token] else { return }
    do throws(SyscallError) {
      if connection.answer == nil {
        guard let bytes = try Kernel.readReady(connection.socket.raw) else { return }
        if bytes.isEmpty { return try close(token) }
        connection.read += bytes
        if let request = MetricRequest(connection.read) {
          connection.answer = answer(to: request)[...]
          try poll.remove(connection.socket.raw)
          try poll.add(connection.socket.raw, token: token, events: 4)
        }
      }
      if let answer = connection.answer {
        connection.answer = answer.dropFirst(try Kernel.writeReady(connection.socket.raw, answer))
      }
    } catch {
      // It went away: EPIPE, ECONNRESET, ETIMEDOUT.
      guard [32, 104, 110].contains(error.errno) else { throw error }
      return try close(token)
    }
    if connection.answer?.isEmpty == true { return try close(token) }
    connections[token] = connection
  }

  private func answer(to request: MetricRequest) -> [UInt8] {
    let plain = "text/plain; charset=utf-8"
    switch request.want {
    case .metrics(let form):
      do throws(EngineError) {
        return request.answer("200 OK", type: form.contentType, body: form.bytes(try collect()))
      } catch {
        return request.answer("500 Internal Server Error", type: plain, body: Array("\(error.message)\n".utf8))
      }
    case .index: return request.answer("200 OK", type: plain, body: Array("metrics are at /metrics\n".utf8))
    case .refusal(let code, let words):
      return request.answer("\(code) \(words)", type: plain, body: Array("\(words)\n".utf8))
    }
  }
}
