// Which processes of a cgroup are a container's. A group that config.json has chosen may hold others: those are neither
// signalled nor ended, and what was there before the container is left there.
internal import ContainrCgroups
internal import ContainrSystem
internal import SystemPackage

/// A container's part of its cgroup.
struct Members {
  let cgroup: Cgroup
  let state: ContainerState

  /// All that is in it, unless it is shared.
  func processes() throws(RuntimeFailure) -> [Int32] {
    try attemptCgroup { () throws(CgroupError) in
      var ours: [Int32] = []
      for pid in try cgroup.processes() where try isOurs(pid) { ours.append(pid) }
      return ours
    }
  }

  /// In a group of others a process is known by the mount namespace that it sees.
  private func isOurs(_ pid: Int32) throws(CgroupError) -> Bool {
    if !state.cgroupIsShared { return true }
    guard let namespace = state.mountNamespace else { return false }
    do throws(SyscallError) {
      return try Kernel.mountNamespace(of: pid) == namespace
    } catch {
      if error.errno == 2 || error.errno == 3 { return false }
      throw CgroupError(field: "processes", reason: error.description, file: error.path, errno: error.errno)
    }
  }

  /// A signal to every one of them.
  func signal(_ signal: Int32) throws(RuntimeFailure) {
    let pids = try processes()
    try attemptCgroup { () throws(CgroupError) in try cgroup.signal(pids, signal) }
  }

  /// Lets those that have been killed go on to their end, wherever they are frozen and whoever has done it.
  func release(with first: Int32? = nil) throws(RuntimeFailure) {
    // The first may have been put into another freezer.
    let pids = (first.map { [$0] } ?? []) + (try processes())
    try attemptCgroup { () throws(CgroupError) in try cgroup.release(pids) }
  }

  /// Ends what is left of them and removes what is the container's. `haveEnded`: none can be left, since their pid
  /// namespace is gone.
  func clear(haveEnded: Bool) throws(RuntimeFailure) {
    try attemptCgroup { () throws(CgroupError) in
      if !state.cgroupIsChosen {
        // Mostly nothing is left in it, and then nothing has to be looked for.
        if haveEnded, try cgroup.removeIfEmpty() { return }
        try cgroup.kill()
      } else if !haveEnded {
        if state.cgroupIsShared {
          try cgroup.kill { (pid) throws(CgroupError) in try isOurs(pid) }
        } else {
          try cgroup.kill()
        }
      }
      // Whoever is in a chosen one now is a stranger.
      if state.cgroupIsChosen, try !cgroup.processes().isEmpty { return }
      try cgroup.remove(but: state.cgroupPlaces.map { FilePath($0) })
    }
  }
}
