// A port of the host that leads into a user's namespaces, and the messages about it. Pure but for the asking.
internal import CContainrLinux
public import ContainrSystem
public import SystemPackage

/// One port, as it is sent: 39 bytes.
public struct RelayedPort: Sendable, Hashable {
  /// 6 TCP, 17 UDP.
  public var transport: UInt8
  /// Of both addresses.
  public var isIPv6: Bool
  /// 4 or 16 bytes; all 0 is every address of the host.
  public var hostAddress: [UInt8]
  /// The port outside.
  public var hostPort: UInt16
  /// Of the container; 4 or 16 bytes.
  public var address: [UInt8]
  /// The port inside.
  public var port: UInt16
  /// The container's answers to addresses outside come by here: it may see that of the client.
  public var showsClient: Bool

  /// With its values.
  public init(
    transport: UInt8, isIPv6: Bool, hostAddress: [UInt8], hostPort: UInt16, address: [UInt8], port: UInt16,
    showsClient: Bool = false
  ) {
    self.transport = transport
    self.isIPv6 = isIPv6
    self.hostAddress = hostAddress
    self.hostPort = hostPort
    self.address = address
    self.port = port
    self.showsClient = showsClient
  }

  static let size = 39

  var bytes: [UInt8] {
    func padded(_ address: [UInt8]) -> [UInt8] {
      Array(address.prefix(16)) + [UInt8](repeating: 0, count: max(0, 16 - address.count))
    }
    func number(_ port: UInt16) -> [UInt8] { [UInt8(port >> 8), UInt8(port & 0xFF)] }
    return [transport, isIPv6 ? 1 : 0] + padded(hostAddress) + number(hostPort) + padded(address) + number(port)
      + [showsClient ? 1 : 0]
  }

  /// nil: no such record.
  init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.count == Self.size else { return nil }
    let bytes = Array(bytes)
    let count = bytes[1] == 1 ? 16 : 4
    self.init(
      transport: bytes[0], isIPv6: bytes[1] == 1, hostAddress: Array(bytes[2..<(2 + count)]),
      hostPort: UInt16(bytes[18]) << 8 | UInt16(bytes[19]), address: Array(bytes[20..<(20 + count)]),
      port: UInt16(bytes[36]) << 8 | UInt16(bytes[37]), showsClient: bytes[38] == 1)
    if transport != 6 && transport != 17 { return nil }
  }

  func sharesNumber(with other: RelayedPort) -> Bool {
    (transport, isIPv6, hostPort) == (other.transport, other.isIPv6, other.hostPort)
  }

  /// What stands on the host's side; two records with the same one are in each other's way.
  var outside: [UInt8] { Array(bytes.prefix(20)) }

  static func endpoint(_ address: [UInt8], _ port: UInt16, isIPv6: Bool) -> cl_endpoint {
    var endpoint = cl_endpoint()
    withUnsafeMutableBytes(of: &endpoint.address) { $0.copyBytes(from: address) }
    endpoint.port = port
    endpoint.is_ipv6 = isIPv6 ? 1 : 0
    return endpoint
  }

  /// Whether answers to clients outside come to the relay, as it is noted in the user's run directory; nil: not yet.
  public static func returnNote(directory: FilePath) throws(SyscallError) -> Bool? {
    let path = RootlessPlaces.clientReturn(directory)
    return try Kernel.exists(path) ? try Kernel.text(of: path) == "1" : nil
  }

  /// Notes it, for as long as the user's namespaces are there.
  public static func noteReturn(_ works: Bool, directory: FilePath) throws(SyscallError) {
    try Kernel.open(
      RootlessPlaces.clientReturn(directory), [.writeOnly, .create, .truncate, .noFollow], mode: 0o600
    ).writeAll(works ? [0x31] : [0x30])
  }

  /// What the whole of a user's published ports is to be from now on. `directory` is the user's run directory. Answers the
  /// first that cannot be had, with the kernel's number; then all is as it was before.
  public static func publish(
    _ ports: [RelayedPort], directory: FilePath
  ) throws(SyscallError) -> (port: RelayedPort, errno: Int32)? {
    let socket = SeqPacketSocket(
      taking: try UnixSocket.connect(to: directory.appending(RootlessRelay.socketName), kind: .packets))
    let message = ports.flatMap(\.bytes)
    guard message.count < SeqPacketSocket.maximumMessage else {
      throw SyscallError(errno: 7, operation: "publish", detail: "\(ports.count) ports at once are too many for a user")
    }
    try socket.send([0] + message)
    guard try Kernel.waitReadable(socket.fd.raw, milliseconds: 10_000), let answer = try socket.receive()?.bytes else {
      throw SyscallError(
        errno: 110, operation: "publish", detail: "the holder of the user's namespaces does not answer")
    }
    if answer == [0] { return nil }
    guard answer.count == 1 + 4 + size, let port = RelayedPort(answer[5...]) else {
      throw SyscallError(errno: 71, operation: "publish")
    }
    return (port, Int32(bitPattern: answer[1..<5].reduce(0) { $0 << 8 | UInt32($1) }))
  }
}
