// The shim's program: what it does with itself before it does anything for a container, and its subcommands.
internal import CContainrLinux
internal import ContainrSecurity
internal import ContainrSystem
internal import SystemPackage

/// `containr-shim SUBCOMMAND ID`, started by the host with its end of the socket as descriptor 3. What to do stands in
/// the request; the arguments are for people who look at the process list, and reading them would cost Swift's runtime
/// a look through /proc/self/maps.
public enum Shim {
  /// Runs until the work is done; answers the exit code. The reason of a failure goes to the host.
  public static func run() -> Int32 {
    let socket = SeqPacketSocket(taking: OwnedFD(taking: 3))
    var failure: SyscallError?
    do throws(SyscallError) { try becomeMinimal() } catch { failure = error }
    do throws(SyscallError) {
      // Before anything is reported: a socket that is closed with what was not read loses what it has sent.
      let (request, descriptors) = try receive(socket)
      if let failure { return report("leave the caller's session", failure, to: socket) }
      // Handed over, not lent: what a subcommand has no use for any more it closes.
      switch request {
      case .container: return ContainerShim.run(socket, consume descriptors)
      case .exec: return ExecShim.run(socket, descriptors)
      case .netlink: return NetlinkShim.run(socket, descriptors)
      case .replace: return ReplaceShim.run(socket, descriptors)
      }
    } catch {
      return 1
    }
  }

  private static func receive(
    _ socket: borrowing SeqPacketSocket
  ) throws(SyscallError) -> (ShimRequest, [SharedFD]) {
    guard let received = try socket.receive(limit: 256) else {
      throw SyscallError(errno: 32, operation: "recvmsg", detail: "the host has died")
    }
    do throws(WireError) {
      if case .request(let request) = try InitMessage(bytes: received.bytes) { return (request, received.descriptors) }
    } catch {
      throw SyscallError(errno: 71, operation: "recvmsg", detail: error.description)
    }
    throw SyscallError(errno: 71, operation: "recvmsg", detail: "no request")
  }

  /// Takes off what a tool without a daemon inherits from its caller's shell.
  private static func becomeMinimal() throws(SyscallError) {
    try check(cl_set_cloexec(3, 1), "fcntl(F_SETFD)")
    // Executed through /proc/PID/fd/N, it would be called N.
    _ = "containr-shim".withCString { cl_prctl(15, UInt(bitPattern: $0), 0, 0, 0) }
    // Until execve nobody inside may trace us or open our files in /proc.
    try ProcessReset.setDumpable(false)
    // All of them: the shim outlives the terminal, the session and the host, and ends with its container.
    try check(cl_block_signals(UInt64.max, 1), "sigprocmask")
    try ProcessReset.scheduling()
    ProcessReset.umask(0o077)
    try check(cl_chdir("/"), "chdir", "/")
  }

  /// Tells the host what did not work. It may be gone: then nobody needs to know.
  static func report(_ stage: String, _ error: SyscallError, to socket: borrowing SeqPacketSocket) -> Int32 {
    do throws(SyscallError) {
      try socket.send(InitMessage.failed(InitFailure(stage: stage, error: error)).bytes)
      return 1
    } catch {
      return 2
    }
  }

  /// The plan at the head of a request's descriptors.
  static func decode<Plan: WireValue>(
    _: Plan.Type, _ reader: inout WireReader
  ) throws(SyscallError) -> Plan {
    do throws(WireError) {
      return try Plan(from: &reader)
    } catch {
      throw SyscallError(errno: 71, operation: "decode", detail: error.description)
    }
  }
}
