// One query on its way to an upstream resolver, and where its answer belongs.
internal import ContainrAddresses
internal import CContainrLinux
internal import ContainrSystem

/// Whom an answer goes to.
enum DNSClient: Sendable, Hashable {
  /// By which of our addresses it asked, and from where.
  case datagram(place: Int, from: DNSEndpoint)
  /// The token of a connection.
  case stream(UInt64)
}

/// Where a datagram came from.
struct DNSEndpoint: Sendable, Hashable {
  var address: IPAddress
  var port: UInt16
  var zone: UInt32

  init(_ endpoint: cl_endpoint) {
    address = endpoint.ip
    port = endpoint.port
    zone = endpoint.zone
  }

  var endpoint: cl_endpoint { cl_endpoint(address, port: port, zone: zone) }
}

extension DNSUpstream {
  /// Where it is now: an interface may come and go.
  var endpoint: cl_endpoint {
    cl_endpoint(address, port: port, zone: zone.map { name in name.withCString { cl_interface_index($0) } } ?? 0)
  }
}

/// A query that waits for an upstream. Each has a socket of its own, so that its port cannot be guessed.
struct DNSForward: Sendable {
  let client: DNSClient
  /// Who has asked.
  let asker: IPAddress
  /// Those that may be asked for it, as they were when it came.
  let upstreams: [DNSUpstream]
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
    _ query: [UInt8], of asker: IPAddress, client: DNSClient, overTCP: Bool, attempt: Int, upstreams: [DNSUpstream],
    deadline: UInt64
  ) throws(SyscallError) {
    let upstream = upstreams[attempt % upstreams.count]
    self.upstreams = upstreams
    self.client = client
    self.asker = asker
    self.query = query
    self.overTCP = overTCP
    self.attempt = attempt
    self.deadline = deadline
    id = UInt16.random(in: 0...UInt16.max)
    let type: CInt = (overTCP ? 1 : 2) | 0o2004000  // SOCK_CLOEXEC | SOCK_NONBLOCK
    socket = SharedFD(OwnedFD(taking: try check(cl_socket(CInt(upstream.address.family.number), type, 0), "socket")))
    var place = upstream.endpoint
    let result = cl_connect_ip(socket.raw, &place)
    if result != -115 { try check(result, "connect", detail: "resolver \(upstream.address)") }
    if !overTCP { try send() }
  }

  /// Sends the query under our id.
  func send() throws(SyscallError) {
    var bytes = query
    bytes[0] = UInt8(id >> 8)
    bytes[1] = UInt8(id & 255)
    if overTCP { bytes = DNSFrame.wrap(bytes) ?? [] }
    let sent = try check(bytes.withUnsafeBytes { cl_send(socket.raw, $0.baseAddress!, $0.count, nil, 0, 0) }, "sendmsg")
    if sent != bytes.count { throw SyscallError(errno: 11, operation: "sendmsg", detail: "resolver does not read") }
  }

  /// The upstream's bytes as an answer for the client; nil if they are no answer to this query.
  func answer(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count >= 12, bytes[2] & 0x80 != 0, bytes[0] == UInt8(id >> 8), bytes[1] == UInt8(id & 255) else {
      return nil
    }
    // A failure may come without its question. One that is cut may end inside a record: its question is still good.
    let isBare = bytes[4] == 0 && bytes[5] == 0
    let question = bytes[2] & 0x02 != 0 ? DNSQuestion(bytes) : DNSQuery(bytes)?.question
    guard isBare || question?.isThat(of: query, in: bytes) == true else { return nil }
    return Array(query[..<2]) + bytes[2...]
  }
}
