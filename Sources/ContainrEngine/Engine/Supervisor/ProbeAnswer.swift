// What one probe of a health check gave, and its form in the container's health file: `exit 3` or `none` in the line
// after the word, then what it wrote. Pure.

struct ProbeAnswer: Sendable, Hashable {
  /// More than a person reads.
  private static let limit = 2000

  /// 128 + signal for one that a signal ended; nil: its time was over, or it could not be run.
  var exitCode: Int32?
  /// What it wrote, or why there is nothing.
  var output: String

  var isSuccess: Bool { exitCode == 0 }

  /// What stands below the first line of a health file.
  var text: String { "\(exitCode.map { "exit \($0)" } ?? "none")\n\(output.prefix(Self.limit))" }

  init(exitCode: Int32?, output: String) {
    self.exitCode = exitCode
    self.output = output
  }

  /// Of a whole health file; nil if there is no answer in it.
  init?(healthFile text: String) {
    let lines = text.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
    guard lines.count == 3 else { return nil }
    if lines[1] == "none" {
      exitCode = nil
    } else if lines[1].hasPrefix("exit "), let code = Int32(lines[1].dropFirst(5)) {
      exitCode = code
    } else {
      return nil
    }
    output = String(lines[2])
  }

  /// In one line: what it wrote, or its code.
  var words: String {
    let lines = output.split(separator: "\n")
    if !lines.isEmpty { return lines.joined(separator: " / ") }
    return exitCode.map { "exit code \($0)" } ?? "the probe says nothing"
  }
}
