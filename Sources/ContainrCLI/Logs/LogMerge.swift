// Several logs as one stream in the order of time, with one line of each in memory.
internal import ContainrSystem

/// The lines of several files that are there, merged by time. What has no time stays behind the line before it.
struct LogMerge {
  /// A file's next line, and the time by which it comes.
  private struct Head {
    var line: LogLine
    var time: ArraySlice<UInt8>
    let file: Int
  }

  private let files: [LogFile]
  private let filter: LogFilter
  /// Ascending by time, then by the file's place; the last one is the next.
  private var heads: [Head] = []

  init(_ files: [LogFile], filter: LogFilter) throws(SyscallError) {
    self.files = files
    self.filter = filter
    // One file is in order as it is.
    if files.count == 1 { return }
    for file in files.indices {
      if let head = try Self.head(files[file], file, filter, after: []) { heads.append(head) }
    }
    heads.sort { Self.isLater($0, $1) }
  }

  /// The line and its file's place; nil: all of them are read.
  mutating func next() throws(SyscallError) -> (line: LogLine, file: Int)? {
    if files.count == 1 {
      while let line = try files[0].next() { if filter.holds(line) { return (line, 0) } }
      return nil
    }
    guard let first = heads.popLast() else { return nil }
    if let head = try Self.head(files[first.file], first.file, filter, after: first.time) { insert(head) }
    return (first.line, first.file)
  }

  /// The same file mostly goes on: looked for from the end.
  private mutating func insert(_ head: Head) {
    if heads.last.map({ Self.isLater($0, head) }) ?? true { return heads.append(head) }
    var (low, high) = (0, heads.count)
    while low < high {
      let middle = (low + high) / 2
      if Self.isLater(heads[middle], head) { low = middle + 1 } else { high = middle }
    }
    heads.insert(head, at: low)
  }

  private static func isLater(_ a: Head, _ b: Head) -> Bool {
    if b.time.lexicographicallyPrecedes(a.time) { return true }
    return a.file > b.file && a.time == b.time
  }

  private static func head(
    _ file: LogFile, _ number: Int, _ filter: LogFilter, after last: ArraySlice<UInt8>
  ) throws(SyscallError) -> Head? {
    while let line = try file.next() {
      if filter.holds(line) {
        return Head(line: line, time: line.timeBytes.isEmpty ? last : line.timeBytes, file: number)
      }
    }
    return nil
  }
}

/// The last lines of each source, in the order in which all came.
struct LogTail {
  private struct Entry {
    var number: Int
    var line: LogLine
    var file: Int
  }

  private let count: Int
  private var lasts: [(entries: [Entry], next: Int)]
  private var number = 0

  init(_ count: Int, sources: Int) {
    self.count = count
    lasts = Array(repeating: ([], 0), count: sources)
  }

  /// `source` is below the number of sources; `file` is whose line it is.
  mutating func take(_ line: LogLine, of source: Int, file: Int) {
    if count == 0 { return }
    number += 1
    let entry = Entry(number: number, line: line.alone, file: file)
    // A ring, so that a long log costs no more than what is shown of it.
    if lasts[source].entries.count < count {
      lasts[source].entries.append(entry)
    } else {
      let next = lasts[source].next
      lasts[source].entries[next] = entry
      lasts[source].next = (next + 1) % count
    }
  }

  var lines: [(line: LogLine, file: Int)] {
    lasts.flatMap(\.entries).sorted { $0.number < $1.number }.map { ($0.line, $0.file) }
  }
}
