// A cgroup of v2 for a user's containers, asked of systemd: a scope of the user's manager with Delegate=yes, in which the
// holder lives (systemd.scope(5), "Control Group APIs and Delegation" of systemd's). busctl(1) speaks for us.
internal import CContainrLinux
internal import ContainrSystem
internal import SystemPackage

/// A scope that was given away.
struct RootlessScope: Sendable, Hashable {
  /// Of the scope's group, relative to the root of the hierarchy.
  var path: FilePath

  /// What came of asking.
  enum Answer: Sendable, Hashable {
    /// There is nobody to ask: no systemd, or no cgroup v2.
    case none
    case given(RootlessScope)
    /// Why not, in words.
    case refused(String)
  }

  private static let root: FilePath = "/sys/fs/cgroup"
  /// Where the holder and the commands are: a group with processes in it cannot hand controllers on (cgroups(7)).
  private static let commands = "commands"
  /// Milliseconds for systemd to do what it has said it would.
  private static let patience: Int32 = 10_000

  /// Below which the containers' groups are.
  var containers: String { path.appending("stacks").string }
  private var unit: String { path.lastComponent?.string ?? "" }
  private var directory: FilePath { Self.root.pushing(path) }

  /// Has this process put into a scope of its own, together with everything that it begins from now on.
  static func begin(_ environment: [String: String]) throws(SyscallError) -> Answer {
    // sd_booted(3).
    guard try Kernel.exists("/run/systemd/system"), try group() != nil else { return .none }
    let own = try ProcessIdentity.current(pid: cl_getpid())
    let unit = "containr-\(own.pid)-\(own.startTime).scope"
    if let failure = try call(start(unit, pid: own.pid), environment) { return .refused(failure) }
    let deadline = Kernel.monotonicTime() + UInt64(patience) * 1_000_000
    while true {
      // The job is done in a moment; nothing tells it but the group itself.
      if let path = try group(), path.lastComponent?.string == unit {
        let scope = RootlessScope(path: path)
        let commands = scope.directory.appending(Self.commands)
        do throws(SyscallError) {
          try Kernel.makeDirectory(commands)
          try Kernel.write("0", into: commands.appending("cgroup.procs"))
        } catch { return .refused("\(error)") }
        return .given(scope)
      }
      if Kernel.monotonicTime() >= deadline { return .refused("\(unit) was not begun in time") }
      Kernel.pause(milliseconds: 1)
    }
  }

  /// Moves this process to the other commands, so that it may put processes into the containers' groups; answers why it
  /// could not.
  func join(_ environment: [String: String]) throws(SyscallError) -> String? {
    guard let own = try Self.group() else { return nil }
    if own.starts(with: path) { return nil }
    do throws(SyscallError) {
      // From elsewhere among the user's own services anybody of the user's may move it.
      try Kernel.write("0", into: directory.appending(Self.commands).appending("cgroup.procs"))
      return nil
    } catch {
      if error.errno != 13 && error.errno != 1 { throw error }
    }
    // From the session of a login only systemd may.
    return try Self.call(Self.attach(unit, pid: cl_getpid()), environment).map {
      "containers cannot be started from here, since systemd does not move this command to them: \($0)"
    }
  }

  // MARK: the words

  private static let manager = [
    "org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
  ]

  /// It stays until the last process of it has ended, also while services of the user's are being stopped: `containr stop`
  /// of such a service wants to find its containers. So not in a slice that is stopped then. As many tasks as the user may have.
  static func start(_ unit: String, pid: Int32) -> [String] {
    manager + [
      "StartTransientUnit", "ssa(sv)a(sa(sv))", unit, "fail", "7", "PIDs", "au", "1", String(pid), "Delegate", "b",
      "true",
      "Slice", "s", "-.slice", "DefaultDependencies", "b", "false", "TasksMax", "t", String(UInt64.max), "CollectMode",
      "s",
      "inactive-or-failed",
      "Description", "s", "Containers of the user", "0",
    ]
  }

  static func attach(_ unit: String, pid: Int32) -> [String] {
    manager + ["AttachProcessesToUnit", "ssau", unit, "/\(commands)", "1", String(pid)]
  }

  /// The group of v2 that a text of /proc/PID/cgroup names; nil where v1 has the controllers, or nothing has.
  static func group(in text: String) -> FilePath? {
    let lines = text.split(separator: "\n")
    guard lines.count == 1, lines[0].hasPrefix("0::/") else { return nil }
    return FilePath(String(lines[0].dropFirst(4)))
  }

  /// This process's.
  private static func group() throws(SyscallError) -> FilePath? { group(in: try Kernel.text(of: "/proc/self/cgroup")) }

  /// Whom to ask: a bus that the environment names, or the user's usual one.
  static func bus(_ environment: [String: String], uid: UInt32) -> [String: String] {
    if environment["DBUS_SESSION_BUS_ADDRESS"] != nil || environment["XDG_RUNTIME_DIR"] != nil { return environment }
    return environment.merging(["DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/user/\(uid)/bus"]) { first, _ in first }
  }

  /// nil: done. Otherwise what it said.
  private static func call(_ words: [String], _ environment: [String: String]) throws(SyscallError) -> String? {
    guard let program = try RootlessProgram.find("busctl") else { return "busctl is not installed" }
    let all = bus(environment, uid: cl_geteuid()).map { "\($0.key)=\($0.value)" }
    let failure = try RootlessProgram.run(
      program, ["busctl", "--user", "--quiet", "--timeout=10", "--", "call"] + words, environment: all)
    return failure.map { $0.isEmpty ? "busctl has failed" : $0 }
  }
}
