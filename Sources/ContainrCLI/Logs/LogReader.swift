// The logs of several containers as one stream: first what is there, in the order of time, then what comes, as it comes.
internal import ContainrSystem
internal import ContainrTelemetry
internal import SystemPackage

/// Reads and prints the logs of several containers.
final class LogReader {
  /// IN_MODIFY | IN_MOVED_TO | IN_CREATE, on the directories that hold the logs.
  private static let watched: UInt32 = 0x2 | 0x80 | 0x100
  /// Rotated files that are held open at once, of all logs that are followed.
  private static let heldFiles = 512
  /// Bytes of one log that are read in a row while others wait.
  private static let turn = 1 << 20
  /// Between two looks at what has come in all logs while some are read, in nanoseconds, and lines between two looks at the
  /// clock.
  private static let lookEvery: UInt64 = 2_000_000, clockEvery = 256

  private var files: [LogFile]
  /// What stands before the lines of each file.
  private var heads: [LogHead] = []
  private var printer: LogPrinter
  private let filter: LogFilter
  private let write: ([UInt8]) throws -> Void
  private let tell: (String) -> Void
  private let inotify: OwnedFD
  private var watchedDirectories: Set<FilePath> = []
  private var events = [UInt8](repeating: 0, count: 16_384)
  private var isFollowing = false
  private var lastLook: UInt64 = 0
  private var linesSinceClock = 0

  /// `tell` is for lines that are lost: one line, without an end.
  init(
    _ files: [LogFile], printer: LogPrinter, filter: LogFilter = LogFilter(), tell: @escaping (String) -> Void,
    write: @escaping ([UInt8]) throws -> Void
  ) throws(SyscallError) {
    self.files = files
    self.printer = printer
    self.filter = filter
    self.tell = tell
    self.write = write
    inotify = try Kernel.inotifyDescriptor()
    for file in files { listen(to: file) }
    heads = files.map { printer.head(of: $0.source) }
  }

  /// Becomes readable when there may be more; borrowed.
  var descriptor: CInt { inotify.raw }

  /// Begins to watch. To be called before `printHistory`, so that nothing falls between the two.
  func watch() throws(SyscallError) {
    isFollowing = true
    for file in files { try watch(file) }
    share()
    for file in files { try file.hold() }
  }

  private func watch(_ file: LogFile) throws(SyscallError) {
    if watchedDirectories.insert(file.path.removingLastComponent()).inserted {
      try Kernel.watch(file.path.removingLastComponent(), inotify: inotify.raw, mask: Self.watched)
    }
  }

  private func share() { for file in files { file.follow(holding: max(4, Self.heldFiles / files.count)) } }

  private func listen(to file: LogFile) {
    file.tell = { [filter, tell] gap in
      if filter.concerns(gap) { tell("\(file.source.container): \(gap.words)") }
    }
  }

  /// Goes on with one more, from its beginning; one that is followed already is left out.
  func follow(_ file: LogFile) throws(SyscallError) {
    if files.contains(where: { $0.path == file.path }) { return }
    try watch(file)
    files.append(file)
    listen(to: file)
    share()
    try file.hold()
    if !printer.names.contains(file.source.label) { printer.names.append(file.source.label) }
    let printer = printer
    heads = files.map { printer.head(of: $0.source) }
  }

  /// Prints what the logs hold, merged by time; of each container only the last `tail` lines, if given.
  func printHistory(tail: Int? = nil) throws {
    for file in files { try file.stopHere() }
    var merge = try LogMerge(files, filter: filter)
    var output = LogOutput(write)
    if let tail {
      let sources = Dictionary(files.map(\.source).map { ($0, 0) }) { first, _ in first }.keys
      let places = Dictionary(uniqueKeysWithValues: zip(sources, 0...))
      let source = files.map { places[$0.source, default: 0] }
      var last = LogTail(tail, sources: places.count)
      while let (line, file) = try merge.next() {
        last.take(line, of: source[file], file: file)
        try holdAll()
      }
      for (line, file) in last.lines { try output.add { printer.add(line, head: heads[file], to: &$0) } }
    } else {
      while let (line, file) = try merge.next() {
        try output.add { printer.add(line, head: heads[file], to: &$0) }
        try holdAll()
      }
    }
    try output.flush()
    if isFollowing { for file in files { file.goOn() } }
  }

  /// Prints of what came since the last call as much as is due before others have their turn; never waits. True: there is more.
  func printNew() throws -> Bool {
    try discardEvents()
    var output = LogOutput(write)
    var isMore = false
    for place in files.indices {
      var left = Self.turn
      while let line = try files[place].next() {
        if filter.holds(line) { try output.add { printer.add(line, head: heads[place], to: &$0) } }
        try holdAll()
        left -= line.text.count + LogTimestamp.length
        if left > 0 { continue }
        isMore = true
        break
      }
    }
    try output.flush()
    return isMore
  }

  /// Prints all that there is now, and nothing that comes after that.
  func printRest() throws {
    for file in files { try file.stopHere() }
    while try printNew() {}
    for file in files { file.goOn() }
  }

  /// Opens what has come in any log, now and then: what is not read yet must not be rotated away.
  private func holdAll() throws(SyscallError) {
    linesSinceClock += 1
    if !isFollowing || linesSinceClock < Self.clockEvery { return }
    linesSinceClock = 0
    let now = Kernel.monotonicTime()
    if now < lastLook + Self.lookEvery { return }
    for file in files { try file.hold() }
    lastLook = now
  }

  private func discardEvents() throws(SyscallError) {
    do { while try Kernel.read(inotify.raw, into: &events) > 0 {} } catch { if error.errno != 11 { throw error } }
  }
}

/// Writes in pieces: neither a call a line, nor all at once.
private struct LogOutput {
  private static let piece = 65_536
  private let write: ([UInt8]) throws -> Void
  private var text: [UInt8] = []

  init(_ write: @escaping ([UInt8]) throws -> Void) {
    self.write = write
    text.reserveCapacity(2 * Self.piece)
  }

  mutating func add(_ line: (inout [UInt8]) -> Void) throws {
    line(&text)
    if text.count >= Self.piece { try flush() }
  }

  mutating func flush() throws {
    if text.isEmpty { return }
    try write(text)
    text.removeAll(keepingCapacity: true)
  }
}
