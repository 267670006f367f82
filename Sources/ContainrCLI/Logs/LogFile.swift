// One container's log, read from where it was left off, through rotations. Reads only, a piece at a time.
internal import ContainrSystem
internal import SystemPackage

/// The reader of one log. Its file may not be there yet, and may be renamed away while it is read.
final class LogFile {
  let source: LogSource
  let path: FilePath
  /// Hears of lines that are lost, before the first one behind them is given out.
  var tell: ((LogGap) -> Void)?
  private var generations: LogGenerations
  private var isBegun = false
  /// Looks for what has come, again and again; otherwise what is there at the first read is all.
  private var isFollowed = false
  /// At the end of this file reading stops; nil: nowhere.
  private var last: LogGeneration?
  private var parser = LogParser()
  /// What a gap has cut off, the next one last.
  private var leftovers: [LogLine] = []
  private var gap: LogGap?

  init(_ source: LogSource, path: FilePath) {
    self.source = source
    self.path = path
    generations = LogGenerations(path)
  }

  /// Goes on from file to file as they come, from now on; no more than `most` are held open at once.
  func follow(holding most: Int) {
    isFollowed = true
    generations.most = most
  }

  /// Opens what is there by now, so that a rotation takes none of it away before it is read.
  func hold() throws(SyscallError) {
    if isBegun {
      if isFollowed { try generations.look() }
    } else {
      isBegun = true
      try generations.look()
      if !isFollowed { last = generations.held.last }
    }
  }

  /// Until `goOn` only the files that are there now are read: there is an end, however fast the log is written.
  func stopHere() throws(SyscallError) {
    try hold()
    if isFollowed { try generations.look(all: true) }
    last = generations.held.last
  }

  func goOn() { last = nil }

  /// The next line, in the order in which they were written: those of rotated files come first. nil: there is no more for
  /// now. A file that is rotated while it is read is read to its end, then the next one from its start.
  func next() throws(SyscallError) -> LogLine? {
    while true {
      if let line = leftovers.popLast() { return line }
      if let line = parser.next() {
        if gap != nil { tellGap(before: line.time) }
        return line
      }
      if try !readPiece() {
        tellGap(before: "")
        return nil
      }
    }
  }

  /// Whether there were bytes, or leftovers of a gap.
  private func readPiece() throws(SyscallError) -> Bool {
    try hold()
    while let first = generations.held.first {
      if try parser.read(first.descriptor.raw) > 0 { return true }
      if first === last { return false }
      try hold()
      if generations.held.count == 1 { return false }
      // What was written between the last read and the rename is still in it.
      if try parser.read(first.descriptor.raw) > 0 { return true }
      guard let missing = try generations.removeFirst() else { continue }
      tellGap(before: "")
      gap = missing
      gap?.after = parser.lastTime
      leftovers = parser.cut().reversed()
      if !leftovers.isEmpty { return true }
    }
    return false
  }

  private func tellGap(before: String) {
    guard var told = gap else { return }
    gap = nil
    told.before = before
    tell?(told)
  }
}
