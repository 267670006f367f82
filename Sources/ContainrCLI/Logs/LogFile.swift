// One container's log, read from where it was left off, through rotations. Reads only, a piece at a time.
internal import ContainrSystem
internal import SystemPackage

/// The reader of one log file. The file may not be there yet, and may be renamed away while it is read.
final class LogFile {
  let source: LogSource
  let path: FilePath
  /// Rotated files that are still to be read, the latest first. Open, so that a rotation takes none of them away.
  private var older: [SharedFD] = []
  private var open: (fd: SharedFD, inode: UInt64)?
  private var isFirst = true
  private var parser = LogParser()
  private var buffer = [UInt8](repeating: 0, count: 65_536)
  /// Lines of the piece that was read last, from `position` on.
  private var lines: [LogLine] = []
  private var position = 0

  init(_ source: LogSource, path: FilePath) {
    self.source = source
    self.path = path
  }

  convenience init(name: String, path: FilePath) { self.init(LogSource(label: name), path: path) }

  /// The next line, in the order in which they were written: those of rotated files come first. nil: there is no more for
  /// now. A file that is rotated while it is read is read to its end, then the new one from its start.
  func next() throws(SyscallError) -> LogLine? {
    while position == lines.count {
      guard let piece = try readPiece() else { return nil }
      lines = piece
      position = 0
    }
    position += 1
    return lines[position - 1]
  }

  /// All lines since the last call.
  func drain() throws(SyscallError) -> [LogLine] {
    var all: [LogLine] = []
    while let line = try next() { all.append(line) }
    return all
  }

  /// The lines that the next bytes complete, perhaps none; nil: there are no bytes.
  private func readPiece() throws(SyscallError) -> [LogLine]? {
    if open == nil {
      try reopen()
      if isFirst { try findOlder() }
      isFirst = false
    }
    while let file = older.last {
      let count = try Kernel.read(file.raw, into: &buffer)
      if count > 0 { return parser.feed(buffer[..<count]) }
      older.removeLast()
    }
    while let current = open {
      let count = try Kernel.read(current.fd.raw, into: &buffer)
      if count > 0 { return parser.feed(buffer[..<count]) }
      guard try Self.inode(of: path).map({ $0 != current.inode }) ?? false else { return nil }
      // What was written between the last read and the rename is still in the old file.
      let rest = try Kernel.read(current.fd.raw, into: &buffer)
      if rest > 0 { return parser.feed(buffer[..<rest]) }
      try reopen()
    }
    return nil
  }

  /// NAME.1 is the latest of the rotated files.
  private func findOlder() throws(SyscallError) {
    var number = 1
    while let file = try Self.openIfThere(rotated(number)) {
      // Rotated between the two looks: it is the one that is read anyway.
      if file.inode != open?.inode { older.append(file.fd) }
      number += 1
    }
  }

  private func rotated(_ number: Int) -> FilePath { FilePath("\(path).\(number)") }

  private func reopen() throws(SyscallError) { open = try Self.openIfThere(path) }

  private static func openIfThere(_ path: FilePath) throws(SyscallError) -> (fd: SharedFD, inode: UInt64)? {
    do {
      let fd = try Kernel.open(path, [.readOnly, .noFollow])
      let inode = try Kernel.status(at: fd.raw).inode
      return (SharedFD(fd), inode)
    } catch {
      if error.errno != 2 { throw error }
      return nil
    }
  }

  private static func inode(of path: FilePath) throws(SyscallError) -> UInt64? {
    do { return try Kernel.status(of: path, followSymlinks: false).inode } catch {
      if error.errno == 2 { return nil }
      throw error
    }
  }
}
