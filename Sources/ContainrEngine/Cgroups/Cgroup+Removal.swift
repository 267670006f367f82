// The end of a cgroup: its processes, its own sub-groups, and the parents that it leaves empty.
internal import ContainrSystem
public import SystemPackage

extension Cgroup {
  /// The processes in this cgroup and below it, in any hierarchy; sorted. A cgroup that is gone has none.
  public func processes() throws(CgroupError) -> [Int32] {
    var pids: Set<Int32> = []
    for directory in try directories(cpuset: true) { try collect(directory.path, into: &pids) }
    return pids.sorted()
  }

  private func collect(_ directory: FilePath, into pids: inout Set<Int32>) throws(CgroupError) {
    let text: String
    do {
      text = try Kernel.text(of: directory.appending("cgroup.procs"))
    } catch {
      if error.errno == 2 || error.errno == 19 { return }
      throw CgroupError("processes", error)
    }
    // 0 is a process outside our pid namespace.
    for line in text.split(separator: "\n") { if let pid = Int32(line), pid > 0 { pids.insert(pid) } }
    for child in try Self.children(of: directory) { try collect(directory.appending(child), into: &pids) }
  }

  /// Kills everything inside and waits for its end, at most `milliseconds`. Where the kernel cannot do that at once (v1,
  /// and v2 before Linux 5.14) it is frozen first, so that nothing forks away.
  public func kill(milliseconds: Int32 = 10_000) throws(CgroupError) {
    let deadline = Kernel.monotonicTime() + UInt64(max(0, milliseconds)) * 1_000_000
    var isKilled = false
    if mounts.layout == .v2, let directory = files.directory("") {
      do {
        try Kernel.write("1", into: directory.appending("cgroup.kill"))
        isKilled = true
      } catch {
        // Before Linux 5.14, or gone (also between the opening and the writing).
        if error.errno != 2 && error.errno != 19 { throw CgroupError("kill", error) }
      }
    }
    while true {
      let victims = try processes()
      if victims.isEmpty { return }
      if !isKilled { try freeze(true) }
      var sent: [ProcessIdentity] = []
      do {
        for pid in victims { if let victim = try signalIfMember(pid) { sent.append(victim) } }
      } catch {
        try freeze(false)
        throw error
      }
      if !isKilled {
        try freeze(false)
        try release(sent.map(\.pid))
      }
      for victim in sent { try waitForEnd(of: victim, until: deadline) }
      if sent.isEmpty { try pause("kill") }
      if Kernel.monotonicTime() >= deadline, try !processes().isEmpty {
        throw CgroupError(
          field: "kill", reason: "still running after SIGKILL: \(try processes())", file: FilePath(path))
      }
    }
  }

  /// Kills of those inside only whom `isVictim` names, and waits for their end, at most `milliseconds`. The others are
  /// not even stopped for it, so what forks meanwhile is found in the next round.
  public func kill(
    milliseconds: Int32 = 10_000, only isVictim: (Int32) throws(CgroupError) -> Bool
  ) throws(CgroupError) {
    let deadline = Kernel.monotonicTime() + UInt64(max(0, milliseconds)) * 1_000_000
    while true {
      var sent: [ProcessIdentity] = []
      for pid in try processes() where try isVictim(pid) {
        if let victim = try signalIfMember(pid) { sent.append(victim) }
      }
      if sent.isEmpty { return }
      try release(sent.map(\.pid))
      for victim in sent { try waitForEnd(of: victim, until: deadline) }
      if Kernel.monotonicTime() >= deadline {
        throw CgroupError(
          field: "kill", reason: "still running after SIGKILL: \(sent.map(\.pid))", file: FilePath(path))
      }
    }
  }

