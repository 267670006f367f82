// `containr-init`: the small init of a container (`init: true`), in the shim's program. It stands before the service's own
// program, which it starts, passes signals on to, and whose end is its own; and it reaps what nobody else waits for. It runs
// with the container's rights, under its filter, and knows nothing of the host.
internal import CContainrLinux
internal import ContainrSecurity
internal import ContainrSystem

/// The first process of a container with an init.
public enum ReaperProcess {
  /// argv[0] of this program in that role.
  public static let name = "containr-init"

  /// Whether it was started for that: the steps of the container's first process execute it by descriptor.
  public static var isWanted: Bool { cl_is_called(name) == 1 }

  /// Runs the program and its arguments, which are its own; answers the program's exit code, 128 + N for signal N.
  public static func run() -> Int32 {
    do throws(SyscallError) {
      try Kernel.setName(name)
      // In somebody else's pid namespace it is not process 1, and orphans would go to that one.
      try check(cl_prctl(36, 1, 0, 0, 0), "prctl(PR_SET_CHILD_SUBREAPER)")
      // Before there is a child: no signal gets lost.
      let signals = try Kernel.signalDescriptor((1...64).map { Int32($0) })
      let child = try check(cl_fork(), "fork")
      if child == 0 { become() }
      return try watch(child, signals.raw)
    } catch {
      return 125
    }
  }

  /// The child's side: the program, with the signals as they were.
  private static func become() -> Never {
    // 9: the program goes with its init.
    _ = cl_prctl(1, 9, 0, 0, 0)
    // After its own name come the program's words.
    let arguments = cl_arguments() + 1
    guard let program = arguments[0], cl_block_signals(UInt64.max, 0) == 0 else { cl__exit(126) }
    let result = cl_execve(program, arguments, cl_environment())
    cl__exit(result == -2 ? 127 : 126)
  }

  private static func watch(_ child: Int32, _ signals: CInt) throws(SyscallError) -> Int32 {
    while true {
      _ = try Kernel.waitReadable(signals, milliseconds: -1)
      while let signal = try Kernel.nextSignal(signals) {
        // 17: of SIGCHLD several may have become one, so all that have ended are taken below.
        if signal != 17 { _ = cl_kill(child, signal) }
      }
      var status: CInt = 0
      while true {
        let ended = cl_wait_any(&status)
        if ended <= 0 { break }
        if ended == child { return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F }
      }
    }
  }
}
