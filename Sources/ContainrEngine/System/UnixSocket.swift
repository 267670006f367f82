// Sockets of AF_UNIX by path. Nothing of what is said on them is known here.
internal import CContainrLinux
internal import Glibc
public import SystemPackage

/// Makes, accepts and connects.
public enum UnixSocket {
  /// SOCK_STREAM; SOCK_SEQPACKET, which keeps messages apart; SOCK_DGRAM, which knows no connection.
  public enum Kind: CInt, Sendable { case stream = 1, datagrams = 2, packets = 5 }

  /// A listening, non-blocking socket. The path must not exist and be shorter than 108 bytes.
  public static func listen(
    at path: FilePath, backlog: CInt = 16, kind: Kind = .stream
  ) throws(SyscallError) -> OwnedFD {
    let socket = OwnedFD(taking: try check(cl_socket(1, kind.rawValue | 0o2004000, 0), "socket"))
    try check(path.withPlatformString { cl_bind_unix(socket.raw, $0) }, "bind", path)
    try check(cl_listen(socket.raw, backlog), "listen", path)
    return socket
  }

  /// The next waiting client, blocking; nil if there is none.
  public static func accept(_ listener: CInt) throws(SyscallError) -> OwnedFD? {
    let result = cl_accept4(listener, 0o2000000)
    if result == -11 || result == -103 { return nil }
    return OwnedFD(taking: try check(result, "accept4"))
  }

  /// A connection, blocking. ECONNREFUSED and ENOENT: nobody listens. Without `waits` it does not block, neither now,
  /// where EAGAIN says that too many wait before us, nor later.
  public static func connect(
    to path: FilePath, waits: Bool = true, kind: Kind = .stream
  ) throws(SyscallError) -> OwnedFD {
    let socket = OwnedFD(taking: try check(cl_socket(1, kind.rawValue | 0o2000000 | (waits ? 0 : 0o4000), 0), "socket"))
    try check(path.withPlatformString { cl_connect_unix(socket.raw, $0) }, "connect", path)
    return socket
  }

  /// A non-blocking socket that takes datagrams. The path must not exist and be shorter than 108 bytes.
  public static func takeDatagrams(at path: FilePath) throws(SyscallError) -> OwnedFD {
    let socket = OwnedFD(taking: try check(cl_socket(1, Kind.datagrams.rawValue | 0o2004000, 0), "socket"))
    try check(path.withPlatformString { cl_bind_unix(socket.raw, $0) }, "bind", path)
    return socket
  }

  /// The same as `connect` without waiting, to a name of this network namespace that no file has (unix(7), abstract).
  public static func connect(abstract name: String, kind: Kind) throws(SyscallError) -> OwnedFD {
    let socket = OwnedFD(taking: try check(cl_socket(1, kind.rawValue | 0o2004000, 0), "socket"))
    try check(name.withCString { cl_connect_abstract(socket.raw, $0) }, "connect", detail: "@\(name)")
    return socket
  }

  /// The uid of the process at the other end (SO_PEERCRED).
  public static func peerUID(_ socket: CInt) throws(SyscallError) -> UInt32 {
    var uid: UInt32 = 0
    var pid: pid_t = 0
    try check(cl_peer_uid(socket, &uid, &pid), "getsockopt(SO_PEERCRED)")
    return uid
  }
}

extension Kernel {
  /// Nanoseconds since boot, suspended time included (CLOCK_BOOTTIME).
  public static func bootTime() -> UInt64 { cl_boottime_ns() }
}

extension Kernel {
  /// This process's id.
  public static func processID() -> Int32 { getpid() }

  /// Takes a timerfd's expirations; fine if there are none.
  public static func drainTimer(_ timer: CInt) throws(SyscallError) {
    var count = [UInt8](repeating: 0, count: 8)
    let result = count.withUnsafeMutableBytes { cl_read(timer, $0.baseAddress!, $0.count) }
    if result != -11 { try check(result, "read(timerfd)") }
  }
}

extension Kernel {
  /// sendmsg(2) with descriptors, on any socket of AF_UNIX.
  public static func send(_ bytes: [UInt8], descriptors: [CInt], to socket: CInt) throws(SyscallError) {
    try check(
      bytes.withUnsafeBytes { cl_send(socket, $0.baseAddress!, $0.count, descriptors, descriptors.count, 0) }, "sendmsg"
    )
  }

  /// Whether this process is in a user namespace other than the first: then it may be root of less than it looks like
  /// (user_namespaces(7)).
  public static func isInUserNamespace() throws(SyscallError) -> Bool {
    // The first one's map, which is of all ids; another with the same map would need root to make.
    let words = try text(of: "/proc/self/uid_map").split(whereSeparator: { $0 == " " || $0 == "\n" })
    return words != ["0", "0", "4294967295"]
  }

  /// Whether this process may write to a file, or make files in a directory (faccessat2(2), by its effective ids).
  public static func mayWrite(_ path: FilePath) throws(SyscallError) -> Bool {
    let result = path.withPlatformString { cl_faccessat(currentDirectory, $0, 2, 0x200) }
    if [-13, -1, -30, -2].contains(result) { return false }
    try check(result, "faccessat2", path)
    return true
  }

  /// geteuid(2).
  public static func effectiveUserID() -> UInt32 { cl_geteuid() }

  /// getegid(2).
  public static func effectiveGroupID() -> UInt32 { cl_getegid() }

  /// A signal to the process behind a pidfd; one that has ended is no error.
  public static func signal(pidfd: CInt, _ signal: Int32) throws(SyscallError) {
    let result = cl_pidfd_send_signal(pidfd, signal)
    if result != -3 { try check(result, "pidfd_send_signal") }
  }
}
