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
    var all: [(line: LogLine, source: LogSource)] = []
    for file in files {
      for line in try file.drain() where filter.holds(line) { all.append((line, file.source)) }
    }
    // Sorting is not stable in Swift; the position keeps lines of the same instant in their order.
    var order = all.indices.sorted { (all[$0].line.time, $0) < (all[$1].line.time, $1) }
    if let tail {
      // A container may have several files: those of its former lives.
      var left: [LogSource: Int] = [:]
      order = order.reversed().filter { index in
        left[all[index].source, default: tail] -= 1
        return left[all[index].source, default: 0] >= 0
      }.reversed()
    }
    try write(order.flatMap { printer.text(all[$0].line, from: all[$0].source) })
  }

  /// Prints what came since the last call; never waits.
  func printNew() throws {
    try discardEvents()
    var text: [UInt8] = []
    for file in files {
      for line in try file.drain() where filter.holds(line) { text += printer.text(line, from: file.source) }
    }
    if !text.isEmpty { try write(text) }
  }

  private func discardEvents() throws(SyscallError) {
    do { while try Kernel.read(inotify.raw, into: &events) > 0 {} } catch { if error.errno != 11 { throw error } }
  }
}
