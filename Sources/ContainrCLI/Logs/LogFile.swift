// One container's log, read from where it was left off, through rotations. Reads only.
internal import ContainrSystem
internal import SystemPackage

/// The reader of one log file. The file may not be there yet, and may be renamed away while it is read.
final class LogFile {
  let source: LogSource
  let path: FilePath
  private var open: (fd: SharedFD, inode: UInt64)?
  private var isFirst = true
  private var parser = LogParser()
  private var buffer = [UInt8](repeating: 0, count: 65_536)

  init(_ source: LogSource, path: FilePath) {
    self.source = source
    self.path = path
  }

  convenience init(name: String, path: FilePath) { self.init(LogSource(label: name), path: path) }

  /// All lines since the last call; on the first one those of rotated files come first. A file that is rotated while
  /// it is read is read to its end, then the new one from its start.
  func drain() throws(SyscallError) -> [LogLine] {
    var lines: [LogLine] = []
    if open == nil {
      try reopen()
      if isFirst { try readOlder(into: &lines) }
      isFirst = false
    }
    while let current = open {
      try read(current.fd, into: &lines)
      guard try Self.inode(of: path).map({ $0 != current.inode }) ?? false else { break }
      // What was written between the last read and the rename is still in the old file.
      try read(current.fd, into: &lines)
      try reopen()
    }
    return lines
  }

  /// NAME.1 is the latest of the rotated files.
  private func readOlder(into lines: inout [LogLine]) throws(SyscallError) {
    var number = 1
    while try Self.inode(of: rotated(number)) != nil { number += 1 }
    for number in stride(from: number - 1, to: 0, by: -1) {
      guard let file = try Self.openIfThere(rotated(number)) else { continue }
      // Rotated between the two looks: it is the one that is read anyway.
      if file.inode != open?.inode { try read(file.fd, into: &lines) }
    }
  }

  private func rotated(_ number: Int) -> FilePath { FilePath("\(path).\(number)") }

  private func read(_ fd: SharedFD, into lines: inout [LogLine]) throws(SyscallError) {
    while true {
      let count = try Kernel.read(fd.raw, into: &buffer)
      if count == 0 { return }
      lines.append(contentsOf: parser.feed(buffer[..<count]))
    }
  }

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
