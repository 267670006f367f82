// Points in time as Docker's commands take them: `--since` and `--until`. Pure.
internal import ContainrForeground
internal import ContainrSpec
internal import ContainrTelemetry

enum TimeWord {
  /// Nanoseconds since 1970 of a time of RFC 3339, of seconds since 1970, or of how long ago; anything else ends the command.
  static func nanoseconds(_ word: String, _ option: String, now: UInt64) throws -> UInt64 {
    if let time = LogTimestamp.nanoseconds(of: word) { return time }
    if let time = seconds(word) { return time }
    if let age = DurationWord.nanoseconds(word) { return now - min(now, age) }
    throw CommandExit(
      .refused, "\(option) \(word): neither a time nor a duration",
      help: "such as 2026-11-23T16:00:00Z, a number of seconds since 1970, or 10m for ten minutes ago")
  }

  /// `1764000000` and `1764000000.000000001`, to the nanosecond.
  private static func seconds(_ word: String) -> UInt64? {
    let parts = word.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = UInt64(parts[0]), whole < 10_000_000_000 else { return nil }
    if parts.count == 1 { return whole * 1_000_000_000 }
    guard (1...9).contains(parts[1].count), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let fraction = UInt64(parts[1] + String(repeating: "0", count: 9 - parts[1].count))
    else { return nil }
    return whole * 1_000_000_000 + fraction
  }
}
