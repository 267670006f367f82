// Users, groups and capabilities of this process: each function is one step of the container's init, for its visible
// list. Single-threaded callers only; each step reads back what it has set.
internal import CContainrLinux
public import ContainrOCI
public import ContainrSystem
internal import SystemPackage

/// The steps that change who this process is and what it may do.
public enum Credentials {
  /// Takes every capability out of the bounding set that is not in `kept`. Needs CAP_SETPCAP: before `apply`.
  public static func limitBounding(to kept: CapabilitySet) throws(SyscallError) {
    for capability in Capability.allCases where !kept.contains(capability) {
      let result = cl_prctl(24, UInt(capability.rawValue), 0, 0, 0)  // PR_CAPBSET_DROP
      // EINVAL: an older kernel ends before. EPERM: one without CAP_SETPCAP may have nothing to drop, which is seen below.
      if result == -22 || result == -1 { break }
      try check(result, "prctl(PR_CAPBSET_DROP)", detail: capability.name)
    }
    let held = try CapabilitySet.bounding()
    try require(kept.isSubset(of: held), "prctl(PR_CAPBSET_READ)", "not held: \(kept.subtracting(held).names)")
    try require(held == kept, "prctl(PR_CAPBSET_DROP)", "still held: \(held.subtracting(kept).names)")
  }

  /// The same for a specification's `bounding`.
  public static func limitBounding(to capabilities: OCICapabilities) throws(SyscallError) {
    try limitBounding(to: try set(capabilities.bounding))
  }

  /// PR_CAP_AMBIENT_CLEAR_ALL.
  public static func clearAmbient() throws(SyscallError) {
    try check(cl_prctl(47, 4, 0, 0, 0), "prctl(PR_CAP_AMBIENT_CLEAR_ALL)")
  }

  /// PR_SET_NO_NEW_PRIVS: no execve gains anything from here on.
  public static func setNoNewPrivileges() throws(SyscallError) {
    try check(cl_prctl(38, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")
  }

  /// Becomes the user: groups, then gid, then uid, since each needs the privilege that the next gives up. The
  /// supplementary groups are exactly `groups` (the primary one should be among them: CVE-2022-36109). Keeps the
  /// permitted capabilities for `setCapabilities`, which must follow.
  public static func become(uid: UInt32, gid: UInt32, groups: [UInt32]) throws(SyscallError) {
    try check(cl_prctl(8, 1, 0, 0, 0), "prctl(PR_SET_KEEPCAPS)")
    let groups = Set(groups).sorted()
    let result = groups.withUnsafeBufferPointer { cl_setgroups($0.count, $0.baseAddress) }
    // A user namespace of one's own id alone denies it (user_namespaces(7)), so that nobody gets rid of a group that is to keep
    // him out. Who asks for no other group than the primary one asks for nothing that it denies.
    var isDenied = false
    if result == -1, groups.allSatisfy({ $0 == gid }) { isDenied = try deniesGroups() }
    if !isDenied { try check(result, "setgroups") }
    try check(cl_setresgid(gid, gid, gid), "setresgid", detail: "gid \(gid)")
    try check(cl_setresuid(uid, uid, uid), "setresuid", detail: "uid \(uid)")
    try check(cl_prctl(8, 0, 0, 0, 0), "prctl(PR_SET_KEEPCAPS)")
    try verify(uid: uid, gid: gid, groups: isDenied ? nil : groups)
  }

  private static func deniesGroups() throws(SyscallError) -> Bool {
    try Kernel.record(of: "/proc/self/setgroups") == "deny"
  }

  /// Runs something with the effective ids of a user, and comes back. The caller is root of its user namespace.
  public static func asUser(
    uid: UInt32, gid: UInt32, groups: [UInt32], _ body: () throws(SyscallError) -> Void
  ) throws(SyscallError) {
    if uid == 0 { return try body() }
    let none = UInt32.max
    try check(groups.withUnsafeBufferPointer { cl_setgroups($0.count, $0.baseAddress) }, "setgroups")
    try check(cl_setresgid(none, gid, none), "setresgid", detail: "gid \(gid)")
    try check(cl_setresuid(none, uid, none), "setresuid", detail: "uid \(uid)")
    var failure: SyscallError?
    do throws(SyscallError) { try body() } catch { failure = error }
    try check(cl_setresuid(none, 0, none), "setresuid")
    try check(cl_setresgid(none, 0, none), "setresgid")
    if let failure { throw failure }
  }

  /// capset(2) and an empty ambient set. A user other than root gets no effective and permitted capabilities, as with
  /// Docker, unless ambient ones are asked for.
  public static func setCapabilities(_ capabilities: OCICapabilities, uid: UInt32) throws(SyscallError) {
    let ambient = try set(capabilities.ambient)
    let isPlainUser = uid != 0 && ambient.isEmpty
    let permitted = isPlainUser ? [] : try set(capabilities.permitted)
    let effective = isPlainUser ? [] : try set(capabilities.effective)
    let inheritable = try set(capabilities.inheritable)
    try clearAmbient()
    try check(
      cl_capset(effective.rawValue, permitted.rawValue, inheritable.rawValue), "capset",
      detail: "permitted \(permitted.names)")
    for capability in ambient.capabilities {
      try check(
        cl_prctl(47, 2, UInt(capability.rawValue), 0, 0), "prctl(PR_CAP_AMBIENT_RAISE)", detail: capability.name)
    }
    var now: (effective: UInt64, permitted: UInt64, inheritable: UInt64) = (0, 0, 0)
    try check(cl_capget(&now.effective, &now.permitted, &now.inheritable), "capget")
    try require(
      now == (effective.rawValue, permitted.rawValue, inheritable.rawValue), "capset", "the sets did not follow")
  }

  private static func verify(uid: UInt32, gid: UInt32, groups: [UInt32]?) throws(SyscallError) {
    var now: (UInt32, UInt32, UInt32) = (0, 0, 0)
    try check(cl_getresuid(&now.0, &now.1, &now.2), "getresuid")
    try require(now == (uid, uid, uid), "setresuid", "the ids are \(now)")
    try check(cl_getresgid(&now.0, &now.1, &now.2), "getresgid")
    try require(now == (gid, gid, gid), "setresgid", "the ids are \(now)")
    guard let groups else { return }
    var held = [UInt32](repeating: 0, count: Int(try check(cl_getgroups(0, nil), "getgroups")))
    let count = held.count
    if count > 0 { try check(held.withUnsafeMutableBufferPointer { cl_getgroups(count, $0.baseAddress) }, "getgroups") }
    try require(held.sorted() == groups, "setgroups", "the groups are \(held)")
  }

  private static func set(_ names: [String]) throws(SyscallError) -> CapabilitySet {
    do {
      return try CapabilitySet(names: names)
    } catch {
      throw SyscallError(errno: 22, operation: "capset", detail: error.description)
    }
  }

  private static func require(
    _ condition: Bool, _ operation: String, _ detail: @autoclosure () -> String
  ) throws(SyscallError) {
    if !condition { throw SyscallError(errno: 1, operation: operation, detail: detail()) }
  }
}
