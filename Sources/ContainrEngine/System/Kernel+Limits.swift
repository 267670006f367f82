// How many files this process may open. Limits of containers are Security's.
internal import CContainrLinux

extension Kernel {
  /// Raises the number of files that this process may open as far as it may be, up to `wanted`; answers the highest that may
  /// be had. What it starts inherits that; programs of containers get limits of their own. setrlimit(2), RLIMIT_NOFILE.
  @discardableResult
  public static func raiseDescriptors(to wanted: UInt64 = 65_536) throws(SyscallError) -> UInt64 {
    var soft: UInt64 = 0
    var hard: UInt64 = 0
    try check(cl_getrlimit(7, &soft, &hard), "getrlimit", detail: "RLIMIT_NOFILE")
    if soft < min(wanted, hard) {
      try check(cl_setrlimit(7, min(wanted, hard), hard), "setrlimit", detail: "RLIMIT_NOFILE")
    }
    return hard
  }
}