  /// Lets processes that have been killed go on to their end, and nobody else: v1's freezer holds them, wherever in it they
  /// are and whoever has frozen that group. So they leave it for the root.
  public func release(_ pids: [Int32]) throws(CgroupError) {
    guard mounts.layout != .v2, let root = mounts.controllers["freezer"] else { return }
    for pid in pids {
      do throws(SyscallError) {
        guard let group = try Self.freezer(of: pid), !group.isEmpty,
          try Kernel.record(of: root.appending(group).appending("freezer.state")) != "THAWED"
        else { continue }
        try Kernel.write(String(pid), into: root.appending("cgroup.procs"))
      } catch {
        // Gone, or just going.
        if error.errno != 2 && error.errno != 3 && error.errno != 19 { throw CgroupError("freezer", error) }
      }
    }
  }

  /// A process's group in v1's freezer, from the root; empty for that itself.
  private static func freezer(of pid: Int32) throws(SyscallError) -> FilePath.ComponentView? {
    for line in try Kernel.text(of: FilePath("/proc/\(pid)/cgroup")).split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      if fields.count == 3, fields[1].split(separator: ",").contains("freezer") {
        return FilePath(String(fields[2])).components
      }
    }
    return nil
  }

  /// Whether it exists where it is looked for first.
  public func isThere() throws(CgroupError) -> Bool {
    guard let first = try roots(cpuset: true).first else { return false }
    let directory = first.pushing(FilePath(path))
    return try attempting("exists") { () throws(SyscallError) in try Kernel.exists(directory) }
  }

  /// Where it exists now: what is there before a container is not that container's to remove.
  public func places() throws(CgroupError) -> [FilePath] {
    var places: [FilePath] = []
    for directory in try directories(cpuset: true) {
      let isThere = try attempting("exists") { () throws(SyscallError) in try Kernel.exists(directory.path) }
      if isThere { places.append(directory.path) }
    }
    return places
  }

  /// Removes the cgroup, its sub-groups, and its parents as far as they are empty; but for `kept`, which are somebody
  /// else's. Waits for dying processes, at most `milliseconds`; one that lives on is an error. A cgroup that is gone is no
  /// error.
  public func remove(milliseconds: Int32 = 10_000, but kept: [FilePath] = []) throws(CgroupError) {
    let deadline = Kernel.monotonicTime() + UInt64(max(0, milliseconds)) * 1_000_000
    for directory in try directories(cpuset: true) where !kept.contains(directory.path) {
      try removeTree(directory.path, until: deadline)
      var parent = directory.path.above
      while ownsParents, parent != directory.root, parent.starts(with: directory.root) {
        do {
          try Kernel.remove(parent, isDirectory: true)
        } catch {
          if error.errno == 16 || error.errno == 39 { break }  // EBUSY, ENOTEMPTY: others live there
          // EACCES, EPERM, EROFS: the group that was given to us is not ours to take away.
          if mounts.isDelegated, [1, 13, 30].contains(error.errno) { break }
          if error.errno != 2 { throw CgroupError("remove", error) }
        }
        parent.removeLastComponent()
      }
    }
  }

  /// Removes a cgroup without parents of ours in all hierarchies where nothing is in it; false if something is.
  public func removeIfEmpty() throws(CgroupError) -> Bool {
    var isGone = true
    for directory in try directories(cpuset: true) {
      do throws(SyscallError) {
        try Kernel.remove(directory.path, isDirectory: true)
      } catch {
        if error.errno == 16 || error.errno == 39 {
          isGone = false
        } else if error.errno != 2 && error.errno != 19 {
          throw CgroupError("remove", error)
        }
      }
    }
    return isGone
  }

  /// The names of the cgroups directly below `parent` in any hierarchy, sorted.
  public static func leftovers(mounts: CgroupMounts, parent: String) throws(CgroupError) -> [String] {
    var names: Set<String> = []
    let relative = FilePath(parent)
    for root in Set(mounts.controllers.points).union(mounts.unified.map { [$0] } ?? []) {
      names.formUnion(try children(of: root.appending(relative.components)))
    }
    return names.sorted()
  }

  private static func children(of directory: FilePath) throws(CgroupError) -> [String] {
    do throws(SyscallError) {
      let opened = try Kernel.open(directory, [.readOnly, .directory])
      // A cgroup has two links and one more a child: mostly there is nothing to list.
      if try Kernel.status(at: opened.raw).links == 2 { return [] }
      return try Kernel.names(in: opened.raw, directoriesOnly: true).sorted()
    } catch {
      if error.errno == 2 || error.errno == 19 { return [] }
      throw CgroupError("list", error)
    }
  }

  private func removeTree(_ directory: FilePath, until deadline: UInt64) throws(CgroupError) {
    var isThawed = false
    while true {
      do {
        try Kernel.remove(directory, isDirectory: true)
        return
      } catch {
        if error.errno == 2 || error.errno == 19 { return }
        if error.errno != 16 && error.errno != 39 { throw CgroupError("remove", error) }
      }
      let children = try Self.children(of: directory)
      for child in children { try removeTree(directory.appending(child), until: deadline) }
      if !isThawed {
        try freeze(false)  // what is frozen cannot finish dying
        isThawed = true
      }
      var pids: Set<Int32> = []
      try collect(directory, into: &pids)
      for pid in pids.sorted() { if let member = try identity(pid) { try waitForEnd(of: member, until: deadline) } }
      if Kernel.monotonicTime() >= deadline {
        throw CgroupError(field: "remove", reason: "busy; processes \(pids.sorted())", file: directory, errno: 16)
      }
      if children.isEmpty, pids.isEmpty { try pause("remove") }
    }
  }

  /// The last instants of a task are announced by no event: one millisecond on a timer.
  private func pause(_ field: String) throws(CgroupError) {
    try attempting(field) { () throws(SyscallError) in
      let timer = try Kernel.timerDescriptor()
      try Kernel.arm(timer: timer.raw, nanoseconds: 1_000_000)
      _ = try Kernel.waitReadable(timer.raw, milliseconds: 10)
    }
  }

  private func identity(_ pid: Int32) throws(CgroupError) -> ProcessIdentity? {
    do {
      return try ProcessIdentity.current(pid: pid)
    } catch {
      if error.errno == 2 || error.errno == 3 { return nil }
      throw CgroupError("kill", error)
    }
  }

  /// Kills a process unless its pid has been given to a stranger: membership is read after the identity is known, and
  /// the identity is checked again behind a pidfd.
  private func signalIfMember(_ pid: Int32) throws(CgroupError) -> ProcessIdentity? {
    guard let victim = try identity(pid) else { return nil }
    do {
      let memberships = try Kernel.text(of: FilePath("/proc/\(pid)/cgroup")).split(separator: "\n")
      // Before our path may stand where a foreign cgroup namespace has its root.
      let isMember = memberships.contains { $0.hasSuffix("/\(path)") || $0.contains("/\(path)/") }
      if !isMember { return nil }
      return try victim.send(signal: 9) ? victim : nil
    } catch {
      if error.errno == 2 || error.errno == 3 { return nil }
      throw CgroupError("kill", error)
    }
  }

  private func waitForEnd(of member: ProcessIdentity, until deadline: UInt64) throws(CgroupError) {
    try attempting("kill") { () throws(SyscallError) in
      guard let pidfd = try member.openPidFD() else { return }
      let now = Kernel.monotonicTime()
      let left = deadline > now ? Int32((deadline - now + 999_999) / 1_000_000) : 0
      _ = try Kernel.waitUntilEnded(pidfd: pidfd.raw, milliseconds: left)
    }
  }

  /// v1's freezer, or v2's own; a host without one goes without. Does not wait: a process that is killed is woken from
  /// either.
  private func freeze(_ isFrozen: Bool) throws(CgroupError) {
    let isUnified = mounts.layout == .v2
    guard let directory = files.directory(isUnified ? "" : "freezer") else { return }
    do {
      if isUnified {
        try Kernel.write(isFrozen ? "1" : "0", into: directory.appending("cgroup.freeze"))
      } else {
        try Kernel.write(isFrozen ? "FROZEN" : "THAWED", into: directory.appending("freezer.state"))
      }
    } catch {
      if error.errno != 2 && error.errno != 19 { throw CgroupError("kill", error) }
    }
  }
}
