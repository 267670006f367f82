// What an archive may cost before it is called a bomb. Pure.

/// The most that one layer may hold.
struct UnpackLimits: Sendable, Hashable {
  /// Names in the archive, links and whiteouts included.
  var entries = 2_000_000
  /// Bytes of all files together.
  var totalBytes: Int64 = 64 << 30
  /// Bytes of the largest file, holes included.
  var fileBytes: Int64 = 32 << 30
  /// Decompressed bytes for one byte of the archive…
  var ratio: Int64 = 250
  /// …once this many bytes are decompressed (small archives of zeros are harmless).
  var ratioFloor: Int64 = 256 << 20
  /// Bytes of memory for the unpacking process (RLIMIT_AS).
  var addressSpace: UInt64 = 4 << 30
  /// Seconds of CPU for the unpacking process (RLIMIT_CPU).
  var cpuSeconds: UInt64 = 3600

}

/// What an archive has cost so far, checked against its limits.
struct UnpackBudget {
  let limits: UnpackLimits
  private(set) var entries = 0
  private(set) var bytes: Int64 = 0

  init(_ limits: UnpackLimits) { self.limits = limits }

  mutating func addEntry(size: Int64) throws(UnpackError) {
    entries += 1
    if entries > limits.entries { throw .refused("it holds more than \(limits.entries) entries") }
    if size > limits.fileBytes { throw .refused("a file of \(size) bytes is over the limit of \(limits.fileBytes)") }
  }

  mutating func addBytes(_ count: Int64) throws(UnpackError) {
    bytes += count
    if bytes > limits.totalBytes { throw .refused("it unpacks to more than \(limits.totalBytes) bytes") }
  }

  /// Checks the ratio of what came out of the decompressor to what went in.
  func check(decompressed: Int64, compressed: Int64) throws(UnpackError) {
    if decompressed > limits.ratioFloor, decompressed / limits.ratio > max(compressed, 1) {
      throw .refused("it grows more than \(limits.ratio) times when unpacked: a decompression bomb")
    }
  }
}
