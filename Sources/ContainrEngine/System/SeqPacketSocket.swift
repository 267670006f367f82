// One SEQPACKET socket: messages with descriptors. Knows nothing of what the messages mean.
internal import CContainrLinux

/// A message and the descriptors that came with it.
public struct SocketMessage: Sendable {
  /// The payload.
  public var bytes: [UInt8]
  /// What came by SCM_RIGHTS, CLOEXEC.
  public var descriptors: [SharedFD]
}

/// One end of a SEQPACKET socket pair.
public struct SeqPacketSocket: ~Copyable, Sendable {
  /// The largest message in bytes; anything bigger travels in a memory file.
  public static let maximumMessage = 65536
  /// The socket.
  public let fd: OwnedFD

  /// Takes ownership.
  public init(taking fd: consuming OwnedFD) { self.fd = fd }

  /// Both ends of a new pair as numbers which the caller owns. CLOEXEC.
  public static func pair() throws(SyscallError) -> (CInt, CInt) {
    var ends: [CInt] = [-1, -1]
    try check(cl_socketpair(1, 5 | 0o2000000, 0, &ends), "socketpair")  // AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC
    return (ends[0], ends[1])
  }

  /// Sends one message; EPIPE when the other side is gone.
  public func send(_ bytes: [UInt8], descriptors: [CInt] = []) throws(SyscallError) {
    try check(
      bytes.withUnsafeBytes { cl_send(fd.raw, $0.baseAddress!, $0.count, descriptors, descriptors.count, 0) }, "sendmsg"
    )
  }

  /// Waits for one message of at most `limit` bytes; nil when the other side is gone.
  public func receive(limit: Int = maximumMessage) throws(SyscallError) -> SocketMessage? {
    var buffer = [UInt8](repeating: 0, count: limit)
    var numbers = [CInt](repeating: -1, count: 64)
    var count = numbers.count
    var result = buffer.withUnsafeMutableBytes { cl_receive(fd.raw, $0.baseAddress!, $0.count, &numbers, &count, 0) }
    if result == -104 {
      // ECONNRESET, told once: the other side closed with our message unread. What it had sent before is still there.
      count = numbers.count
      result = buffer.withUnsafeMutableBytes { cl_receive(fd.raw, $0.baseAddress!, $0.count, &numbers, &count, 0) }
    }
    let size = try check(result, "recvmsg")
    let descriptors = numbers.prefix(count).map { SharedFD(OwnedFD(taking: $0)) }
    return size == 0 && count == 0
      ? nil : SocketMessage(bytes: Array(buffer.prefix(Int(size))), descriptors: descriptors)
  }
}
