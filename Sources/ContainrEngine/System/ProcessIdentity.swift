// Which process is meant: a pid alone is reused, a pid with its start time and boot is not.
internal import CContainrLinux
internal import SystemPackage

/// A process as it is written down.
public struct ProcessIdentity: Sendable, Hashable, Codable {
  /// The process id.
  public var pid: Int32
  /// Clock ticks after boot (field 22 of /proc/PID/stat).
  public var startTime: UInt64

  /// With its values.
  public init(pid: Int32, startTime: UInt64) {
    self.pid = pid
    self.startTime = startTime
  }

  /// The process that has this pid now; ESRCH or ENOENT if there is none.
  public static func current(pid: Int32) throws(SyscallError) -> ProcessIdentity {
    let fields = try Self.fields(pid: pid)
    return ProcessIdentity(pid: pid, startTime: fields.startTime)
  }

  /// Whether exactly this process still exists and is not a zombie.
  public var isAlive: Bool {
    get throws(SyscallError) {
      do {
        let fields = try Self.fields(pid: pid)
        return fields.startTime == startTime && fields.state != UInt8(ascii: "Z") && fields.state != UInt8(ascii: "X")
      } catch {
        if error.errno == 2 || error.errno == 3 { return false }
        throw error
      }
    }
  }

  /// A pidfd of exactly this process; nil if it is gone.
  public func openPidFD() throws(SyscallError) -> OwnedFD? {
    let result = cl_pidfd_open(pid, 0)
    if result == -3 || result == -22 { return nil }
    let fd = OwnedFD(taking: try check(result, "pidfd_open"))
    // The start time is read after the pidfd is held, so that the pid cannot be reused in between.
    if try isAlive { return fd }
    return nil
  }

  /// Sends a signal; false if the process is gone.
  @discardableResult
  public func send(signal: Int32) throws(SyscallError) -> Bool {
    guard let fd = try openPidFD() else { return false }
    let result = cl_pidfd_send_signal(fd.raw, signal)
    if result == -3 { return false }
    try check(result, "pidfd_send_signal")
    return true
  }

  private static func fields(pid: Int32) throws(SyscallError) -> (state: UInt8, startTime: UInt64) {
    let path = FilePath("/proc/\(pid)/stat")
    if let found = fields(stat: try Kernel.record(of: path)) { return found }
    throw SyscallError(errno: 22, operation: "parse", path: path)
  }

  /// Fields 3 and 22 of /proc/PID/stat; nil for a text that is none.
  static func fields(stat text: String) -> (state: UInt8, startTime: UInt64)? {
    var (state, startTime, digits) = (UInt8(0), UInt64(0), 0)
    // 1 is the state. The command's name before it may hold spaces and parentheses: all begins anew at each ")".
    var field = -1
    for byte in text.utf8 {
      switch (byte, field) {
      case (UInt8(ascii: ")"), _): (field, state, startTime, digits) = (0, 0, 0, 0)
      case (_, -1): continue
      case (UInt8(ascii: " "), _): field += 1
      case (_, 1) where state == 0: state = byte
      case (UInt8(ascii: "0")...UInt8(ascii: "9"), 20):
        let (tens, tooMany) = startTime.multipliedReportingOverflow(by: 10)
        let (sum, tooMuch) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
        if tooMany || tooMuch { return nil }
        (startTime, digits) = (sum, digits + 1)
      case (_, 20): return nil
      default: continue
      }
    }
    return state != 0 && digits > 0 ? (state, startTime) : nil
  }
}

extension Kernel {
  /// This boot's id (/proc/sys/kernel/random/boot_id): what ran in another boot does not run now.
  public static func bootID() throws(SyscallError) -> String { try knownBootID.get() }
  private static let knownBootID: Result<String, SyscallError> = .init { () throws(SyscallError) in
    try record(of: "/proc/sys/kernel/random/boot_id")
  }

  /// Waits until the process behind a pidfd has ended, at most `milliseconds` (-1: without end); true if it has.
  public static func waitUntilEnded(pidfd: CInt, milliseconds: Int32) throws(SyscallError) -> Bool {
    let deadline = milliseconds < 0 ? UInt64.max : cl_monotonic_ns() + UInt64(milliseconds) * 1_000_000
    while true {
      let now = cl_monotonic_ns()
      let left = milliseconds < 0 ? -1 : now >= deadline ? 0 : CInt((deadline - now + 999_999) / 1_000_000)
      let result = cl_poll_one(pidfd, 1, left)
      if result == -4 { continue }
      if try check(result, "poll") != 0 { return true }
      if left == 0 { return false }
    }
  }
}

extension Kernel {
  /// The number of a process's mount namespace: one that is never given twice in one boot (NS_GET_MNTNS_ID, Linux 6.11), else
  /// the inode, which another namespace may have when this one is gone. Always of one kind on one kernel.
  public static func mountNamespace(of pid: Int32) throws(SyscallError) -> UInt64 {
    let namespace = try open(FilePath("/proc/\(pid)/ns/mnt"))
    var number: UInt64 = 0
    let result = cl_mount_namespace_id(namespace.raw, &number)
    if result == -25 { return try status(at: namespace.raw).inode }  // ENOTTY
    try check(result, "ioctl(NS_GET_MNTNS_ID)")
    return number
  }
}
