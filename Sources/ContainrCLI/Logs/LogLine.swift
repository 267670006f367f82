// One line that a container wrote, from the log's form `TIME STREAM TAG text` (the CRI log format). Pure.

struct LogLine: Sendable, Hashable {
  /// RFC 3339 with nanoseconds, UTC: sorts as text.
  var time: String
  var isError: Bool
  /// Without its newline; as the container wrote it.
  var text: [UInt8]
}

/// Turns a log's bytes into lines; what is not complete yet waits for more bytes.
struct LogParser: Sendable {
  /// A line that is longer is shown in pieces of this: what a container writes without an end must not have one here.
  static let longest = 1 << 20
  private var rest: [UInt8] = []
  /// Lines that the runtime cut because they were long, by stream: tag P until one with tag F.
  private var parts: [Bool: [UInt8]] = [:]

  /// The lines that these bytes complete.
  mutating func feed(_ bytes: ArraySlice<UInt8>) -> [LogLine] {
    rest.append(contentsOf: bytes)
    var lines: [LogLine] = []
    var start = 0
    while let end = rest[start...].firstIndex(of: 10) {
      if let line = parse(rest[start..<end]) { lines.append(line) }
      start = end + 1
    }
    rest.removeFirst(start)
    if rest.count > Self.longest {
      lines.append(LogLine(time: "", isError: false, text: rest))
      rest = []
    }
    return lines
  }

  private mutating func parse(_ record: ArraySlice<UInt8>) -> LogLine? {
    let fields = record.split(separator: 32, maxSplits: 3, omittingEmptySubsequences: false)
    // Not of this form: somebody else wrote into the file. It is shown rather than lost.
    guard fields.count >= 3, fields[1].elementsEqual("stdout".utf8) || fields[1].elementsEqual("stderr".utf8) else {
      return LogLine(time: "", isError: false, text: Array(record))
    }
    let isError = fields[1].elementsEqual("stderr".utf8)
    let text = fields.count == 4 ? Array(fields[3]) : []
    let part = parts.removeValue(forKey: isError) ?? []
    // Further tags may follow the first, separated by colons.
    if fields[2].first == UInt8(ascii: "P"), part.count + text.count <= Self.longest {
      parts[isError] = part + text
      return nil
    }
    return LogLine(time: String(decoding: fields[0], as: UTF8.self), isError: isError, text: part + text)
  }
}
