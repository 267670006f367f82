// The logs of several containers as one stream: first what is there, in the order of time, then what comes, as it comes.
internal import ContainrSystem
internal import SystemPackage

/// Reads and prints the logs of several containers.
final class LogReader {
  /// IN_MODIFY | IN_MOVED_TO | IN_CREATE, on the directories that hold the logs.
  private static let watched: UInt32 = 0x2 | 0x80 | 0x100

  private let files: [LogFile]
  private let printer: LogPrinter
  private let write: ([UInt8]) throws -> Void
  private let inotify: OwnedFD
  private var watchedDirectories: Set<FilePath> = []
  private var events = [UInt8](repeating: 0, count: 16_384)

  init(_ files: [LogFile], printer: LogPrinter, write: @escaping ([UInt8]) throws -> Void) throws(SyscallError) {
    self.files = files
    self.printer = printer
    self.write = write
    inotify = try Kernel.inotifyDescriptor()
  }

  /// Becomes readable when there may be more; borrowed.
  var descriptor: CInt { inotify.raw }

  /// Begins to watch. To be called before `printHistory`, so that nothing falls between the two.
  func watch() throws(SyscallError) {
    for file in files where watchedDirectories.insert(file.path.removingLastComponent()).inserted {
      try Kernel.watch(file.path.removingLastComponent(), inotify: inotify.raw, mask: Self.watched)
    }
  }

  /// Prints what the logs hold, merged by time; of each only the last `tail` lines, if given.
  func printHistory(tail: Int? = nil, since: String? = nil) throws {
    var all: [(line: LogLine, index: Int)] = []
    for (index, file) in files.enumerated() {
      var lines = try file.drain()
      if let since { lines.removeAll { $0.time < since } }
      for line in lines.suffix(tail ?? Int.max) { all.append((line, index)) }
    }
    // Sorting is not stable in Swift; the position keeps lines of the same instant in their order.
    let order = all.indices.sorted { (all[$0].line.time, $0) < (all[$1].line.time, $1) }
    try write(order.flatMap { printer.text(all[$0].line, from: all[$0].index) })
  }

  /// Prints what came since the last call; never waits.
  func printNew() throws {
    try discardEvents()
    var text: [UInt8] = []
    for (index, file) in files.enumerated() { for line in try file.drain() { text += printer.text(line, from: index) } }
    if !text.isEmpty { try write(text) }
  }

  private func discardEvents() throws(SyscallError) {
    do { while try Kernel.read(inotify.raw, into: &events) > 0 {} } catch { if error.errno != 11 { throw error } }
  }
}
