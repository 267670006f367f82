// Who is at the other end of an IPv4 connection (getpeername(2)).
internal import Glibc

extension Kernel {
  /// The peer's IPv4 address in host order; ENOTCONN if it is gone already.
  public static func peerAddress(of socket: CInt) throws(SyscallError) -> UInt32 {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(socket, $0, &length) }
    }
    if result != 0 { throw SyscallError(errno: errno, operation: "getpeername") }
    return UInt32(bigEndian: address.sin_addr.s_addr)
  }
}
