// `containr-ports`: the process that stays in the host's network for a user, in the shim's program. It does one thing: it
// makes sockets there, those of published ports and those by which commands reach registries, and hands them to the holder,
// which is the only one that can ask it.
internal import CContainrLinux
public import ContainrSystem
public import SystemPackage

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
        do throws(SyscallError) {
          let made: OwnedFD
          if let port = RelayedPort.asked(.probe, request.bytes[...]) {
            _ = try bound(port)
            try socket.send(Self.number(0))
            continue
          }
          if let isIPv6 = outgoing(request.bytes[...]) {
            // SOCK_STREAM | SOCK_CLOEXEC
            made = OwnedFD(taking: try check(cl_socket(isIPv6 ? 10 : 2, 1 | 0o2000000, 0), "socket"))
          } else {
            let asked = RelayedPort.asked(.listener, request.bytes[...]) ?? RelayedPort(request.bytes[...])
            guard let port = asked else { return 1 }
            made = try listen(port)
          }
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

  /// An unconnected socket of TCP in the host's network, blocking, for a command inside the user's namespaces: with it the
  /// user reaches what listens on the host's loopback. `directory` is the user's run directory.
  public static func make(isIPv6: Bool, directory: FilePath) throws(SyscallError) -> OwnedFD {
    let socket = SeqPacketSocket(
      taking: try UnixSocket.connect(to: directory.appending(RootlessRelay.socketName), kind: .packets))
    try socket.send(request(isIPv6: isIPv6))
    guard try Kernel.waitReadable(socket.fd.raw, milliseconds: 10_000), let answer = try socket.receive(limit: 16),
      answer.bytes.count == 4
    else {
      throw SyscallError(
        errno: 110, operation: "socket", detail: "the holder of the user's namespaces does not answer")
    }
    if let made = answer.descriptors.first { return try made.duplicate() }
    throw SyscallError(
      errno: Int32(bitPattern: answer.bytes.reduce(0) { $0 << 8 | UInt32($1) }), operation: "socket")
  }

  /// To the holder, and from it to the maker.
  static func request(isIPv6: Bool) -> [UInt8] { [1, isIPv6 ? 1 : 0] }

  /// nil: something else is wanted.
  static func outgoing(_ bytes: ArraySlice<UInt8>) -> Bool? {
    bytes.count == 2 && bytes.first == 1 ? bytes.last == 1 : nil
  }

  static func number(_ errno: Int32) -> [UInt8] {
    let bits = UInt32(bitPattern: errno)
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bits >> UInt32($0)) }
  }

  private static func listen(_ port: RelayedPort) throws(SyscallError) -> OwnedFD {
    let socket = try bound(port)
    if port.transport == 6 { try check(cl_listen(socket.raw, 4096), "listen") }
    return socket
  }

  private static func bound(_ port: RelayedPort) throws(SyscallError) -> OwnedFD {
    let type: CInt = port.transport == 6 ? 1 : 2
    // SOCK_NONBLOCK | SOCK_CLOEXEC
    let socket = OwnedFD(taking: try check(cl_socket(port.isIPv6 ? 10 : 2, type | 0o2004000, 0), "socket"))
    // SO_REUSEADDR: connections in TIME_WAIT are in nobody's way. IPV6_V6ONLY: else `::` is all of IPv4 as well.
    if type == 1 { try check(cl_setsockopt_int(socket.raw, 1, 2, 1), "setsockopt(SO_REUSEADDR)") }
    if port.isIPv6 { try check(cl_setsockopt_int(socket.raw, 41, 26, 1), "setsockopt(IPV6_V6ONLY)") }
    var place = RelayedPort.endpoint(port.hostAddress, port.hostPort, isIPv6: port.isIPv6)
    try check(cl_bind_ip(socket.raw, &place), "bind")
    return socket
  }
}
