// What is left of a user's namespaces whose holder is lost: killed, or alive and no longer to be found, since its run directory
// was removed. From the user's side of the namespaces, where all in them may be ended.
internal import CContainrLinux
internal import ContainrSystem
internal import SystemPackage

enum RootlessRemains {
  /// Milliseconds for the end of what was killed.
  private static let patience: Int32 = 5000

  /// Ends what is in the namespaces of a dead holder, and of holders of this run directory that no record names: their ports
  /// and cgroups would be in the way of what is begun anew, and nobody can enter them any more. The lock is held, and no
  /// holder is on record that lives.
  static func end(_ record: RootlessRecord?, _ places: RootlessPlaces) throws(SyscallError) {
    var spaces: Set<UInt64> = []
    var holders: Set<Int32> = []
    // Numbers of another boot are somebody else's.
    if let record, record.boot == (try Kernel.bootID()) {
      if let space = record.space { spaces.insert(space) }
      holders.insert(record.holder.pid)
      _ = try record.uplink?.send(signal: 15)
    }
    for name in try Kernel.names(inDirectory: "/proc") {
      guard let pid = Int32(name), try isHolder(pid, places), let space = try userNamespace(of: pid) else { continue }
      spaces.insert(space)
      holders.insert(pid)
      // First of all: nobody else makes anything in there.
      try end(pid)
    }
    for name in try Kernel.names(inDirectory: "/proc") {
      if let pid = Int32(name), try isUplink(pid, holders, places) { try end(pid) }
    }
    if spaces.isEmpty { return }
    for pid in try processes(in: spaces) where try isOurs(pid) { try end(pid) }
    // With their shims the containers end, a moment later.
    let deadline = Kernel.monotonicTime() + UInt64(patience) * 1_000_000
    for pid in try processes(in: spaces) {
      let now = Kernel.monotonicTime()
      if now >= deadline { return }
      guard let held = try held(pid) else { continue }
      _ = try Kernel.waitUntilEnded(pidfd: held.raw, milliseconds: Int32((deadline - now) / 1_000_000))
    }
  }

  private static func processes(in spaces: Set<UInt64>) throws(SyscallError) -> [Int32] {
    var all: [Int32] = []
    for name in try Kernel.names(inDirectory: "/proc") {
      guard let pid = Int32(name), let space = try userNamespace(of: pid), spaces.contains(space) else { continue }
      all.append(pid)
    }
    return all
  }

  /// By its words, and in our own namespace of processes: in a container another one may have a directory of that name.
  private static func isHolder(_ pid: Int32, _ places: RootlessPlaces) throws(SyscallError) -> Bool {
    guard try words(pid) == [RootlessKeeper.name, places.runDirectory.string] else { return false }
    return try isBeside(pid)
  }

  /// By its words as well: pasta walls itself in, so that its namespaces cannot be seen.
  private static func isUplink(
    _ pid: Int32, _ holders: Set<Int32>, _ places: RootlessPlaces
  ) throws(SyscallError) -> Bool {
    let words = try words(pid)
    guard let program = words.first, let name = FilePath(program).lastComponent?.string else { return false }
    switch name {
    // It has a namespace of processes of its own.
    case "pasta":
      if !words.contains(places.uplinkPID.string) { return false }
      return try isBeside(pid, below: 1)
    case "slirp4netns":
      guard let holder = words.dropLast().last.flatMap({ Int32($0) }), holders.contains(holder) else { return false }
    default: return false
    }
    return try isBeside(pid)
  }

  /// Whether it is in our own namespace of processes, or so many below.
  private static func isBeside(_ pid: Int32, below: Int = 0) throws(SyscallError) -> Bool {
    let status = try orGone { () throws(SyscallError) in try Kernel.text(of: FilePath("/proc/\(pid)/status")) } ?? ""
    let numbers = status.split(separator: "\n").first { $0.hasPrefix("NSpid:") }
    return numbers.map { $0.split(separator: "\t").count == 2 + below } ?? false
  }

  /// Whether it is a program of Containr. Who has the number of a namespace that is gone already may be another one's; and
  /// with its shim a container ends as well.
  private static func isOurs(_ pid: Int32) throws(SyscallError) -> Bool {
    guard let program = try words(pid).first, let name = FilePath(program).lastComponent?.string else { return false }
    return name == "containr" || name.hasPrefix("containr-") || ["pasta", "slirp4netns"].contains(name)
  }

  private static func words(_ pid: Int32) throws(SyscallError) -> [String] {
    let text = try orGone { () throws(SyscallError) in try Kernel.text(of: FilePath("/proc/\(pid)/cmdline")) }
    return (text ?? "").split(separator: "\0").map(String.init)
  }

  private static func userNamespace(of pid: Int32) throws(SyscallError) -> UInt64? {
    try orGone { () throws(SyscallError) in try Kernel.status(of: FilePath("/proc/\(pid)/ns/user")).inode }
  }

  private static func end(_ pid: Int32) throws(SyscallError) {
    guard let held = try held(pid) else { return }
    let result = cl_pidfd_send_signal(held.raw, 9)
    if result != -3 { try check(result, "pidfd_send_signal") }
    _ = try Kernel.waitUntilEnded(pidfd: held.raw, milliseconds: patience)
  }

  private static func held(_ pid: Int32) throws(SyscallError) -> SharedFD? {
    let found = try orGone { () throws(SyscallError) -> SharedFD? in
      guard let held = try ProcessIdentity.current(pid: pid).openPidFD() else { return nil }
      return SharedFD(held)
    }
    return found ?? nil
  }

  /// nil: it has gone meanwhile, or is not ours to look at.
  private static func orGone<Result>(
    _ look: () throws(SyscallError) -> Result
  ) throws(SyscallError) -> Result? {
    do throws(SyscallError) { return try look() } catch {
      // ENOENT, ESRCH, EACCES, EPERM
      if [2, 3, 13, 1].contains(error.errno) { return nil }
      throw error
    }
  }
}
