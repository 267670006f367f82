// The end of a log file whose writer did not come to its own: the power failed, or the writer was killed in the middle of a
// write. What is appended next must begin a line of its own. Works on an open file.
internal import ContainrSystem

enum LogTail {
  /// More than two of the longest entries.
  private static let window = 65536
  /// What an entry begins with: `#` is a digit. Then the stream and the tag.
  private static let time = Array("####-##-##T##:##:##.#########Z".utf8)
  private static let rests = ["stdout", "stderr"].flatMap { stream in
    ["F", "P"].map { Array(" \(stream) \($0) ".utf8) }
  }

  /// Sees to it that a file, open for reading and appending, ends with an end of a line; answers its size. An entry that was
  /// cut in its text ends where it was cut; one of which not even time, stream and tag are there goes. A line of which there are
  /// only parts gets its end: the next one of its stream would be its continuation.
  static func mend(_ file: CInt, size: UInt64) throws(SyscallError) -> UInt64 {
    var size = size
    while size > 0 {
      var bytes = [UInt8](repeating: 0, count: Int(min(size, UInt64(window))))
      let start = size - UInt64(bytes.count)
      bytes.removeLast(bytes.count - (try Kernel.read(file, into: &bytes, at: start)))
      let (kept, ending) = repair(bytes)
      if kept < bytes.count { try Kernel.truncate(file, to: start + UInt64(kept)) }
      size = start + UInt64(kept)
      // Of all that was looked at nothing stays: what is before it has an end to be looked at as well.
      if kept == 0, !bytes.isEmpty { continue }
      try Kernel.writeAll(file, ending)
      return size + UInt64(ending.count)
    }
    return 0
  }

  /// How much of the end of a log stays, and what is to be written behind it.
  static func repair(_ bytes: [UInt8]) -> (kept: Int, ending: [UInt8]) {
    let lineStart = bytes.lastIndex(of: 10).map { $0 + 1 } ?? 0
    var kept = bytes.count
    var ending: [UInt8] = []
    if lineStart < bytes.count {
      // Room that a file system gave the file before the bytes were there.
      while kept > lineStart, bytes[kept - 1] == 0 { kept -= 1 }
      let cut = bytes[lineStart..<kept]
      if cut.isEmpty || isTornHead(cut) { kept = lineStart } else { ending = [10] }
    }
    for stream in ["stdout", "stderr"] {
      if let time = openPart(bytes[..<kept], of: stream) { ending += time + Array(" \(stream) F \n".utf8) }
    }
    return (kept, ending)
  }

  /// Less than time, stream and tag, and nothing else. Whatever somebody else wrote is not ours to judge.
  private static func isTornHead(_ bytes: ArraySlice<UInt8>) -> Bool {
    for (byte, form) in zip(bytes, time) {
      let fits = form == UInt8(ascii: "#") ? (0x30...0x39).contains(byte) : byte == form
      if !fits { return false }
    }
    let rest = bytes.dropFirst(time.count)
    return rests.contains { rest.count < $0.count && $0.starts(with: rest) }
  }

  /// The time of a stream's last entry, if that is a part of a line that goes on.
  private static func openPart(_ bytes: ArraySlice<UInt8>, of stream: String) -> ArraySlice<UInt8>? {
    let (whole, part) = (Array(" \(stream) F ".utf8), Array(" \(stream) P ".utf8))
    for line in bytes.split(separator: 10).reversed() {
      let rest = line.dropFirst(time.count)
      if rest.starts(with: whole) { return nil }
      if rest.starts(with: part) { return line.prefix(time.count) }
    }
    return nil
  }
}
