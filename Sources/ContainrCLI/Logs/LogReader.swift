// The logs of several containers as one stream: first what is there, in the order of time, then what comes, as it comes.
internal import ContainrSystem
internal import SystemPackage

/// Reads and prints the logs of several containers.
final class LogReader {
  /// IN_MODIFY | IN_MOVED_TO | IN_CREATE, on the directories that hold the logs.
  private static let watched: UInt32 = 0x2 | 0x80 | 0x100

  private var files: [LogFile]
  private var printer: LogPrinter
  private let filter: LogFilter
  private let write: ([UInt8]) throws -> Void
  private let inotify: OwnedFD
  private var watchedDirectories: Set<FilePath> = []
  private var events = [UInt8](repeating: 0, count: 16_384)

  init(
    _ files: [LogFile], printer: LogPrinter, filter: LogFilter = LogFilter(),
    write: @escaping ([UInt8]) throws -> Void
  ) throws(SyscallError) {
    self.files = files
    self.printer = printer
    self.filter = filter
    self.write = write
    inotify = try Kernel.inotifyDescriptor()
  }

  /// Becomes readable when there may be more; borrowed.
  var descriptor: CInt { inotify.raw }

  /// Begins to watch. To be called before `printHistory`, so that nothing falls between the two.
  func watch() throws(SyscallError) { for file in files { try watch(file) } }

  private func watch(_ file: LogFile) throws(SyscallError) {
    if watchedDirectories.insert(file.path.removingLastComponent()).inserted {
      try Kernel.watch(file.path.removingLastComponent(), inotify: inotify.raw, mask: Self.watched)
    }
  }

  /// Goes on with one more, from its beginning; one that is followed already is left out.
  func follow(_ file: LogFile) throws(SyscallError) {
    if files.contains(where: { $0.path == file.path }) { return }
    try watch(file)
    files.append(file)
    if !printer.names.contains(file.source.label) { printer.names.append(file.source.label) }
  }

  /// Prints what the logs hold, merged by time; of each container only the last `tail` lines, if given.
  func printHistory(tail: Int? = nil) throws {
    var merge = try LogMerge(files, filter: filter)
    var output = LogOutput(write)
    if let tail {
      var last = LogTail(tail)
      while let (line, source) = try merge.next() { last.take(line, of: source) }
      for (line, source) in last.lines { try output.add(printer.text(line, from: source)) }
    } else {
      while let (line, source) = try merge.next() { try output.add(printer.text(line, from: source)) }
    }
    try output.flush()
  }

  /// Prints what came since the last call; never waits.
  func printNew() throws {
    try discardEvents()
    var output = LogOutput(write)
    for file in files {
      while let line = try file.next() {
        if filter.holds(line) { try output.add(printer.text(line, from: file.source)) }
      }
    }
    try output.flush()
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

  init(_ write: @escaping ([UInt8]) throws -> Void) { self.write = write }

  mutating func add(_ bytes: [UInt8]) throws {
    text += bytes
    if text.count >= Self.piece { try flush() }
  }

  mutating func flush() throws {
    if text.isEmpty { return }
    try write(text)
    text.removeAll(keepingCapacity: true)
  }
}
