// What a command inside asks of the host's network about one port: whether it is free there, or a socket that listens.
internal import CContainrLinux
public import ContainrSystem
public import SystemPackage

extension RelayedPort {
  /// The first byte of such a message; the port's record follows.
  enum Question: UInt8 {
    case probe = 2
    case listener = 3
  }

  func message(_ question: Question) -> [UInt8] { [question.rawValue] + bytes }

  /// nil: it asks something else.
  static func asked(_ question: Question, _ message: ArraySlice<UInt8>) -> RelayedPort? {
    message.first == question.rawValue ? RelayedPort(message.dropFirst()) : nil
  }

  /// A port of the host that leads nowhere. `address` has 4 or 16 octets.
  private static func place(_ transport: UInt8, _ address: [UInt8], _ port: UInt16) -> RelayedPort {
    RelayedPort(
      transport: transport, isIPv6: address.count == 16, hostAddress: address, hostPort: port,
      address: [UInt8](repeating: 0, count: address.count), port: 0)
  }

  /// Whether a port of the host is free for the user's containers: it is, too, if it is theirs already. `transport` is 6 or
  /// 17, `address` has 4 or 16 octets, all 0 for every one; `directory` is the user's run directory. Throws what the kernel
  /// says otherwise: EADDRNOTAVAIL (not an address of the host), EACCES (a port below those of users).
  public static func isFree(
    _ transport: UInt8, _ address: [UInt8], _ port: UInt16, directory: FilePath
  ) throws(SyscallError) -> Bool {
    let answer = try ask(.probe, place(transport, address, port), directory)
    if answer.errno == 98 { return false }
    if answer.errno != 0 { throw SyscallError(errno: answer.errno, operation: "bind") }
    return true
  }

  /// A socket of TCP that listens in the host's network, without waiting, and its port: for port 0 whichever is free.
  public static func listener(
    _ address: [UInt8], _ port: UInt16, directory: FilePath
  ) throws(SyscallError) -> (socket: SharedFD, port: UInt16) {
    let answer = try ask(.listener, place(6, address, port), directory)
    guard let socket = answer.socket else { throw SyscallError(errno: answer.errno, operation: "bind") }
    var own = cl_endpoint()
    try check(cl_local_ip(socket.raw, &own), "getsockname")
    return (socket, own.port)
  }

  private static func ask(
    _ question: Question, _ port: RelayedPort, _ directory: FilePath
  ) throws(SyscallError) -> (errno: Int32, socket: SharedFD?) {
    let socket = SeqPacketSocket(
      taking: try UnixSocket.connect(to: directory.appending(RootlessRelay.socketName), kind: .packets))
    try socket.send(port.message(question))
    guard try Kernel.waitReadable(socket.fd.raw, milliseconds: 10_000), let answer = try socket.receive(limit: 16),
      answer.bytes.count == 4
    else {
      throw SyscallError(errno: 110, operation: "bind", detail: "the holder of the user's namespaces does not answer")
    }
    let number = Int32(bitPattern: answer.bytes.reduce(0) { $0 << 8 | UInt32($1) })
    return (number, answer.descriptors.first)
  }
}
