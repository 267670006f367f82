// Which lines of logs are shown: from when to when, and which pattern they have. Reads nothing.
internal import ContainrForeground
internal import Glibc

/// What `--since`, `--until` and `--grep` say.
struct LogFilter {
  /// Times as the log has them; what is at `since` is shown, what is at `until` is not.
  private let since: [UInt8]?
  private let until: [UInt8]?
  private let pattern: LinePattern?

  init(since: String? = nil, until: String? = nil, pattern: LinePattern? = nil) {
    self.since = since.map { Array($0.utf8) }
    self.until = until.map { Array($0.utf8) }
    self.pattern = pattern
  }

  func holds(_ line: LogLine) -> Bool {
    // What has no time is of nobody's log form and of any time.
    if since != nil || until != nil, !line.timeBytes.isEmpty {
      if let since, line.timeBytes.lexicographicallyPrecedes(since) { return false }
      if let until, !line.timeBytes.lexicographicallyPrecedes(until) { return false }
    }
    return pattern?.matches(line.text) ?? true
  }

  /// Whether a line that is asked for may be among those that are lost.
  func concerns(_ gap: LogGap) -> Bool {
    if let since, !gap.before.isEmpty, gap.before.utf8.lexicographicallyPrecedes(since) { return false }
    if let until, !gap.after.isEmpty, !gap.after.utf8.lexicographicallyPrecedes(until) { return false }
    return true
  }
}

/// An extended regular expression (POSIX), as of `grep -E`; matched against bytes, whatever they are.
final class LinePattern {
  private var expression = regex_t()
  /// REG_STARTEND: the length is given, and a zero byte is one as any other.
  private static let startEnd: CInt = 1 << 2

  /// A pattern that is none ends the command.
  init(_ text: String) throws {
    let code = regcomp(&expression, text, REG_EXTENDED | REG_NEWLINE)
    if code == 0 { return }
    var words = [CChar](repeating: 0, count: 256)
    regerror(code, &expression, &words, words.count)
    let message = String(decoding: words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    throw CommandExit(
      .refused, "--grep '\(text)': \(message)",
      help: "an extended regular expression, as of grep -E; \\ before .[{()*+?^$|")
  }

  deinit { regfree(&expression) }

  func matches(_ bytes: ArraySlice<UInt8>) -> Bool {
    var range = regmatch_t(rm_so: 0, rm_eo: regoff_t(clamping: bytes.count))
    return bytes.withUnsafeBytes { buffer in
      // An empty array has no address.
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1) { empty in
        empty[0] = 0
        let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self) ?? UnsafePointer(empty.baseAddress!)
        return regexec(&expression, start, 1, &range, Self.startEnd) == 0
      }
    }
  }
}
