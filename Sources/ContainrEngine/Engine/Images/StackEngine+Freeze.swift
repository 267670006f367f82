// Containers that stand still while their files are read, and who sets them going again if that command is killed: the next one,
// whatever it is. What nobody lives to undo is written down before it is done.
internal import ContainrCgroups
public import ContainrHost
internal import ContainrReconcile
internal import ContainrStore
internal import ContainrSystem
internal import SystemPackage

/// A container that stands still. Whoever ends this value has to call `end` first.
struct FrozenContainer: ~Copyable {
  fileprivate let cgroup: Cgroup
  /// Held as long as this command lives: by that others know that it does.
  fileprivate let mark: FileLock

  /// It goes on.
  consuming func end() {
    // A container that has ended meanwhile has no group any more.
    try? cgroup.setFrozen(false)
    do {
      try mark.removeFile()
      try FrozenContainer.removeIfEmpty(mark.path.removingLastComponent())
    } catch {
      // The next command takes it for one whose owner has died, and finds nothing to do.
    }
  }

  fileprivate static func removeIfEmpty(_ directory: FilePath) throws(SyscallError) {
    try tolerating(2, 39) { () throws(SyscallError) in try Kernel.remove(directory, isDirectory: true) }
  }
}

extension StackEngine {
  var frozenDirectory: FilePath { settings.runDirectory.appending("frozen") }

  /// Lets a container stand still; nil if it does not run, or stands still already by somebody else's will.
  func freeze(_ record: ContainerRecord) throws -> FrozenContainer? {
    guard case .running = try process(of: record.id) else { return nil }
    let cgroup = Cgroup(mounts: cgroups, path: cgroup(of: record))
    do {
      if try cgroup.isFrozen() { return nil }
      // Whoever ends this command by a signal that can be ignored need not trouble the next one.
      for signal in [1, 2, 3, 15] as [Int32] { try Kernel.ignore(signal: signal) }
      try Kernel.makeDirectories(frozenDirectory, mode: 0o700)
      let frozen = FrozenContainer(cgroup: cgroup, mark: try FileLock(frozenDirectory.appending(record.id)))
      settings.failpoint?("freeze \(record.id):before")
      do { try cgroup.setFrozen(true) } catch {
        frozen.end()
        throw error
      }
      settings.failpoint?("freeze \(record.id):after")
      return frozen
    } catch {
      throw EngineError(.kernel, "container \(record.id): \(error); --no-pause takes it as it runs")
    }
  }

  /// Sets those going that a command has left standing still when it was killed. For the beginning of every command: costs
  /// one look where there are none.
  public func thawAbandoned() throws(EngineError) {
    do throws(SyscallError) {
      let marks: [String]
      do { marks = try Kernel.names(inDirectory: frozenDirectory) } catch {
        if error.errno == 2 { return }
        throw error
      }
      for id in marks { try thawAbandoned(id) }
      try FrozenContainer.removeIfEmpty(frozenDirectory)
    } catch {
      throw EngineError(error, "set containers going that were left standing still")
    }
  }

  private func thawAbandoned(_ id: String) throws(SyscallError) {
    let mark: FileLock
    do { mark = try FileLock(frozenDirectory.appending(id), wait: false) } catch {
      // Its command lives, or has just taken the directory along.
      if error.errno == 11 || error.errno == 2 { return }
      throw error
    }
    if let record = try? contents().containers.first(where: { $0.id == id }) {
      try? Cgroup(mounts: cgroups, path: cgroup(of: record)).setFrozen(false)
    }
    try mark.removeFile()
  }
}
