// `containr-ports`: the process that stays in the host's network for a user, in the shim's program. It does one thing: it
// makes the sockets of published ports there and hands them to the holder, which is the only one that can ask it.
internal import CContainrLinux
internal import ContainrSystem
internal import SystemPackage

/// The maker of sockets.
public enum RootlessSockets {
  /// argv[0] of this program in that role.
  public static let name = "containr-ports"

  /// Whether it was started for that.
  public static var isWanted: Bool { cl_is_called(name) == 1 }

  /// Runs until the holder has ended. Descriptor 3 leads to it.
  public static func run() -> Int32 {
    let socket = SeqPacketSocket(taking: OwnedFD(taking: 3))
    do throws(SyscallError) {
      try Kernel.setName(name)
      try check(cl_set_cloexec(3, 1), "fcntl(F_SETFD)")
      try check(cl_block_signals(UInt64.max, 1), "sigprocmask")
      try check(cl_chdir("/"), "chdir", "/")
      while let request = try socket.receive(limit: 64) {
        guard let port = RelayedPort(request.bytes[...]) else { return 1 }
        do throws(SyscallError) {
          let made = try listen(port)
          try socket.send([0, 0, 0, 0], descriptors: [made.raw])
        } catch {
          try socket.send(Self.number(error.errno))
        }
      }
      return 0
    } catch {
      return 1
    }
  }

  static func number(_ errno: Int32) -> [UInt8] {
    let bits = UInt32(bitPattern: errno)
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bits >> UInt32($0)) }
  }

  private static func listen(_ port: RelayedPort) throws(SyscallError) -> OwnedFD {
    let type: CInt = port.transport == 6 ? 1 : 2
    // SOCK_NONBLOCK | SOCK_CLOEXEC
    let socket = OwnedFD(taking: try check(cl_socket(port.isIPv6 ? 10 : 2, type | 0o2004000, 0), "socket"))
    // SO_REUSEADDR: connections in TIME_WAIT are in nobody's way. IPV6_V6ONLY: else `::` is all of IPv4 as well.
    if type == 1 { try check(cl_setsockopt_int(socket.raw, 1, 2, 1), "setsockopt(SO_REUSEADDR)") }
    if port.isIPv6 { try check(cl_setsockopt_int(socket.raw, 41, 26, 1), "setsockopt(IPV6_V6ONLY)") }
    var place = RelayedPort.endpoint(port.hostAddress, port.hostPort, isIPv6: port.isIPv6)
    try check(cl_bind_ip(socket.raw, &place), "bind")
    if type == 1 { try check(cl_listen(socket.raw, 4096), "listen") }
    return socket
  }
}
