// Resource limits by name, and those that every container starts with.
internal import CContainrLinux
public import ContainrOCI
public import ContainrSystem

/// The resources of getrlimit(2) and how they are set.
public enum Rlimit {
  /// x86-64's and arm64's numbers; the name without `RLIMIT_`.
  private static let numbers: [(name: StaticString, number: CInt)] = [
    ("CPU", 0), ("FSIZE", 1), ("DATA", 2), ("STACK", 3), ("CORE", 4), ("RSS", 5), ("NPROC", 6), ("NOFILE", 7),
    ("MEMLOCK", 8), ("AS", 9), ("LOCKS", 10), ("SIGPENDING", 11), ("MSGQUEUE", 12), ("NICE", 13), ("RTPRIO", 14),
    ("RTTIME", 15),
  ]

  /// The number of `RLIMIT_NOFILE` or of Compose's `nofile`; nil if there is none.
  static func number(_ name: String) -> CInt? {
    var wanted = name.uppercased()
    if wanted.hasPrefix("RLIMIT_") { wanted.removeFirst(7) }
    return numbers.first { "\($0.name)" == wanted }?.number
  }

  /// A limit in the specification's form from any spelling of its name; an unknown name and a soft limit over the hard
  /// one are errors.
  public static func named(_ name: String, soft: UInt64, hard: UInt64) throws(SecurityError) -> OCIRlimit {
    guard let number = number(name), let known = numbers.first(where: { $0.number == number }) else {
      throw SecurityError(field: "ulimits", value: name, reason: "no such resource")
    }
    if soft > hard {
      throw SecurityError(
        field: "ulimits", value: name, reason: "the soft limit \(soft) is over the hard limit \(hard)")
    }
    return OCIRlimit(type: "RLIMIT_\(known.name)", soft: soft, hard: hard)
  }

  /// No core files (a core_pattern pipe runs on the host), and 1024 descriptors that may be raised as far as the
  /// caller's hard limit allows, at most 1048576. Limits of the same name in `wanted` win.
  public static func withDefaults(_ wanted: [OCIRlimit], hardNOFILE: UInt64) -> [OCIRlimit] {
    let hard = min(hardNOFILE, 1_048_576)
    let defaults = [
      OCIRlimit(type: "RLIMIT_CORE", soft: 0, hard: 0),
      OCIRlimit(type: "RLIMIT_NOFILE", soft: min(1024, hard), hard: hard),
    ]
    return defaults.filter { entry in !wanted.contains { number($0.type) == number(entry.type) } } + wanted
  }

  /// Sets a limit of another process.
  public static func set(_ name: String, soft: UInt64, hard: UInt64, of pid: Int32) throws(SyscallError) {
    guard let number = number(name) else { throw SyscallError(errno: 22, operation: "prlimit", detail: name) }
    try check(cl_prlimit(pid, number, soft, hard), "prlimit", detail: "\(name) \(soft):\(hard) of process \(pid)")
  }

  /// This process's hard limit; RLIM_INFINITY is UInt64.max.
  public static func hard(_ name: String) throws(SyscallError) -> UInt64 { try current(name).hard }

  /// The limits of another process, of its user or with CAP_SYS_RESOURCE.
  public static func current(_ name: String, of pid: Int32) throws(SyscallError) -> (soft: UInt64, hard: UInt64) {
    guard let number = number(name) else { throw SyscallError(errno: 22, operation: "prlimit", detail: name) }
    var limit: (soft: UInt64, hard: UInt64) = (0, 0)
    try check(cl_prlimit_get(pid, number, &limit.soft, &limit.hard), "prlimit", detail: name)
    return limit
  }

  static func current(_ name: String) throws(SyscallError) -> (soft: UInt64, hard: UInt64) {
    guard let number = number(name) else { throw SyscallError(errno: 22, operation: "getrlimit", detail: name) }
    var limit: (soft: UInt64, hard: UInt64) = (0, 0)
    try check(cl_getrlimit(number, &limit.soft, &limit.hard), "getrlimit", detail: name)
    return limit
  }

  /// Sets the limits of this process. Raising a hard limit without CAP_SYS_RESOURCE is an error, never a lower limit.
  public static func apply(_ limits: [OCIRlimit]) throws(SyscallError) {
    for limit in limits {
      guard let number = number(limit.type) else {
        throw SyscallError(errno: 22, operation: "setrlimit", detail: "no resource \(limit.type)")
      }
      let result = cl_setrlimit(number, limit.soft, limit.hard)
      if result == -1 {
        let held = try current(limit.type).hard
        throw SyscallError(
          errno: 1, operation: "setrlimit",
          detail: "\(limit.type) to \(limit.hard): over this process's hard limit \(held), without CAP_SYS_RESOURCE")
      }
      try check(result, "setrlimit", detail: "\(limit.type) \(limit.soft):\(limit.hard)")
    }
  }
}
