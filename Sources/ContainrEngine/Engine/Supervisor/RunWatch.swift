// Sees containers begin: inotify on the runtime's directory, and on the directory of each container that appears there.
internal import ContainrSystem
internal import SystemPackage

/// Which containers' run directories have changed. Used by one thread only.
final class RunWatch {
  private static let created: UInt32 = 0x100, movedTo: UInt32 = 0x80, closedAfterWrite: UInt32 = 0x8,
    deleted: UInt32 = 0x200, movedFrom: UInt32 = 0x40,
    ignored: UInt32 = 0x8000
  private let inotify: OwnedFD
  private let directory: FilePath
  private let root: Int32
  private var ids: [Int32: String] = [:]
  private var guarded: (watch: Int32, names: Set<String>)?
  /// A guarded file is gone.
  private(set) var isLost = false
  /// Readable when `take` has something.
  var descriptor: CInt { inotify.raw }

  /// The directory has to be there.
  init(_ directory: FilePath) throws(SyscallError) {
    inotify = try Kernel.inotifyDescriptor()
    self.directory = directory
    root = try Kernel.watch(directory, inotify: inotify.raw, mask: Self.created | Self.movedTo)
  }

  /// Sees the files of these names go. A watch on the directory itself would not do: it lives on while anybody holds
  /// something in it open.
  func guardFiles(in directory: FilePath, names: Set<String>) throws(SyscallError) {
    guarded = (try Kernel.watch(directory, inotify: inotify.raw, mask: Self.deleted | Self.movedFrom), names)
  }

  /// The ids among `known` whose directory appeared or got a file, each once.
  func take(_ known: some Collection<String>) throws(SyscallError) -> [String] {
    var changed: Set<String> = []
    for event in try Kernel.inotifyEvents(inotify.raw) {
      if event.watch == guarded?.watch {
        if guarded?.names.contains(event.name) == true { isLost = true }
      } else if event.watch == root {
        if known.contains(event.name), try enter(event.name) { changed.insert(event.name) }
      } else if let id = ids[event.watch] {
        if event.mask & Self.ignored != 0 { ids[event.watch] = nil } else { changed.insert(id) }
      }
    }
    return changed.sorted()
  }

  /// Watches a new directory; false if it is gone again. The caller looks into it after that, so nothing is missed.
  private func enter(_ id: String) throws(SyscallError) -> Bool {
    do {
      let mask = Self.movedTo | Self.closedAfterWrite
      ids[try Kernel.watch(directory.appending(id), inotify: inotify.raw, mask: mask)] = id
      return true
    } catch {
      if error.errno == 2 || error.errno == 20 { return false }
      throw error
    }
  }
}
