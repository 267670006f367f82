// Starting another program from a process that may have threads. The only way to do it outside the shim.
internal import CContainrLinux
public import SystemPackage

/// A child process.
public struct ChildProcess: Sendable, Hashable {
  /// The process id.
  public var pid: Int32

  /// A child that is known by its pid alone.
  public init(pid: Int32) { self.pid = pid }

  /// posix_spawn(3): exactly the given descriptors (child's 0, 1, 2, …), default signals, nothing inherited but the
  /// working directory and the limits. The descriptors stay the caller's.
  public static func spawn(
    _ program: FilePath, arguments: [String], environment: [String] = [], descriptors: [CInt], newSession: Bool = false
  ) throws(SyscallError) -> ChildProcess {
    let pid = withCStrings(arguments) { argv in
      withCStrings(environment) { envp in
        program.withPlatformString { path in
          descriptors.withUnsafeBufferPointer { fds in
            var what = cl_spawn_request(
              path: path, argv: argv, envp: envp, fds: fds.baseAddress!, fd_count: CInt(fds.count),
              new_session: newSession ? 1 : 0)
            return cl_spawn(&what)
          }
        }
      }
    }
    return ChildProcess(pid: try check(pid, "posix_spawn", program))
  }

  /// A pidfd of this child, which must not have been waited for.
  public func descriptor() throws(SyscallError) -> OwnedFD {
    OwnedFD(taking: try check(cl_pidfd_open(pid, 0), "pidfd_open"))
  }

  /// SIGKILL to this child, which must not have been waited for; one that has ended already is no error.
  public func kill() throws(SyscallError) {
    let fd = cl_pidfd_open(pid, 0)
    if fd == -3 { return }
    let owned = OwnedFD(taking: try check(fd, "pidfd_open"))
    let result = cl_pidfd_send_signal(owned.raw, 9)
    if result != -3 { try check(result, "pidfd_send_signal") }
  }

  /// A signal to this child, which must not have been waited for, or to its whole process group, which it must lead; one that
  /// has ended already is no error.
  public func send(signal: Int32, toGroup: Bool = false) throws(SyscallError) {
    // As long as nobody has waited for it the number is nobody else's.
    let result = cl_kill(toGroup ? 0 - pid : pid, signal)
    if result != -3 { try check(result, "kill") }
  }

  /// Waits for the end of this child. A child that is already reaped (SIGCHLD ignored) is nil.
  public func wait() throws(SyscallError) -> ExitStatus? {
    let fd = cl_pidfd_open(pid, 0)
    if fd == -3 { return nil }
    let owned = OwnedFD(taking: try check(fd, "pidfd_open"))
    return try Kernel.waitForExit(pidfd: owned.raw)
  }
}

/// How a process ended.
public enum ExitStatus: Sendable, Hashable {
  case exited(Int32)
  case signalled(Int32)

  /// The shell's number: the code, or 128 + signal.
  public var code: Int32 {
    switch self {
    case .exited(let code): code
    case .signalled(let signal): 128 + signal
    }
  }
}

extension Kernel {
  /// Waits for the child behind a pidfd; nil if it is not (or no longer) ours to wait for.
  public static func waitForExit(pidfd: CInt) throws(SyscallError) -> ExitStatus? {
    var pid: pid_t = 0
    var code: CInt = 0
    var status: CInt = 0
    let result = cl_waitid_pidfd(pidfd, 0, &pid, &code, &status)
    if result == -10 { return nil }  // ECHILD
    try check(result, "waitid")
    return code == 1 ? .exited(status) : .signalled(status)  // CLD_EXITED
  }

  /// Waits for any child to end; nil when there is none (or, with `noHang`, none that has ended).
  public static func waitForAnyChild(noHang: Bool) throws(SyscallError) -> (pid: Int32, status: ExitStatus)? {
    var pid: pid_t = 0
    var code: CInt = 0
    var status: CInt = 0
    let result = cl_waitid_any(noHang ? 1 : 0, &pid, &code, &status)
    if result == -10 { return nil }
    try check(result, "waitid")
    if pid == 0 { return nil }
    return (pid, code == 1 ? .exited(status) : .signalled(status))
  }
}

extension Kernel {
  /// execve(2); answers only why it did not work. Ends every other thread, so there should be none.
  public static func execute(_ program: FilePath, arguments: [String], environment: [String]) -> SyscallError {
    failure("execve", program, arguments, environment) { cl_execve($0, $1, $2) }
  }

  /// The same through a mount that nobody can ever make writable: for programs that enter containers.
  public static func executeSealed(_ program: FilePath, arguments: [String], environment: [String]) -> SyscallError {
    failure("execve", program, arguments, environment) { cl_exec_sealed($0, $1, $2) }
  }

  /// The descriptor that still ties the mount of this program's sealed file to this process, CLOEXEC; nil if there is
  /// none. It has to be closed before anything of a container is executed: until then who holds the file could, with
  /// CAP_SYS_ADMIN, change its mount.
  public static func sealDescriptor() throws(SyscallError) -> CInt? {
    let result = cl_seal_descriptor()
    return result == -2 ? nil : try check(result, "fcntl(F_SETFD)")
  }

  private static func failure(
    _ operation: String, _ program: FilePath, _ arguments: [String], _ environment: [String],
    _ call: (
      UnsafePointer<CChar>, UnsafePointer<UnsafeMutablePointer<CChar>?>, UnsafePointer<UnsafeMutablePointer<CChar>?>
    ) -> CInt
  ) -> SyscallError {
    let result = withCStrings(arguments) { argv in
      withCStrings(environment) { envp in program.withPlatformString { call($0, argv, envp) } }
    }
    return SyscallError(errno: 0 - result, operation: operation, path: program)
  }

  /// PR_SET_NAME, of which the kernel keeps 15 bytes.
  public static func setName(_ name: String) throws(SyscallError) {
    try check(name.withCString { cl_prctl(15, UInt(bitPattern: $0), 0, 0, 0) }, "prctl(PR_SET_NAME)")
  }

  /// Opens /dev/null as 0, 1 and 2 where the caller has closed them.
  public static func ensureStandardDescriptors() throws(SyscallError) { try check(cl_ensure_standard(), "open") }

  /// Whether a descriptor is open and goes over execve(2).
  public static func staysOpen(_ descriptor: CInt) -> Bool { cl_stays_open(descriptor) == 1 }

  /// SIG_IGN for a signal.
  public static func ignore(signal: Int32) throws(SyscallError) { try check(cl_ignore_signal(signal), "sigaction") }

  /// Whether a path is on a read-only mount (statfs(2)).
  public static func isReadOnly(_ path: FilePath) throws(SyscallError) -> Bool {
    try check(path.withPlatformString { cl_is_readonly($0) }, "statfs", path) == 1
  }
}

/// Calls `body` with a NULL-ended array of C strings that lives as long as the call.
public func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) throws -> Result
) rethrows -> Result {
  var storage: [CChar] = []
  var offsets: [Int] = []
  for string in strings {
    offsets.append(storage.count)
    storage.append(contentsOf: string.utf8CString)
  }
  if storage.isEmpty { storage.append(0) }
  return try storage.withUnsafeMutableBufferPointer { bytes in
    var pointers: [UnsafeMutablePointer<CChar>?] = offsets.map { bytes.baseAddress! + $0 }
    pointers.append(nil)
    return try pointers.withUnsafeBufferPointer { try body($0.baseAddress!) }
  }
}
