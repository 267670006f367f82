// Hears from the kernel that the mounts, the network or the limits of a container have moved, so that who compares them
// need not read all of them again (docs/decisions/0016-witness.md). Knows nothing of what a movement means. One thread.
internal import ContainrNetwork
internal import ContainrSystem
internal import SystemPackage

/// What has moved since somebody last looked.
final class KernelWitness {
  /// One container that is listened for.
  struct Subject {
    fileprivate let process: StillProcess
    /// Its first process's mountinfo: says by poll(2) that its mounts changed.
    fileprivate let mounts: SharedFD
    /// That process: readable when it has ended.
    fileprivate let end: SharedFD
    fileprivate let token: UInt64
    /// Of its networks, as ids.
    fileprivate let namespaces: Set<Int32>
    fileprivate let watches: [Int32]
    fileprivate var looks: LookSchedule
  }

  /// inotify(7): IN_MODIFY, IN_DELETE_SELF, IN_MOVE_SELF. IN_IGNORED comes by itself.
  private static let written: UInt32 = 0x2 | 0x400 | 0x800
  private static let ignored: UInt32 = 0x8000, overflowed: UInt32 = 0x4000
  /// What every start and every health check writes: who is in a group is no limit of it. What the kernel counts in
  /// `*.events` (v2) is none either.
  private static let members: Set<String> = ["cgroup.procs", "tasks", "cgroup.threads"]
  private static let cgroupToken: UInt64 = 1, networkToken: UInt64 = 2, firstToken: UInt64 = 16

  /// Of all mountinfo. It is in no other epoll: that would ask it whether anything is ready, and a mountinfo that was
  /// asked once says nothing again. So it wakes nobody, and is looked at when somebody wants to know.
  private let mounts: EventPoll
  private let poll: EventPoll
  private let cgroups: OwnedFD
  private let network: NetworkEvents
  private var subjects: [String: Subject] = [:]
  private var idByToken: [UInt64: String] = [:]
  private var idsByWatch: [Int32: String] = [:]
  /// Watches of the groups above: a write there may move all of them.
  private var above: [FilePath: Int32] = [:]
  private var nextToken = firstToken
  private var released: [SharedFD] = []
  /// Readable when `take` has something, mounts aside. Borrowed.
  var descriptor: CInt { poll.descriptor }

  init() throws(SyscallError) {
    cgroups = try Kernel.inotifyDescriptor()
    network = try NetworkEvents()
    mounts = try EventPoll()
    poll = try EventPoll()
    try poll.add(cgroups.raw, token: Self.cgroupToken)
    try poll.add(network.descriptor, token: Self.networkToken)
  }

  /// Listens for a running container from now on; it counts as moved until it is looked at. `namespaces`: ids of its
  /// network namespace as the far ends of its links show it.
  func watch(
    _ id: String, pid: Int32, namespaces: Set<Int32>, cgroups directories: (own: [FilePath], above: [FilePath])
  ) throws(SyscallError) {
    _ = try forget(id)
    let mounts = SharedFD(try Kernel.open(FilePath("/proc/\(pid)/mountinfo")))
    let process = StillProcess(pid: pid, mountNamespace: try Kernel.readLink(FilePath("/proc/\(pid)/ns/mnt")))
    guard let opened = try ProcessIdentity.current(pid: pid).openPidFD() else {
      throw SyscallError(errno: 3, operation: "pidfd_open", detail: "process \(pid) has ended")
    }
    let end = SharedFD(opened)
    var watches: [Int32] = []
    do throws(SyscallError) {
      for path in directories.above where above[path] == nil {
        above[path] = try Kernel.watch(path, inotify: cgroups.raw, mask: Self.written)
      }
      for path in directories.own {
        watches.append(try Kernel.watch(path, inotify: cgroups.raw, mask: Self.written))
      }
      nextToken += 1
      try self.mounts.add(mounts.raw, token: nextToken, events: 0x2)  // EPOLLPRI; EPOLLERR comes by itself
      try poll.add(end.raw, token: nextToken)
    } catch {
      try unwatch(watches)
      throw error
    }
    for watch in watches { idsByWatch[watch] = id }
    idByToken[nextToken] = id
    subjects[id] = Subject(
      process: process, mounts: mounts, end: end, token: nextToken, namespaces: namespaces, watches: watches,
      looks: LookSchedule(movedAt: Kernel.monotonicTime()))
  }

