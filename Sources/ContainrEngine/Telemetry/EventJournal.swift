// The file of events: appended to by many at once, read by one who follows it.
public import ContainrSystem
public import SystemPackage

/// The file of them.
public struct EventJournal: Sendable {
  /// The name below the run directory.
  public static let fileName = "events"
  /// Bytes after which it is put aside, in place of what was put aside before.
  static let limit: UInt64 = 512 << 10

  /// Where it is.
  public let path: FilePath
  /// What was put aside.
  public var older: FilePath { FilePath(path.string + ".1") }

  /// In a run directory. Makes nothing.
  public init(runDirectory: FilePath) { path = runDirectory.appending(Self.fileName) }

  /// Adds events. The run directory must be there.
  public func append(_ events: [ContainerEvent]) throws(SyscallError) {
    if events.isEmpty { return }
    try Self.append(events.map(\.line).joined(), path, at: Kernel.currentDirectory)
    try putAside()
  }

  /// Adds a line by way of a directory, with one write: others write at the same time.
  public static func append(_ line: String, _ path: FilePath, at directory: CInt) throws(SyscallError) {
    try Kernel.open(path, at: directory, [.writeOnly, .create, .append, .noFollow], mode: 0o600).writeAll(
      Array(line.utf8))
  }

  private func putAside() throws(SyscallError) {
    guard try Kernel.status(of: path).size > Self.limit else { return }
    let lock = try FileLock(FilePath(path.string + ".lock"))
    // Somebody may have been faster.
    if try Kernel.status(of: path).size > Self.limit { try Kernel.rename(path, to: older) }
    try lock.removeFile()
  }

  /// All that is kept, in the order in which it was written. What is no event is left out.
  public func all() throws(SyscallError) -> [ContainerEvent] {
    var events: [ContainerEvent] = []
    for file in [older, path] {
      do throws(SyscallError) {
        events += Self.events(in: try Kernel.contents(of: file, limit: 64 << 20)).events
      } catch { if error.errno != 2 { throw error } }
    }
    return events
  }

  /// The events of whole lines, and how many bytes these have.
  public static func events(in bytes: [UInt8]) -> (events: [ContainerEvent], length: Int) {
    let length = bytes.lastIndex(of: 10).map { $0 + 1 } ?? 0
    let text = String(decoding: bytes[..<length], as: UTF8.self)
    return (text.split(separator: "\n").compactMap { ContainerEvent(line: $0) }, length)
  }

  /// Takes it away with all that belongs to it.
  public func remove() throws(SyscallError) {
    for file in [path, older, FilePath(path.string + ".lock")] {
      do throws(SyscallError) { try Kernel.remove(file) } catch { if error.errno != 2 { throw error } }
    }
  }
}

/// Reads a journal as it grows.
public final class EventFollower {
  private let journal: EventJournal
  private let inotify: OwnedFD
  private var file: SharedFD?
  private var offset: UInt64 = 0
  private var rest: [UInt8] = []

  /// From now on. The run directory must be there.
  public init(_ journal: EventJournal) throws(SyscallError) {
    self.journal = journal
    inotify = try Kernel.inotifyDescriptor()
    // IN_MODIFY | IN_MOVED_FROM | IN_CREATE
    try Kernel.watch(journal.path.removingLastComponent(), inotify: inotify.raw, mask: 0x2 | 0x40 | 0x100)
    try open()
    if let file { offset = UInt64(try Kernel.status(at: file.raw).size) }
  }

  /// Readable when there may be more.
  public var descriptor: CInt { inotify.raw }

  private func open() throws(SyscallError) {
    do throws(SyscallError) {
      file = SharedFD(try Kernel.open(journal.path))
    } catch { if error.errno != 2 { throw error } }
    offset = 0
  }

  /// What has come since the last call; never waits.
  public func take() throws(SyscallError) -> [ContainerEvent] {
    var buffer = [UInt8](repeating: 0, count: 16384)
    do throws(SyscallError) { while try Kernel.read(inotify.raw, into: &buffer) > 0 {} } catch {
      if error.errno != 11 { throw error }
    }
    var events = try readOn()
    // Put aside meanwhile: the old one was read to its end, a new one is or comes.
    let current: UInt64?
    do throws(SyscallError) { current = try Kernel.status(of: journal.path).inode } catch {
      if error.errno != 2 { throw error }
      current = nil
    }
    let own = try file.map { (file) throws(SyscallError) in try Kernel.status(at: file.raw).inode }
    if current != nil, current != own {
      rest = []
      try open()
      events += try readOn()
    }
    return events
  }

  private func readOn() throws(SyscallError) -> [ContainerEvent] {
    guard let file else { return [] }
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = try Kernel.read(file.raw, into: &buffer, at: offset)
      if count == 0 { break }
      offset += UInt64(count)
      rest += buffer[..<count]
    }
    let (events, length) = EventJournal.events(in: rest)
    rest.removeFirst(length)
    return events
  }
}
