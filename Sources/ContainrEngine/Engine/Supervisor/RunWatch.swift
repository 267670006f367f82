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
    var buffer = [UInt8](repeating: 0, count: 16384)
    let count = try Kernel.read(inotify.raw, into: &buffer)
    var changed: Set<String> = []
    var offset = 0
    // struct inotify_event: wd, mask, cookie, length of the name, the name padded with NUL.
    while offset + 16 <= count {
      let (watch, mask, length) = buffer.withUnsafeBytes {
        (
          $0.loadUnaligned(fromByteOffset: offset, as: Int32.self),
          $0.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self),
          Int($0.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
        )
      }
      let name = buffer[(offset + 16)..<min(offset + 16 + length, count)].prefix { $0 != 0 }
      offset += 16 + length
      if watch == guarded?.watch {
        if guarded?.names.contains(String(decoding: name, as: UTF8.self)) == true { isLost = true }
      } else if watch == root {
        let id = String(decoding: name, as: UTF8.self)
        if known.contains(id), try enter(id) { changed.insert(id) }
      } else if let id = ids[watch] {
        if mask & Self.ignored != 0 { ids[watch] = nil } else { changed.insert(id) }
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
