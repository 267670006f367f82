// How much a container has written: counted by its shim in memory that is a file, so that others can read it at any time and
// counting costs no call of the kernel's.
internal import CContainrLinux
public import ContainrSystem
internal import SystemPackage

/// What a container has written since its start.
public struct LogCounts: Sendable, Hashable {
  /// The name in the run directory.
  public static let fileName = "logged"
  static let words = 5

  /// Bytes of its own, before they became entries of the log.
  public var stdoutBytes: UInt64 = 0, stderrBytes: UInt64 = 0
  /// Ends of lines.
  public var stdoutLines: UInt64 = 0, stderrLines: UInt64 = 0
  /// Bytes of entries that the disk did not take.
  public var lost: UInt64 = 0

  /// Nothing.
  public init() {}

  /// The file's bytes: words of the machine; nil for another length.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.words * 8 else { return nil }
    let bytes = Array(bytes)
    let words = (0..<Self.words).map { word in
      bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self) }
    }
    (stdoutBytes, stderrBytes, stdoutLines, stderrLines, lost) = (words[0], words[1], words[2], words[3], words[4])
  }

  /// Those of a container by its run directory; nil if its shim counts nothing.
  public static func read(in directory: CInt) throws(SyscallError) -> LogCounts? {
    do throws(SyscallError) {
      let file = try Kernel.open(FilePath(fileName), at: directory)
      var bytes = [UInt8](repeating: 0, count: words * 8)
      let count = try Kernel.read(file.raw, into: &bytes, at: 0)
      return LogCounts(bytes: bytes.prefix(count))
    } catch {
      if [2, 20].contains(error.errno) { return nil }
      throw error
    }
  }
}

/// The counters, as their one writer has them.
public struct LogCounter: ~Copyable {
  private let words: UnsafeMutablePointer<UInt64>?

  /// Counts nowhere.
  public init() { words = nil }

  /// Counts in a file of a run directory, which is borrowed. Where there is no room for it nothing is counted: a container
  /// must not fail for it.
  public init(in directory: CInt) {
    do throws(SyscallError) {
      let file = try Kernel.open(
        FilePath(LogCounts.fileName), at: directory, [.readWrite, .create, .noFollow], mode: 0o600)
      words = cl_map_counters(file.raw, LogCounts.words * 8)?.assumingMemoryBound(to: UInt64.self)
    } catch { words = nil }
  }

  deinit { if let words { cl_unmap(words, LogCounts.words * 8) } }

  /// Adds what was read at once. A reader may see the bytes before the lines.
  func count(_ stream: LogStream, bytes: Int, lines: Int) {
    guard let words else { return }
    let place = stream == .stdout ? 0 : 1
    words[place] &+= UInt64(bytes)
    words[place + 2] &+= UInt64(lines)
  }

  /// Adds what the disk did not take.
  func countLost(_ bytes: Int) { if let words { words[4] &+= UInt64(bytes) } }
}
