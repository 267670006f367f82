// The end of a container's log, for reports of what is not well or gone by then: read backwards in pieces, from the newest of its
// files on, and no further than the lines that are wanted. Reads only.
internal import ContainrHost
internal import ContainrSystem
internal import SystemPackage

struct LastLines {
  /// How many are wanted.
  private static let count = 10
  private static let piece: UInt64 = 16_384
  /// More than this is not read, however long lines are.
  private static let limit: UInt64 = 262_144

  /// Lines, the last one first; of each its parts, the last one first.
  private var lines: [[ArraySlice<UInt8>]] = []
  /// By stream: the line whose beginning is not known yet.
  private var open: [Bool: Int] = [:]
  private let since: String?
  private var isDone = false
  private var left = Self.limit

  private init(since: String?) { self.since = since }

  /// The last lines without their times; empty if there is no log.
  /// `since`: what the log has of former lives of the container is not its.
  static func of(_ log: FilePath, since: String? = nil) throws(EngineError) -> [String] {
    var last = LastLines(since: since)
    do {
      var number = 0
      var seen: Set<UInt64> = []
      while !last.isDone {
        let file = try Kernel.open(number == 0 ? log : FilePath("\(log).\(number)"), [.readOnly, .noFollow])
        number += 1
        let status = try Kernel.status(at: file.raw)
        // Renamed between two looks.
        if seen.insert(status.inode).inserted { try last.take(file, size: status.size) }
      }
    } catch {
      if error.errno != 2 { throw EngineError(error, "read the log \(log)") }
    }
    return last.text
  }

  /// The same of bytes that somebody else has read.
  static func lines(_ text: String, since: String? = nil) -> [String] {
    var last = LastLines(since: since)
    last.take(Array(text.utf8)[...])
    return last.text
  }

  private var text: [String] {
    lines.reversed().map { line in
      String(decoding: line.reversed().joined(), as: UTF8.self)
    }
  }

  /// One file, from its end. Whose log it is may still write to it: what stands behind by now is not read.
  private mutating func take(_ file: borrowing OwnedFD, size: UInt64) throws(SyscallError) {
    var end = size
    // The end of a record whose beginning is in the piece before.
    var rest: [UInt8] = []
    while end > 0, !isDone {
      let length = min(end, Self.piece, left)
      if length == 0 { return isDone = true }
      (end, left) = (end - length, left - length)
      var bytes = [UInt8](repeating: 0, count: Int(length))
      bytes.removeLast(bytes.count - (try Kernel.read(file.raw, into: &bytes, at: end)))
      bytes += rest
      let first = end == 0 ? bytes.startIndex : bytes.firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.endIndex
      rest = Array(bytes[..<first])
      take(bytes[first...])
    }
  }

  /// Whole records.
  private mutating func take(_ bytes: ArraySlice<UInt8>) {
    for record in bytes.split(separator: 0x0A).reversed() where !isDone { take(record: record) }
  }

  /// Records of the CRI form are `TIME STREAM TAG TEXT`; others are nobody's.
  private mutating func take(record: ArraySlice<UInt8>) {
    let parts = record.split(separator: 0x20, maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4 else { return }
    if let since, parts[0].lexicographicallyPrecedes(since.utf8) { return isDone = true }
    // A part of a line ends with what follows on its stream.
    let (isError, isPart) = (parts[1].elementsEqual("stderr".utf8), parts[2].first == UInt8(ascii: "P"))
    if isPart, let line = open[isError] { return lines[line].append(parts[3]) }
    if lines.count == Self.count { return isDone = true }
    open[isError] = lines.count
    lines.append([parts[3]])
  }
}
