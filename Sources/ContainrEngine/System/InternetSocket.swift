// Stream sockets of TCP that wait for clients. Nothing of what is said on them is known here.
internal import CContainrLinux

/// Makes and accepts.
public enum InternetSocket {
  /// A listening, non-blocking socket at an address of 4 or 16 octets in network order, and its port: with port 0 the kernel
  /// chooses one. One of IPv6 is of IPv6 alone.
  public static func listen(
    at octets: [UInt8], port: UInt16, backlog: CInt = 16
  ) throws(SyscallError) -> (socket: SharedFD, port: UInt16) {
    let isIPv6 = octets.count == 16
    let socket = OwnedFD(taking: try check(cl_socket(isIPv6 ? 10 : 2, 1 | 0o2004000, 0), "socket"))
    // Connections of a former life in TIME_WAIT do not count.
    try check(cl_setsockopt_int(socket.raw, 1, 2, 1), "setsockopt(SO_REUSEADDR)")
    if isIPv6 { try check(cl_setsockopt_int(socket.raw, 41, 26, 1), "setsockopt(IPV6_V6ONLY)") }
    var place = cl_endpoint()
    place.port = port
    place.is_ipv6 = isIPv6 ? 1 : 0
    withUnsafeMutableBytes(of: &place.address) { $0.copyBytes(from: octets.prefix(16)) }
    try check(cl_bind_ip(socket.raw, &place), "bind")
    try check(cl_listen(socket.raw, backlog), "listen")
    var chosen = cl_endpoint()
    try check(cl_local_ip(socket.raw, &chosen), "getsockname")
    return (SharedFD(socket), chosen.port)
  }

  /// The next waiting client of a listener of any family, non-blocking; nil if there is none.
  public static func accept(_ listener: CInt) throws(SyscallError) -> OwnedFD? {
    let result = cl_accept4(listener, 0o2004000)
    // EAGAIN, ECONNABORTED, and what the network has done to it meanwhile (accept(2)).
    if [-11, -103, -71, -92, -95, -100, -101, -112, -113].contains(result) { return nil }
    return OwnedFD(taking: try check(result, "accept4"))
  }
}
