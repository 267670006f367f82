// Where a single run keeps its files. Knows who lives there by a lock that dies with its holder.
internal import ContainrHost
internal import ContainrSystem
internal import SystemPackage

/// The directory of one run, locked (flock) as long as its starter lives:
///
///     STATE/single.ID/     layers, upper, work; the root is mounted on it, in the container's mount namespace
///
/// As few directories as can be: where the file system tells the disk what is free again (`discard`), each costs as much
/// as a mount, twice.
final class SinglePlace {
  let path: FilePath
  private var lock: SharedFD?
  private let state: FilePath
  private var isEmpty = false
  private static let prefix = "single."

  /// Who can make an overlay with its writable layer here.
  func overlayMaker() throws(SyscallError) -> OverlayMaker {
    try lock.map { (lock) throws(SyscallError) in try OverlayMaker.of(lock.raw) } ?? .kernel
  }

  var upper: FilePath { below("upper") }
  var work: FilePath { below("work") }

  private func below(_ name: String) -> FilePath { FilePath("\(path.string)/\(name)") }

  /// Makes it.
  init(_ id: String, settings: HostSettings) throws(SyscallError) {
    state = settings.stateDirectory
    path = FilePath("\(state.string)/\(Self.prefix)\(id)")
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
      }
    }
  }

  /// Clears away what killed starters left; a living one holds its lock. `clear` takes away what is not a file.
  func sweepOthers(_ clear: (String) throws -> Void) throws {
    for name in try Kernel.names(inDirectory: state) where name.hasPrefix(Self.prefix) {
      let other = FilePath("\(state.string)/\(name)")
      if other == path { continue }
      do throws(SyscallError) {
        let directory = try Kernel.open(other, [.readOnly, .directory, .noFollow])
        try Kernel.lock(directory.raw, wait: false, other)
        try Self.sweep(other, String(name.dropFirst(Self.prefix.count)), clear)
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

  /// Removes overlayfs's mark that a `volatile` mount was made here, whose place nobody will mount again. Once the mount
  /// is made it is looked at no more, and while the container runs nobody waits for us.
  func removeMark() throws(SyscallError) {
    // What overlayfs makes for itself below its workdir.
    let inner = "work/work"
    let incompat = below("\(inner)/incompat")
    let mark = below("\(inner)/incompat/volatile")
    try tolerating(2) { () throws(SyscallError) in try Kernel.remove(below("\(inner)/incompat/volatile/dirty")) }
    for directory in [mark, incompat] { _ = try removeIfEmpty(directory) }
  }

  /// False if something is in it.
  private func removeIfEmpty(_ directory: FilePath) throws(SyscallError) -> Bool {
    do {
      try Kernel.remove(directory, isDirectory: true)
    } catch {
      if error.errno == 17 || error.errno == 39 { return false }
      if error.errno != 2 { throw error }
    }
    return true
  }

  /// Removes what is in it; it stays, so that what else belongs to it can still be found by it.
  func empty() throws {
    if isEmpty { return }
    // Most have written nothing.
    var isQuick = true
    for part in [upper, below("work/work"), work] { isQuick = try removeIfEmpty(part) && isQuick }
    if try !isQuick || Kernel.exists(below("layers")) {
      for name in try Kernel.names(inDirectory: path) { try Kernel.removeTree(below(name)) }
    }
    isEmpty = true
  }

  /// Takes it away. The state directory stays, empty, for the next one: to make it and take it away again costs a tenth of
  /// a run. It goes with a `down`.
  func remove() throws {
    if try Kernel.exists(path) { try empty() }
    // The lock goes before the directory: a removed one that is still open costs a journal transaction more. An empty
    // one without a lock may be swept away by another run, which is as good.
    lock = nil
    try tolerating(2) { () throws(SyscallError) in try Kernel.remove(path, isDirectory: true) }
  }
}
