// `containr-rootless`: the process that holds a user's namespaces, in the shim's program. It waits, without a timer, for the
// processes in them to end, relays what comes to published ports, and ends when nobody is left; what leads out of the network
// ends with it.
internal import CContainrLinux
internal import ContainrSystem
internal import SystemPackage

/// The holder.
public enum RootlessKeeper {
  /// argv[0] of this program in that role; the run directory follows.
  public static let name = "containr-rootless"
  /// Who has just left may be followed by somebody at once: commands come in rows. Milliseconds.
  private static let patience: Int32 = 1000

  /// Whether it was started for that.
  public static var isWanted: Bool { cl_is_called(name) == 1 }

  /// Runs until nobody else is in the namespaces. Descriptor 3 is the maker's end.
  public static func run() -> Int32 {
    guard let word = cl_arguments()[1] else { return 2 }
    let places = RootlessPlaces(runDirectory: FilePath(String(cString: word)))
    let socket = SeqPacketSocket(taking: OwnedFD(taking: 3))
    let maker = SharedFD(OwnedFD(taking: 4))
    do throws(SyscallError) {
      try Kernel.setName(name)
      for descriptor: CInt in 3...4 { try check(cl_set_cloexec(descriptor, 1), "fcntl(F_SETFD)") }
      // It belongs to no terminal and to nobody's job.
      try check(cl_block_signals(UInt64.max, 1), "sigprocmask")
      try check(cl_chdir("/"), "chdir", "/")
      try socket.send([1])
      // Whoever made us has died before it could write us down: nobody will come.
      guard try socket.receive(limit: 16)?.bytes == [2] else { return 1 }
      let events = try EventPoll()
      let relay = try RootlessRelay(directory: places.runDirectory, maker: maker, events: events)
      // From here on there is somebody to publish ports with.
      try socket.send([3])
      while true {
        // Behind it whoever is about to enter has entered.
        let lock = try FileLock(places.lock)
        let record = try RootlessRecord(places)
        if let other = try anybody(besides: record) {
          _ = consume lock
          try serve(relay, events, until: other.raw)
          try serve(relay, events, until: nil)
          continue
        }
        if record?.holder.pid == cl_getpid() {
          try record?.uplink?.send(signal: 15)
          for path in places.files where try Kernel.exists(path) { try Kernel.remove(path) }
        }
        try lock.removeFile()
        return 0
      }
    } catch {
      return 1
    }
  }

  /// Relays until a process has ended, or for as long as `patience`.
  private static func serve(
    _ relay: RootlessRelay, _ events: borrowing EventPoll, until pidfd: CInt?
  ) throws(SyscallError) {
    let deadline = pidfd == nil ? Kernel.monotonicTime() + UInt64(patience) * 1_000_000 : nil
    if let pidfd { try events.add(pidfd, token: 0) }
    while true {
      var timeout = relay.timeout
      if let deadline {
        let now = Kernel.monotonicTime()
        if now >= deadline { return }
        timeout = Int32((deadline - now + 999_999) / 1_000_000)
      }
      let ready = try events.wait(milliseconds: timeout)
      if ready.isEmpty { try relay.sweep(events) }
      for event in ready where event.token != 0 { try relay.handle(event, events) }
      if let pidfd, ready.contains(where: { $0.token == 0 }) { return try events.remove(pidfd) }
    }
  }

  /// A process in our user namespace, held; not ourselves, nor what leads out of it.
  private static func anybody(besides record: RootlessRecord?) throws(SyscallError) -> OwnedFD? {
    let ours = try Kernel.status(of: "/proc/self/ns/user").inode
    let own = cl_getpid()
    for name in try Kernel.names(inDirectory: "/proc") {
      guard let pid = Int32(name), pid != own, pid != record?.uplink?.pid else { continue }
      do throws(SyscallError) {
        // A container with a user namespace of its own has a shim that has not.
        guard try Kernel.status(of: FilePath("/proc/\(pid)/ns/user")).inode == ours else { continue }
        if let held = try ProcessIdentity.current(pid: pid).openPidFD() { return held }
      } catch {
        // Gone meanwhile, or not ours to look at.
        if error.errno != 2 && error.errno != 3 && error.errno != 13 && error.errno != 1 { throw error }
      }
    }
    return nil
  }
}
