// The messages between the host and one shim, and their wire form. Pure.
public import ContainrSystem

// One SEQPACKET socket; the host holds one end, the shim is born with the other as descriptor 3.
//
//   host                                    shim                          the container's first process
//    |  posix_spawn                          |
//    |------------------------------------->|
//    |  request(container) + plan, run       |
//    |  directory, log directory, …          |
//    |------------------------------------->|
//    |                                       | clone3 (new namespaces)
//    |                                       |---------------------------->|  joins its cgroup
//    |                                       | writes `process`            |
//    |                       spawned(pid)    |                             |
//    |<--------------------------------------|                             |
//    |                                       | closes the socket           |
//    |                            namespaces + a netlink socket of its network namespace
//    |<--------------------------------------------------------------------|
//    |  configures the network               |                             |  meanwhile builds the
//    |  proceed                              |                             |  mounts, pivots
//    |-------------------------------------------------------------------->|
//    |                                       |            executing        |
//    |<--------------------------------------------------------------------|  execve
//    |                    end of file: it runs                             x  (the socket is CLOEXEC)
//    |                                       | pumps the log, records the exit
//
// `failed` may come at any point instead, even after `executing` (execve itself). An end of file without `executing`
// means that the process died; an end of file on the other side means that the host died, and the process exits.
// `spawned` and `namespaces` come from two processes, so in either order.
//
// `request(exec)` is the same without `namespaces`; the shim stays, and `exited` comes last. With a terminal its master
// comes with `terminal`, before `executing`. A second `proceed` says that the host leaves: it has the master with it, and
// the shim stays for the command. Of a detached command the shim closes the socket as for a container.
// `request(netlink)` is answered by `namespaces`, `request(replace)` by `proceed`.

/// What a shim is asked to do, and what it answers.
public enum InitMessage: Sendable, Hashable {
  /// The host's first message. Its first descriptor is the sealed plan (none for netlink).
  case request(ShimRequest)
  /// The process exists; pid of the host's namespace.
  case spawned(Int32)
  /// The namespaces exist; a route socket of the network namespace comes along if there is a new one.
  case namespaces
  /// The host has done its part.
  case proceed
  /// The next thing is execve.
  case executing
  case failed(InitFailure)
  /// An OCI runtime's: the mounts are made, the root is not changed yet; `proceed` is awaited.
  case mounted
  /// An OCI runtime's: all is done but the program; the next `proceed` starts it.
  case created
  /// The master of the new terminal comes along.
  case terminal
  /// The listener of the filter comes along.
  case listener
  /// A command's end.
  case exited(ExitStatus)

  /// The first two bytes of every message. Changes whenever any wire form changes.
  public static let version: UInt16 = 11
}

/// The shim's subcommands.
public enum ShimRequest: UInt8, Sendable, Hashable {
  case container = 1
  case exec = 2
  case netlink = 3
  case replace = 4
}

/// A step that did not work, as data.
public struct InitFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// The step's name.
  public var stage: String
  /// The call that failed.
  public var error: SyscallError

  /// A failure of the step `stage`.
  public init(stage: String, error: SyscallError) {
    self.stage = stage
    self.error = error
  }

  /// `stage: call path: reason`.
  public var description: String { "\(stage): \(error)" }
}
