// The end inside of a relayed connection. The holder is root of the user's network, in which a socket may have any address
// (IP_TRANSPARENT, ip(7)): it takes the client's, and rules of the engine's lead the answers back to it (`ClientReturn`).
internal import CContainrLinux
internal import ContainrSystem

enum RelayedConnection {
  /// On its way to the container; nil: it cannot be had, which is the client's to see. `from`: the client, if it is known.
  static func open(_ port: RelayedPort, from client: cl_endpoint?) throws(SyscallError) -> SharedFD? {
    var place = RelayedPort.endpoint(port.address, port.port, isIPv6: port.isIPv6)
    if port.showsClient, let client, comesFromOutside(client),
      let socket = try bound(to: client, port), begins(cl_connect_ip(socket.raw, &place))
    {
      return socket
    }
    let socket = try make(port)
    return begins(cl_connect_ip(socket.raw, &place)) ? socket : nil
  }

  /// EINPROGRESS: it goes on by itself.
  private static func begins(_ result: CInt) -> Bool { result == 0 || result == -115 }

  private static func make(_ port: RelayedPort) throws(SyscallError) -> SharedFD {
    let type: CInt = port.transport == 6 ? 1 : 2
    return SharedFD(OwnedFD(taking: try check(cl_socket(port.isIPv6 ? 10 : 2, type | 0o2004000, 0), "socket")))
  }

  /// With the client's address and, if nobody has it here, its port.
  private static func bound(to client: cl_endpoint, _ port: RelayedPort) throws(SyscallError) -> SharedFD? {
    for number in [client.port, 0] {
      let socket = try make(port)
      // SO_REUSEADDR: one client may come by two ports from one of its own. IPV6_TRANSPARENT, IP_TRANSPARENT.
      guard cl_setsockopt_int(socket.raw, 1, 2, 1) == 0,
        (port.isIPv6 ? cl_setsockopt_int(socket.raw, 41, 75, 1) : cl_setsockopt_int(socket.raw, 0, 19, 1)) == 0
      else { return nil }
      var own = client
      own.port = number
      if cl_bind_ip(socket.raw, &own) == 0 { return socket }
    }
    return nil
  }

  /// Whether the way back to an address leads out of the user's network, as seen from here: of what is on a bridge of the
  /// user's a container would look for the client there, and the loopback's addresses are each host's own.
  private static func comesFromOutside(_ client: cl_endpoint) -> Bool {
    let bytes = withUnsafeBytes(of: client.address) { Array($0) }
    let isIPv6 = client.is_ipv6 != 0
    if isIPv6 ? bytes.dropLast().allSatisfy({ $0 == 0 }) || bytes[0] == 0xFE : bytes[0] == 127 || bytes[0] == 169 {
      return false
    }
    // Of the addresses for documentation, which nobody has, the way out is that of all others.
    let anywhere: [UInt8] =
      isIPv6 ? [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] : [203, 0, 113, 1]
    guard let out = source(towards: RelayedPort.endpoint(anywhere, 9, isIPv6: isIPv6)) else { return false }
    return source(towards: client) == out
  }

  /// The own address from which packets to another one would leave; nil: there is no way.
  private static func source(towards there: cl_endpoint) -> [UInt8]? {
    let descriptor = cl_socket(there.is_ipv6 != 0 ? 10 : 2, 2 | 0o2000000, 0)
    if descriptor < 0 { return nil }
    let socket = OwnedFD(taking: descriptor)
    var (there, own) = (there, cl_endpoint())
    if there.port == 0 { there.port = 9 }
    guard cl_connect_ip(socket.raw, &there) == 0, cl_local_ip(socket.raw, &own) == 0 else { return nil }
    return withUnsafeBytes(of: own.address) { Array($0) }
  }
}
