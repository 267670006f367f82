// Making a container's first process, whatever namespaces are new or joined. The caller has one thread.
internal import CContainrLinux
internal import ContainrNamespaces
internal import ContainrSystem
internal import SystemPackage

/// The clone.
enum FirstProcess {
  /// Clones the caller into new namespaces; nil in the process itself. What is joined is left to the process itself (but a pid namespace, which only
  /// children join), unless a user namespace is made or joined: then a go-between enters the others first, since from
  /// within a user namespace those of the host cannot be entered.
  static func clone(
    _ namespaces: NamespaceSet, _ joins: [(SharedFD, NamespaceSet)], cgroup: CInt?
  ) throws(SyscallError) -> ClonedProcess? {
    if hasGoBetween(namespaces, joins) { return try throughGoBetween(namespaces, joins, cgroup) }
    for (file, kind) in joins where kind == .pid { try Kernel.join(file.raw, kind) }
    return try ClonedProcess.clone(namespaces, cgroup: cgroup)
  }

  /// Whether the process finds itself in what it joins.
  static func hasGoBetween(_ namespaces: NamespaceSet, _ joins: [(SharedFD, NamespaceSet)]) -> Bool {
    joins.contains { $0.1 == .user } || (namespaces.contains(.user) && !joins.isEmpty)
  }

  /// The go-between reports the pid of its sibling, our child, or why there is none.
  private static func throughGoBetween(
    _ namespaces: NamespaceSet, _ joins: [(SharedFD, NamespaceSet)], _ cgroup: CInt?
  ) throws(SyscallError) -> ClonedProcess? {
    let ends = try SeqPacketSocket.pair()
    guard let between = try ClonedProcess.clone([], cgroup: nil) else {
      let socket = SeqPacketSocket(taking: OwnedFD(taking: ends.1))
      do throws(SyscallError) {
        try check(cl_prctl(1, 9, 0, 0, 0), "prctl(PR_SET_PDEATHSIG)")
        try enter(joins)
        guard let sibling = try ClonedProcess.cloneSibling(namespaces, cgroup: cgroup) else { return nil }
        try socket.send(InitMessage.spawned(sibling.pid).bytes)
        cl__exit(0)
      } catch {
        _ = Shim.report("join namespaces", error, to: socket)
        cl__exit(1)
      }
    }
    let socket = SeqPacketSocket(taking: OwnedFD(taking: ends.0))
    try check(cl_close(ends.1), "close")
    _ = try Kernel.waitForExit(pidfd: between.pidfd.raw)
    let isTold = try Kernel.waitReadable(socket.fd.raw, milliseconds: 0)
    guard isTold, let told = try socket.receive(limit: 8192) else {
      throw SyscallError(errno: 3, operation: "clone3", detail: "the process between has died")
    }
    let message: InitMessage
    do throws(WireError) { message = try InitMessage(bytes: told.bytes) } catch {
      throw SyscallError(errno: 71, operation: "recvmsg", detail: error.description)
    }
    switch message {
    case .spawned(let pid): return try ClonedProcess.child(pid: pid)
    case .failed(let failure): throw failure.error
    default: throw SyscallError(errno: 71, operation: "recvmsg", detail: "not about a process")
    }
  }

  /// The host's namespaces while we are outside, those of the user namespace from within it, the mounts last: they decide
  /// what paths mean.
  static func enter(_ joins: [(SharedFD, NamespaceSet)]) throws(SyscallError) {
    var later: [(SharedFD, NamespaceSet)] = []
    let ordered = joins.filter { $0.1 != .mount && $0.1 != .user } + joins.filter { $0.1 == .mount }
    var users: [(SharedFD, NamespaceSet)] = []
    // EINVAL for the one that we are in. Asked while our own procfs is in sight.
    for join in joins where join.1 == .user { if try !isOurs(join.0.raw) { users.append(join) } }
    for (file, kind) in ordered {
      do throws(SyscallError) {
        try Kernel.join(file.raw, kind)
      } catch {
        if error.errno != 1 || users.isEmpty { throw error }
        later.append((file, kind))
      }
    }
    for (file, kind) in users { try Kernel.join(file.raw, kind) }
    for (file, kind) in later { try Kernel.join(file.raw, kind) }
  }

  /// A pidfd is never ours: whoever passes one has looked.
  private static func isOurs(_ namespace: CInt) throws(SyscallError) -> Bool {
    let ours = try Kernel.status(of: "/proc/self/ns/user")
    let theirs = try Kernel.status(at: namespace)
    return (ours.device, ours.inode) == (theirs.device, theirs.inode)
  }
}
