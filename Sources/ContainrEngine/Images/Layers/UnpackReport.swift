// What the unpacking process says when it is done, as lines of text over a pipe. Pure. The reader trusts nothing.

/// The outcome of unpacking one archive.
struct UnpackReport: Sendable, Hashable {
  /// Entries read, whiteouts included.
  var entries = 0
  /// Bytes of all files.
  var bytes: Int64 = 0
  /// SHA-256 of the archive's bytes as they were read.
  var digest = ""
  /// What was left out on purpose, one line each: host-specific labels, aufs book-keeping.
  var omitted: [String] = []
  /// Why it failed; nil if it did not.
  var failure: String?

  /// `key value` lines.
  var text: String {
    let line = { (key: String, value: String) in "\(key) \(value.replacing("\n", with: " "))\n" }
    if let failure { return line("failure", failure) }
    return line("entries", "\(entries)") + line("bytes", "\(bytes)") + omitted.map { line("omitted", $0) }.joined()
      + line("digest", digest)
  }

  /// Nothing unpacked yet.
  init() {}

  /// nil unless the text is a whole report.
  init?(_ text: String) {
    guard text.hasSuffix("\n") else { return nil }
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1)
      guard parts.count == 2 else { return nil }
      let value = String(parts[1])
      switch parts[0] {
      case "failure": failure = value
      case "entries":
        guard let number = Int(value) else { return nil }
        entries = number
      case "bytes":
        guard let number = Int64(value) else { return nil }
        bytes = number
      case "omitted": omitted.append(value)
      case "digest": digest = value
      default: return nil
      }
    }
    if failure == nil && digest.isEmpty { return nil }
  }
}
