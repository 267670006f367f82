// `containr-keep`: the parent of a stack's supervisor, in the shim's program. It starts it, and starts it again at once when
// something has killed it; one that ends by itself has done its work, and the keeper with it. It holds nothing but the child.
internal import CContainrLinux
internal import ContainrSystem
internal import SystemPackage

/// The process that keeps a supervisor there.
public enum SupervisorKeeper {
  /// argv[0] of this program in that role; the supervisor's program and its arguments follow.
  public static let name = "containr-keep"
  /// What the arguments of a supervisor end with that follows another one: nobody waits for its word.
  public static let successor = "--successor"
  /// One that lives shorter than this is killed by something that lasts, and is not started again at once. Nanoseconds.
  private static let short: UInt64 = 5_000_000_000

  /// Whether it was started for that.
  public static var isWanted: Bool { cl_is_called(name) == 1 }

  /// Runs until the supervisor ends by itself; answers its exit code. Descriptor 3 is the first one's, and closed here.
  public static func run() -> Int32 {
    var arguments: [String] = []
    while let word = cl_arguments()[arguments.count + 1] { arguments.append(String(cString: word)) }
    guard let program = arguments.first.map({ FilePath($0) }) else { return 2 }
    var pause: Int32 = 0
    do throws(SyscallError) {
      try Kernel.setName(name)
      while true {
        let begin = Kernel.monotonicTime()
        let child = try check(cl_fork(), "fork")
        if child == 0 {
          let environment = cl_environment()
          let result = withCStrings(arguments) { argv in
            program.withPlatformString { cl_execve($0, argv, environment) }
          }
          cl__exit(result == -2 ? 127 : 126)
        }
        if arguments.last != successor {
          _ = cl_close(3)
          arguments.append(successor)
        }
        // 15: it was asked to end before it could say so.
        guard case .signalled(let signal)? = try ChildProcess(pid: child).wait(), signal != 15 else { return 0 }
        pause = Kernel.monotonicTime() - begin > short ? 0 : min(max(pause * 2, 20), 10_000)
        Kernel.pause(milliseconds: pause)
      }
    } catch {
      return 1
    }
  }
}
