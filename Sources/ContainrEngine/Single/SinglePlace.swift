// Where a single run keeps its files. Knows who lives there by a lock that dies with its holder.
internal import ContainrHost
internal import ContainrSystem
internal import SystemPackage

/// The directory of one run, locked (flock) as long as its starter lives:
///
///     STATE/single/ID/     layers, upper, work; the root is mounted on it, in the container's mount namespace
final class SinglePlace {
  let path: FilePath
  private var lock: SharedFD?
  private let state: FilePath

  var upper: FilePath { path.appending("upper") }
  var work: FilePath { path.appending("work") }

  /// Makes it.
  init(_ id: String, settings: HostSettings) throws(SyscallError) {
    state = settings.stateDirectory
    path = state.appending("single").appending(id)
    lock = SharedFD(try Self.make(path, state))
    // What is inside looks like any root directory; who may pass is decided one level up.
    try Kernel.makeDirectory(upper, mode: 0o755)
    try Kernel.makeDirectory(work, mode: 0o700)
  }

  private static func make(_ path: FilePath, _ state: FilePath) throws(SyscallError) -> OwnedFD {
    while true {
      do {
        try Kernel.makeDirectory(path, mode: 0o711)
        let directory = try Kernel.open(path, [.readOnly, .directory, .noFollow])
        try Kernel.lock(directory.raw, wait: true, path)
        // A sweep that saw it before it was locked has taken it away, and it is gone by now.
        if try Kernel.status(at: directory.raw).links > 0, try Kernel.exists(path) { return directory }
      } catch {
        // Nobody ran yet, or another run or a `down` took the directories away between our steps.
        if error.errno != 2 { throw error }
        try OwnDirectories.ensure(state)
        try tolerating(17) { () throws(SyscallError) in
          try Kernel.makeDirectory(path.removingLastComponent(), mode: 0o711)
        }
      }
    }
  }

  /// Clears away what killed starters left; a living one holds its lock. `clear` takes away what is not a file.
  func sweepOthers(_ clear: (String) throws -> Void) throws {
    let single = path.removingLastComponent()
    for id in try Kernel.names(inDirectory: single) where id != path.lastComponent?.string {
      let other = single.appending(id)
      do throws(SyscallError) {
        let directory = try Kernel.open(other, [.readOnly, .directory, .noFollow])
        try Kernel.lock(directory.raw, wait: false, other)
        try Self.sweep(other, id, clear)
      } catch {
        // Somebody lives there (EWOULDBLOCK), or it is gone already, or is no place.
        if error.errno != 11 && error.errno != 2 && error.errno != 20 { throw error }
      }
    }
  }

  private static func sweep(
    _ path: FilePath, _ id: String, _ clear: (String) throws -> Void
  ) throws(SyscallError) {
    do {
      try clear(id)
      try Kernel.removeTree(path)
    } catch let error as SyscallError {
      throw error
    } catch {
      throw SyscallError(errno: 5, operation: "sweep", path: path, detail: "\(error)")
    }
  }

  /// Takes it away, and the directories above as far as they are ours and empty.
  func remove() throws {
    // The lock goes before the directory: a removed one that is still open costs a journal transaction more. An empty
    // one without a lock may be swept away by another run, which is as good.
    if try Kernel.exists(path) {
      for part in try Kernel.names(inDirectory: path) { try Kernel.removeTree(path.appending(part)) }
    }
    lock = nil
    try tolerating(2) { () throws(SyscallError) in try Kernel.remove(path, isDirectory: true) }
    let single = path.removingLastComponent()
    try tolerating(2, 39) { () throws(SyscallError) in try Kernel.remove(single, isDirectory: true) }
    try OwnDirectories.removeIfEmpty(state)
  }
}
