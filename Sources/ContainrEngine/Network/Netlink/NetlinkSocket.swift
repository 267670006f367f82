// One NETLINK_ROUTE socket: batches of requests with their acks, and dumps. It works in the network namespace in
// which it was opened, whoever holds it: so the host configures a container without ever entering it.
internal import CContainrLinux
public import ContainrSystem
internal import Synchronization

/// What came back for one request.
struct NetlinkReply: Sendable {
  var messages: [NetlinkMessage] = []
  var failure: NetlinkFailure?
}

/// A route netlink socket that several threads may use; requests of different threads do not mix.
public final class NetlinkSocket: Sendable {
  private struct State: ~Copyable {
    var sequence: UInt32 = 1
    var buffer = [UInt8](repeating: 0, count: 65536)
  }
  private let fd: OwnedFD
  private let state = Mutex(State())
  /// Acks wait in the socket's receive buffer until the batch is sent: about 270 fit into the default one.
  private static let batchCount = 64
  private static let batchBytes = 32768

  /// Opens a socket in the caller's network namespace.
  public convenience init() throws(SyscallError) { try self.init(protocol: 0) }

  /// NETLINK_ROUTE is 0, NETLINK_NETFILTER 12.
  convenience init(protocol number: CInt) throws(SyscallError) {
    try self.init(adopting: OwnedFD(taking: check(cl_socket(16, 3 | 0o2000000, number), "socket(AF_NETLINK)")))
  }

  /// Takes a socket that was opened elsewhere; ENOPROTOOPT or ENOTSOCK if it is no netlink socket.
  public init(adopting fd: consuming OwnedFD) throws(SyscallError) {
    let raw = fd.raw
    try check(cl_setsockopt_int(raw, 270, 11, 1), "setsockopt(NETLINK_EXT_ACK)")
    try check(cl_setsockopt_int(raw, 270, 10, 1), "setsockopt(NETLINK_CAP_ACK)")
    self.fd = fd
  }

  /// Works with a duplicate of a descriptor that stays the caller's.
  public convenience init(borrowing raw: CInt) throws(SyscallError) {
    try self.init(adopting: OwnedFD(taking: check(cl_dup_cloexec(raw), "fcntl(F_DUPFD_CLOEXEC)")))
  }

  /// The number of the socket's network namespace, never given twice in one boot; nil before Linux 5.14.
  func namespaceCookie() throws(SyscallError) -> UInt64? {
    var cookie: UInt64 = 0
    let result = cl_netns_cookie(fd.raw, &cookie)
    if result == -92 { return nil }  // ENOPROTOOPT
    try check(result, "getsockopt(SO_NETNS_COOKIE)")
    return cookie
  }

  /// Sends all requests, as few sends as possible, and collects their answers in the same order. The kernel carries
  /// them out in order and goes on after one that fails.
  func replies(to requests: [NetlinkRequest]) throws(NetworkError) -> [NetlinkReply] {
    try state.withLock { (state) throws(NetworkError) in
      var replies: [NetlinkReply] = []
      var start = 0
      while start < requests.count {
        var bytes: [UInt8] = []
        var end = start
        while end < requests.count, end - start < Self.batchCount {
          let message = requests[end].encoded(sequence: state.sequence &+ UInt32(end - start))
          if end > start, bytes.count + message.count > Self.batchBytes { break }
          bytes += message
          end += 1
        }
        replies += try exchange(bytes, Array(requests[start..<end]), &state)
        start = end
      }
      return replies
    }
  }

  /// Sends all requests; failures with an errno in `tolerated` are no failures.
  func perform(_ requests: [NetlinkRequest], tolerating tolerated: [Int32] = []) throws(NetworkError) {
    let failures = try replies(to: requests).compactMap(\.failure).filter { !tolerated.contains($0.errno) }
    if !failures.isEmpty { throw .refused(failures) }
  }

  /// A dump, tried again when the kernel says that the tables changed meanwhile.
  func list(_ request: NetlinkRequest) throws(NetworkError) -> [NetlinkMessage] {
    try state.withLock { (state) throws(NetworkError) in
      for _ in 0..<16 {
        if let messages = try listOnce(request, &state) { return messages }
      }
      throw .refused([NetlinkFailure(request: request.label, errno: 4, explanation: "the tables keep changing")])
    }
  }

  private func listOnce(_ request: NetlinkRequest, _ state: inout State) throws(NetworkError) -> [NetlinkMessage]? {
    var whole = request
    whole.flags |= RTNetlink.dump
    let sequence = state.sequence
    state.sequence &+= 1
    try send(whole.encoded(sequence: sequence, ack: false))
    var all: [NetlinkMessage] = []
    var interrupted = false
    while true {
      for message in try receive(&state) where message.sequence == sequence {
        interrupted = interrupted || message.flags & RTNetlink.dumpInterrupted != 0
        switch message.type {
        case RTNetlink.done, RTNetlink.error:
          guard let code = message.body.integer(Int32.self, at: 0) else { throw .malformed(request.label) }
          if code != 0 { throw .refused([NetlinkFailure(request: request.label, errno: 0 &- code)]) }
          return interrupted ? nil : all
        default: all.append(message)
        }
      }
    }
  }

  private func exchange(
    _ bytes: [UInt8], _ requests: [NetlinkRequest], _ state: inout State
  ) throws(NetworkError) -> [NetlinkReply] {
    let first = state.sequence
    state.sequence &+= UInt32(requests.count)
    try send(bytes)
    var replies = [NetlinkReply](repeating: NetlinkReply(), count: requests.count)
    var open = requests.count
    while open > 0 {
      for message in try receive(&state) {
        let index = Int(message.sequence &- first)
        guard index < requests.count else { continue }  // an answer to a batch that was given up
        guard message.type == RTNetlink.error else {
          replies[index].messages.append(message)
          continue
        }
        guard let ack = message.acknowledgement else { throw .malformed(requests[index].label) }
        if ack.errno != 0 {
          replies[index].failure = NetlinkFailure(
            request: requests[index].label, errno: ack.errno, explanation: ack.explanation)
        }
        open -= 1
      }
    }
    return replies
  }

  private func send(_ bytes: [UInt8]) throws(NetworkError) {
    try kernel { () throws(SyscallError) in
      _ = try check(
        bytes.withUnsafeBytes { cl_send(fd.raw, $0.baseAddress!, $0.count, nil, 0, 0) }, "sendmsg(netlink)")
    }
  }

  private func receive(_ state: inout State) throws(NetworkError) -> [NetlinkMessage] {
    while true {
      var none = 0
      let result = state.buffer.withUnsafeMutableBytes { cl_receive(fd.raw, $0.baseAddress!, $0.count, nil, &none, 0) }
      if result == -11 {  // the giver had made it non-blocking
        _ = try kernel { () throws(SyscallError) in try Kernel.waitReadable(fd.raw, milliseconds: -1) }
        continue
      }
      let size = try kernel { () throws(SyscallError) in Int(try check(result, "recvmsg(netlink)")) }
      // A copy: the messages outlive the buffer.
      guard let messages = NetlinkMessage.parse(ArraySlice(Array(state.buffer[..<size]))) else {
        throw .malformed("a netlink message that is longer than its datagram")
      }
      return messages
    }
  }
}
