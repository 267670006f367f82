// A log's bytes turned into lines; what is not complete yet waits for more bytes. Holds one piece of the log at a time.
internal import ContainrSystem
internal import Glibc

/// The lines of a stream of bytes.
struct LogParser: Sendable {
  /// A line that is longer is shown in pieces of this: what a container writes without an end must not have one here.
  static let longest = 1 << 20
  private static let piece = 65_536

  /// What was read and is not given out yet is from `start` to `end`; up to `searched` there is no end of a line.
  private var storage = [UInt8](repeating: 0, count: 2 * piece)
  private var start = 0
  private var searched = 0
  private var end = 0
  /// Lines that the runtime cut because they were long: tag P until one with tag F.
  private var outPart: [UInt8] = []
  private var errorPart: [UInt8] = []
  /// Where the time of the last record is, as long as that is in memory.
  private var timeRange = 0..<0
  /// The time of the last record of what was read before.
  private var earlierTime: [UInt8] = []

  /// The time of the last line, complete or not; empty: there was none that has one.
  var lastTime: String { String(decoding: timeRange.isEmpty ? earlierTime[...] : storage[timeRange], as: UTF8.self) }

  /// One read; answers how many bytes came, 0 at the end. To be called when `next` has nothing more.
  mutating func read(_ descriptor: CInt) throws(SyscallError) -> Int {
    makeRoom(Self.piece)
    let count = try Kernel.read(descriptor, into: &storage, from: end, atMost: Self.piece)
    end += count
    return count
  }

  /// Takes bytes that somebody else has read.
  mutating func take(_ bytes: ArraySlice<UInt8>) {
    makeRoom(bytes.count)
    storage.replaceSubrange(end..<(end + bytes.count), with: bytes)
    end += bytes.count
  }

  /// The next line that is complete; nil: more bytes are needed.
  mutating func next() -> LogLine? {
    while let newline = newline() {
      let record = storage[start..<newline]
      start = newline + 1
      searched = start
      if let line = line(of: record) { return line }
    }
    searched = end
    if end - start <= Self.longest { return nil }
    let line = LogLine(time: [], isError: false, text: storage[start..<end])
    start = end
    return line
  }

  /// What comes next does not go on where this ended: what is unfinished is lines now.
  mutating func cut() -> [LogLine] {
    var lines: [LogLine] = []
    if start < end { lines.append(LogLine(time: [], isError: false, text: storage[start..<end])) }
    (start, searched, end) = (0, 0, 0)
    for (part, isError) in [(outPart, false), (errorPart, true)] where !part.isEmpty {
      lines.append(LogLine(time: [], isError: isError, text: part))
    }
    (outPart, errorPart) = ([], [])
    return lines
  }

  private func newline() -> Int? {
    storage.withUnsafeBytes { bytes in
      guard searched < end, let found = memchr(bytes.baseAddress! + searched, 10, end - searched) else { return nil }
      return UnsafeRawPointer(found) - bytes.baseAddress!
    }
  }

  private mutating func makeRoom(_ count: Int) {
    if !timeRange.isEmpty { earlierTime = Array(storage[timeRange]) }
    timeRange = 0..<0
    if start == end { (start, searched, end) = (0, 0, 0) }
    if end + count <= storage.count { return }
    let rest = end - start
    if rest + count > storage.count {
      storage = storage[start..<end] + [UInt8](repeating: 0, count: rest + count)
    } else {
      let (from, to) = (start, end)
      storage.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[from..<to])) }
    }
    (start, searched, end) = (0, searched - start, rest)
  }

  private static let out = Array("stdout".utf8), error = Array("stderr".utf8)

  /// nil: a part of a line.
  private mutating func line(of record: ArraySlice<UInt8>) -> LogLine? {
    let space = UInt8(ascii: " ")
    // Not of this form: somebody else wrote into the file. It is shown rather than lost.
    let foreign = LogLine(record: record, timeEnd: record.startIndex, textStart: record.startIndex, isError: false)
    guard let first = record.firstIndex(of: space) else { return foreign }
    let behindTime = record[(first + 1)...]
    guard let second = behindTime.firstIndex(of: space) else { return foreign }
    let stream = record[(first + 1)..<second]
    let isError = stream.elementsEqual(Self.error)
    guard isError || stream.elementsEqual(Self.out) else { return foreign }
    timeRange = record.startIndex..<first
    let tag = record[(second + 1)...]
    let textStart = tag.firstIndex(of: space).map { $0 + 1 } ?? record.endIndex
    // Further tags may follow the first, separated by colons.
    let isPart = tag.first == UInt8(ascii: "P")
    let before = isError ? errorPart.count : outPart.count
    if isPart, before + record.endIndex - textStart <= Self.longest {
      if isError { errorPart += record[textStart...] } else { outPart += record[textStart...] }
      return nil
    }
    if before == 0 { return LogLine(record: record, timeEnd: first, textStart: textStart, isError: isError) }
    let text = (isError ? errorPart : outPart) + record[textStart...]
    if isError { errorPart = [] } else { outPart = [] }
    return LogLine(time: record[..<first], isError: isError, text: text)
  }
}
