// Writing the maps of a user namespace, and namespaces that only carry maps. The caller has one thread.
internal import CContainrLinux
public import ContainrOCI
public import ContainrSystem
internal import SystemPackage

/// User namespaces, from outside.
public enum UserNamespace {
  /// Writes the maps of the namespace that the process is in; once for each namespace. Who is not root goes through
  /// newuidmap(1) and newgidmap(1), unless the map is of one's own ids alone.
  public static func map(pid: Int32, _ map: IDMap) throws(SyscallError) {
    let (uid, gid) = try ownIDs()
    let directory = FilePath("/proc/\(pid)")
    if uid == 0 || isOwn(map.uids, uid) {
      // An unprivileged gid_map is taken only by a process that cannot drop groups (CVE-2014-8989).
      if uid != 0, isOwn(map.gids, gid) { try Kernel.write("deny", into: directory.appending("setgroups")) }
      try Kernel.write(IDMap.text(map.uids), into: directory.appending("uid_map"))
    } else {
      try run("newuidmap", pid, map.uids)
    }
    if uid == 0 || isOwn(map.gids, gid) {
      try Kernel.write(IDMap.text(map.gids), into: directory.appending("gid_map"))
    } else {
      try run("newgidmap", pid, map.gids)
    }
  }

  /// A namespace of these maps that no process is in: for idmapped mounts. Its descriptor keeps it.
  public static func make(_ map: IDMap) throws(SyscallError) -> OwnedFD {
    guard let child = try ClonedProcess.clone(.user, cgroup: nil) else {
      // Ends with its parent, which kills it before.
      _ = cl_prctl(1, 9, 0, 0, 0)
      _ = cl_poll_one(-1, 0, 10_000)
      cl__exit(0)
    }
    defer { child.kill() }
    try Self.map(pid: child.pid, map)
    return try Kernel.open(FilePath("/proc/\(child.pid)/ns/user"))
  }

  /// The groups of the user namespace that this process is in; empty in the first one, which has all.
  public static func ownGroups() throws(SyscallError) -> [OCIIDMapping] {
    if try !Kernel.isInUserNamespace() { return [] }
    var ranges: [OCIIDMapping] = []
    for line in try Kernel.text(of: "/proc/self/gid_map").split(separator: "\n") {
      let numbers = line.split(separator: " ").compactMap { UInt32($0) }
      if numbers.count == 3, numbers[2] > 0 {
        ranges.append(OCIIDMapping(containerID: numbers[0], hostID: numbers[1], size: numbers[2]))
      }
    }
    return ranges
  }

  /// Becomes root of the user namespace that this process has entered. Groups go where they may be dropped.
  public static func becomeRoot() throws(SyscallError) {
    let result = cl_setgroups(0, nil)
    if result != -1 { try check(result, "setgroups") }  // EPERM: a map without privilege denies it
    try check(cl_setresgid(0, 0, 0), "setresgid", detail: "gid 0 has no id outside")
    try check(cl_setresuid(0, 0, 0), "setresuid", detail: "uid 0 has no id outside")
  }

  private static func ownIDs() throws(SyscallError) -> (uid: UInt32, gid: UInt32) {
    var user: (UInt32, UInt32, UInt32) = (0, 0, 0)
    var group: (UInt32, UInt32, UInt32) = (0, 0, 0)
    try check(cl_getresuid(&user.0, &user.1, &user.2), "getresuid")
    try check(cl_getresgid(&group.0, &group.1, &group.2), "getresgid")
    return (user.1, group.1)
  }

  private static func isOwn(_ ranges: [OCIIDMapping], _ id: UInt32) -> Bool {
    ranges.count == 1 && ranges[0].size == 1 && ranges[0].hostID == id
  }

  private static func run(_ program: String, _ pid: Int32, _ ranges: [OCIIDMapping]) throws(SyscallError) {
    let path = FilePath("/usr/bin/\(program)")
    let numbers = ranges.flatMap { [String($0.containerID), String($0.hostID), String($0.size)] }
    let null = try Kernel.open("/dev/null", .readWrite)
    let child: ChildProcess
    do throws(SyscallError) {
      child = try ChildProcess.spawn(
        path, arguments: [program, String(pid)] + numbers, descriptors: [null.raw, null.raw, null.raw])
    } catch {
      throw SyscallError(
        errno: error.errno, operation: error.operation, path: path,
        detail: "needed to map ids without root: package uidmap")
    }
    if try child.wait() != .exited(0) {
      throw SyscallError(
        errno: 1, operation: program,
        detail: "refused: the ranges must be in /etc/sub\(program == "newuidmap" ? "uid" : "gid")")
    }
  }
}

extension ClonedProcess {
  /// SIGKILL, and its end.
  borrowing func kill() {
    _ = cl_pidfd_send_signal(pidfd.raw, 9)
    var (pid, code, status): (pid_t, CInt, CInt) = (0, 0, 0)
    _ = cl_waitid_pidfd(pidfd.raw, 0, &pid, &code, &status)
  }
}
