// `containr-shim netlink`: a route socket made inside a running container's network namespace.
internal import ContainrNamespaces
internal import ContainrSystem

/// Answers with `namespaces` and the socket.
enum NetlinkShim {
  /// `descriptors`: a pidfd of the container's first process.
  static func run(_ socket: consuming SeqPacketSocket, _ descriptors: [SharedFD]) -> Int32 {
    do throws(SyscallError) {
      guard let pidfd = descriptors.first else { throw SyscallError(errno: 22, operation: "recvmsg") }
      try Kernel.join(pidfd.raw, .network)
      let route = try Kernel.routeSocket()
      try socket.send(InitMessage.namespaces.bytes, descriptors: [route.raw])
      return 0
    } catch {
      return Shim.report("enter the network namespace", error, to: socket)
    }
  }
}
