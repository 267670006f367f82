// clone3(2), unshare(2) and setns(2). Only for the shim: the caller must have one thread.
internal import CContainrLinux
public import ContainrSystem
internal import SystemPackage

/// A process made by clone3 that shares nothing but what the parent had open.
public struct ClonedProcess: ~Copyable {
  /// In the caller's pid namespace.
  public let pid: Int32
  /// Readable when the process has ended.
  public let pidfd: OwnedFD

  /// Clones this process into new namespaces and, with `cgroup` (a v2 directory), into that cgroup; nil in the child.
  public static func clone(_ namespaces: NamespaceSet, cgroup: CInt?) throws(SyscallError) -> ClonedProcess? {
    var request = cl_clone(flags: namespaces.rawValue, cgroup: cgroup ?? -1)
    var pidfd: CInt = -1
    let pid = try check(cl_clone3(&request, &pidfd), "clone3", detail: "namespaces \(namespaces.rawValue)")
    if pid == 0 { return nil }
    return ClonedProcess(pid: pid, pidfd: OwnedFD(taking: pidfd))
  }

  /// Clones a process that works in this one's memory until it executes a program or ends; this one stands still meanwhile.
  /// To copy the memory would take longer than to enter a container. What `body` takes from its surroundings it must
  /// leave as it is; if it is killed in the middle, this process may be left with a broken heap: it should have little
  /// more to do than to tell of the end (docs/decisions/0034-entering-fast.md). `body` may not enter a time or user
  /// namespace, nor wait for this process.
  public static func borrowing(
    cgroup: CInt?, _ body: @escaping () -> Never
  ) throws(SyscallError) -> ClonedProcess {
    var request = cl_clone(flags: 0, cgroup: cgroup ?? -1)
    var pidfd: CInt = -1
    let box = BodyBox(body)
    let pid = try withExtendedLifetime(box) { () throws(SyscallError) in
      try check(
        cl_clone3_borrowing(
          &request, &pidfd,
          { context in
            guard let context else { cl__exit(125) }
            Unmanaged<BodyBox>.fromOpaque(context).takeUnretainedValue().body()
          }, Unmanaged.passUnretained(box).toOpaque()), "clone3")
    }
    return ClonedProcess(pid: pid, pidfd: OwnedFD(taking: pidfd))
  }

  /// The same as a sibling: the new process is a child of this one's parent, which has to know it (`CLONE_PARENT`). For a
  /// go-between that has entered namespaces which its parent must not enter.
  public static func cloneSibling(
    _ namespaces: NamespaceSet, cgroup: CInt?
  ) throws(SyscallError) -> ClonedProcess? {
    var request = cl_clone(flags: namespaces.rawValue | 0x8000, cgroup: cgroup ?? -1)
    var pidfd: CInt = -1
    let pid = try check(cl_clone3(&request, &pidfd), "clone3", detail: "namespaces \(namespaces.rawValue)")
    if pid == 0 { return nil }
    return ClonedProcess(pid: pid, pidfd: OwnedFD(taking: pidfd))
  }

  /// A child that somebody else has made a child of this process; not waited for yet.
  public static func child(pid: Int32) throws(SyscallError) -> ClonedProcess {
    ClonedProcess(pid: pid, pidfd: OwnedFD(taking: try check(cl_pidfd_open(pid, 0), "pidfd_open")))
  }

  /// Lets it run beside the caller at once, on any CPU that the caller may use. The scheduler mostly leaves a new process where its parent is, and
  /// it waits there for as long as the parent works.
  public func leaveCallersCPU() throws(SyscallError) {
    let result = cl_move_to_other_cpu(pid)
    if result != -3 { try check(result, "sched_setaffinity") }  // ESRCH: it has ended already
  }

  /// Gives the pidfd away.
  public consuming func takePidFD() -> OwnedFD { pidfd }
}

/// What C carries as a pointer.
private final class BodyBox {
  let body: () -> Never
  init(_ body: @escaping () -> Never) { self.body = body }
}

extension Kernel {
  /// unshare(2): this process gets namespaces of its own.
  public static func unshare(_ namespaces: NamespaceSet) throws(SyscallError) {
    try check(cl_unshare(namespaces.flags), "unshare")
  }

  /// setns(2): joins namespaces of the process behind a pidfd, or the one behind a namespace file's descriptor.
  public static func join(_ descriptor: CInt, _ namespaces: NamespaceSet) throws(SyscallError) {
    let result = cl_setns(descriptor, namespaces.flags)
    let name = Self.namespaceFiles.first { $0.1 == namespaces }?.0
    try check(result, "setns", detail: result == -22 ? name.map { "this is no \($0) namespace" } : nil)
  }

  /// The namespaces, of some kinds, in which a process is not with us. The pid must be held by a pidfd.
  public static func foreignNamespaces(
    of pid: Int32, among kinds: NamespaceSet = [.user, .pid, .network, .ipc, .uts, .cgroup, .time, .mount]
  ) throws(SyscallError) -> NamespaceSet {
    var foreign: NamespaceSet = []
    for (name, kind) in Self.namespaceFiles where kinds.contains(kind) {
      do throws(SyscallError) {
        let theirs = try status(of: FilePath("/proc/\(pid)/ns/\(name)"))
        if theirs.inode != (try status(of: FilePath("/proc/self/ns/\(name)"))).inode { foreign.insert(kind) }
      } catch {
        if error.errno != 2 || kind != .time { throw error }  // a kernel without time namespaces
      }
    }
    return foreign
  }

  private static let namespaceFiles: [(String, NamespaceSet)] = [
    ("user", .user), ("mnt", .mount), ("pid", .pid), ("net", .network), ("ipc", .ipc), ("uts", .uts),
    ("cgroup", .cgroup), ("time", .time),
  ]

  /// Sets the offsets of the new time namespace of this process's children, and enters it.
  public static func setTimeOffsets(_ lines: String, procfs: CInt) throws(SyscallError) {
    let scope: ResolveFlags = [.beneath, .noCrossDevice]
    if !lines.isEmpty {
      try open("self/timens_offsets", at: procfs, .writeOnly, resolve: scope).writeAll(Array(lines.utf8))
    }
    let own = try open("self/ns/time_for_children", at: procfs, .readOnly)
    try join(own.raw, .time)
  }

  /// sethostname(2) in this UTS namespace.
  public static func setHostname(_ name: String) throws(SyscallError) {
    try check(name.withCString { cl_sethostname($0, name.utf8.count) }, "sethostname", detail: name)
  }

  /// setdomainname(2) in this UTS namespace.
  public static func setDomainname(_ name: String) throws(SyscallError) {
    try check(name.withCString { cl_setdomainname($0, name.utf8.count) }, "setdomainname", detail: name)
  }

  /// A NETLINK_ROUTE socket of the network namespace that this process is in; the caller owns it.
  public static func routeSocket() throws(SyscallError) -> OwnedFD {
    // AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE
    OwnedFD(taking: try check(cl_socket(16, 3 | 0o2000000, 0), "socket(AF_NETLINK)"))
  }

  /// Brings `lo` of this network namespace up.
  public static func bringLoopbackUp() throws(SyscallError) {
    try check(cl_loopback_up(), "ioctl(SIOCSIFFLAGS)", detail: "lo")
  }
}