  /// Listens for it no more. What is answered holds its mount namespace: where the container has ended, whoever lets go of
  /// it unmounts all that was in there, which takes milliseconds.
  func forget(_ id: String) throws(SyscallError) -> SharedFD? {
    guard let subject = subjects.removeValue(forKey: id) else { return nil }
    idByToken[subject.token] = nil
    try mounts.remove(subject.mounts.raw)
    try poll.remove(subject.end.raw)
    try unwatch(subject.watches)
    return subject.mounts
  }

  /// Listens for none of them any more: they are about to end.
  func forgetAll() throws(SyscallError) { for id in subjects.keys { _ = try forget(id) } }

  private func unwatch(_ watches: [Int32]) throws(SyscallError) {
    for watch in watches {
      idsByWatch[watch] = nil
      try Kernel.unwatch(watch, inotify: cgroups.raw)
    }
  }

  /// Takes in all that the kernel has told so far.
  func take() throws(SyscallError) {
    try drain(mounts) { (token) throws(SyscallError) in if let id = idByToken[token] { move(id) } }
    try drain(poll) { (token) throws(SyscallError) in
      if token == Self.cgroupToken { return try takeWrites() }
      if token >= Self.firstToken {
        // Its first process has ended, and its shim may wait for the end of a server of its files, which comes when nobody has these
        // mounts any more.
        if let id = idByToken[token], let mounts = try forget(id) { released.append(mounts) }
        return
      }
      switch try network.take() {
      case .anywhere: moveAll()
      case .namespaces(let ids):
        for (id, subject) in subjects where !subject.namespaces.isDisjoint(with: ids) { move(id) }
      }
    }
  }

  /// What `forget` would have answered of those whose first process has ended since the last time.
  func takeReleased() -> [SharedFD] {
    defer { released = [] }
    return released
  }

  private func drain(
    _ poll: borrowing EventPoll, _ body: (UInt64) throws(SyscallError) -> Void
  ) throws(SyscallError) {
    while true {
      let events = try poll.wait(milliseconds: 0)
      if events.isEmpty { return }
      for event in events { try body(event.token) }
    }
  }

  private func takeWrites() throws(SyscallError) {
    for event in try Kernel.inotifyEvents(cgroups.raw) {
      if event.mask & Self.overflowed != 0 { moveAll() }
      if Self.members.contains(event.name) || event.name.hasSuffix(".events") || event.name.hasSuffix(".events.local") {
        continue
      }
      if let id = idsByWatch[event.watch] {
        move(id)
      } else if let path = above.first(where: { $0.value == event.watch })?.key {
        if event.mask & Self.ignored != 0 { above[path] = nil }
        moveAll()
      }
    }
  }

  /// It may have moved, as somebody else knows.
  func move(_ id: String) { subjects[id]?.looks.move(at: Kernel.monotonicTime()) }

  func moveAll() { for id in subjects.keys { move(id) } }

  /// It was looked at after the last `take`.
  func settle(_ id: String, isStill: Bool) { subjects[id]?.looks.settle(isStill: isStill, at: Kernel.monotonicTime()) }

  /// Those in which nothing has moved since they were found as they had been started. Call `take` before.
  var still: [String: StillProcess] { subjects.filter { $0.value.looks.isStill }.mapValues(\.process) }

  /// Those that are to be looked at, the longest waiting first, each with the time when that is due.
  var looks: [(id: String, due: UInt64)] {
    subjects.compactMap { id, subject in subject.looks.due.map { (id, $0) } }.sorted {
      ($0.due, $0.id) < ($1.due, $1.id)
    }
  }
}
