// Several logs as one stream in the order of time, with one line of each in memory.
internal import ContainrSystem

/// The lines of several files that are there, merged by time. What has no time stays behind the line before it.
struct LogMerge {
  /// A file's next line, and the time by which it comes.
  private struct Head {
    var line: LogLine
    var time: String
    let file: Int
  }

  private let files: [LogFile]
  private let filter: LogFilter
  /// Ascending by time, then by the file's place; the last one is the next.
  private var heads: [Head] = []

  init(_ files: [LogFile], filter: LogFilter) throws(SyscallError) {
    self.files = files
    self.filter = filter
    for file in files.indices {
      if let head = try Self.head(files[file], file, filter, after: "") { heads.append(head) }
    }
    heads.sort { Self.isLater($0, $1) }
  }

  /// nil: all of them are read.
  mutating func next() throws(SyscallError) -> (line: LogLine, source: LogSource)? {
    guard let first = heads.popLast() else { return nil }
    if let head = try Self.head(files[first.file], first.file, filter, after: first.time) { insert(head) }
    return (first.line, files[first.file].source)
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

  private static func isLater(_ a: Head, _ b: Head) -> Bool { (a.time, a.file) > (b.time, b.file) }

  private static func head(
    _ file: LogFile, _ number: Int, _ filter: LogFilter, after last: String
  ) throws(SyscallError) -> Head? {
    while let line = try file.next() {
      if filter.holds(line) { return Head(line: line, time: line.time.isEmpty ? last : line.time, file: number) }
    }
    return nil
  }
}

/// The last lines of each source, in the order in which all came.
struct LogTail {
  private struct Entry {
    var number: Int
    var line: LogLine
  }

  private let count: Int
  private var lasts: [LogSource: (entries: [Entry], next: Int)] = [:]
  private var number = 0

  init(_ count: Int) { self.count = count }

  mutating func take(_ line: LogLine, of source: LogSource) {
    if count == 0 { return }
    number += 1
    let entry = Entry(number: number, line: line)
    // A ring, so that a long log costs no more than what is shown of it.
    var last = lasts.removeValue(forKey: source) ?? ([], 0)
    if last.entries.count < count {
      last.entries.append(entry)
    } else {
      last.entries[last.next] = entry
      last.next = (last.next + 1) % count
    }
    lasts[source] = last
  }

  var lines: [(line: LogLine, source: LogSource)] {
    lasts.flatMap { source, last in last.entries.map { ($0.number, $0.line, source) } }.sorted { $0.0 < $1.0 }
      .map { ($0.1, $0.2) }
  }
}
