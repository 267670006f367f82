// One query on its way to an upstream resolver, and where its answer belongs.
internal import CContainrLinux
internal import ContainrSystem

/// A resolver that others' names are asked of.
public struct DNSUpstream: Sendable, Hashable {
  /// Reached from this process's network namespace.
  public var address: IPv4Address
  /// Usually 53.
  public var port: UInt16

  /// A resolver.
  public init(_ address: IPv4Address, port: UInt16 = 53) {
    self.address = address
    self.port = port
  }
}

/// Whom an answer goes to.
enum DNSClient: Sendable, Hashable {
  case datagram(address: UInt32, port: UInt16)
  /// The token of a connection.
  case stream(UInt64)
}

/// A query that waits for an upstream. Each has a socket of its own, so that its port cannot be guessed.
struct DNSForward: Sendable {
  let client: DNSClient
  /// As the client sent it.
  let query: [UInt8]
  /// The id that the upstream sees.
  let id: UInt16
  let socket: SharedFD
  let overTCP: Bool
  /// How many upstreams were tried before.
  let attempt: Int
  /// CLOCK_MONOTONIC.
  let deadline: UInt64
  var isConnected = false
  var received: [UInt8] = []

  /// Opens the socket and starts: a datagram is sent at once, a connection when it stands.
  init(
    _ query: [UInt8], client: DNSClient, overTCP: Bool, attempt: Int, upstream: DNSUpstream, deadline: UInt64
  ) throws(SyscallError) {
    self.client = client
    self.query = query
    self.overTCP = overTCP
    self.attempt = attempt
    self.deadline = deadline
    id = UInt16.random(in: 0...UInt16.max)
    let type: CInt = (overTCP ? 1 : 2) | 0o2004000  // SOCK_CLOEXEC | SOCK_NONBLOCK
    socket = SharedFD(OwnedFD(taking: try check(cl_socket(2, type, 0), "socket")))
    let result = cl_connect_ipv4(socket.raw, upstream.address.networkOrder, upstream.port)
    if result != -115 { try check(result, "connect", detail: "resolver \(upstream.address)") }
    if !overTCP { try send() }
  }

  /// Sends the query under our id.
  func send() throws(SyscallError) {
    var bytes = query
    bytes[0] = UInt8(id >> 8)
    bytes[1] = UInt8(id & 255)
    if overTCP { bytes = [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes }
    let sent = try check(bytes.withUnsafeBytes { cl_send(socket.raw, $0.baseAddress!, $0.count, nil, 0, 0) }, "sendmsg")
    if sent != bytes.count { throw SyscallError(errno: 11, operation: "sendmsg", detail: "resolver does not read") }
  }

  /// The upstream's bytes as an answer for the client; nil if they are no answer to this query.
  func answer(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count >= 12, bytes[2] & 0x80 != 0, bytes[0] == UInt8(id >> 8), bytes[1] == UInt8(id & 255),
      let response = DNSMessage(parsing: bytes) ?? Self.header(bytes),
      response.questions.isEmpty || response.questions == DNSMessage(parsing: query)?.questions
    else { return nil }
    return Array(query[..<2]) + bytes[2...]
  }

  /// A truncated answer may end inside a record: its header and question are still good.
  private static func header(_ bytes: [UInt8]) -> DNSMessage? {
    guard bytes[2] & 0x02 != 0 else { return nil }
    return DNSMessage(parsing: Array(bytes[..<6]) + [0, 0, 0, 0, 0, 0] + bytes[12...])
  }
}
