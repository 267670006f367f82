// Moves a container's output from its pipes into the log. Never blocks on the container and never stops for a full disk.
internal import CContainrLinux
public import ContainrSystem

/// The read ends of stdout and stderr and the log that they go into.
public struct LogPump: ~Copyable {
  private static let chunk = 32768
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 16)
  private var log: RotatingLog
  private let counter: LogCounter
  private var stdout = CRILineWriter(.stdout)
  private var stderr = CRILineWriter(.stderr)
  private var entries: [UInt8] = []
  /// What the last `pump` has read; lives until the next one.
  public private(set) var latest = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Bytes of output that could not be written (disk full); said in the log as soon as it takes text again.
  private var lost = 0
  private var journald: JournaldSink?

  /// Takes the log and the counter over.
  public init(log: consuming RotatingLog, counter: consuming LogCounter = LogCounter()) {
    journald = log.journald.map { JournaldSink($0) }
    self.log = log
    self.counter = counter
  }

  deinit { buffer.deallocate() }

  /// One read from a non-blocking pipe into the log; false when the pipe has ended. No bytes ready is true.
  public mutating func pump(_ stream: LogStream, from pipe: CInt) throws(SyscallError) -> Bool {
    var count = cl_read(pipe, buffer.baseAddress!, buffer.count)
    latest = UnsafeRawBufferPointer(start: nil, count: 0)
    if count == -11 { return true }
    if count == -5 { count = 0 }  // EIO: a terminal's master when every other end is closed
    try check(count, "read")
    let time = Kernel.realTime()
    let bytes = UnsafeRawBufferPointer(rebasing: buffer[0..<Int(count)])
    latest = bytes
    switch (stream, count) {
    case (.stdout, 0): stdout.finish(time: time, to: &entries)
    case (.stderr, 0): stderr.finish(time: time, to: &entries)
    case (.stdout, _): counter.count(stream, bytes: count, lines: stdout.write(bytes, time: time, to: &entries))
    case (.stderr, _): counter.count(stream, bytes: count, lines: stderr.write(bytes, time: time, to: &entries))
    }
    flush(time)
    return count != 0
  }

  /// A line of our own, on standard error.
  public mutating func say(_ line: String) {
    let time = Kernel.realTime()
    stderr.finish(time: time, to: &entries)
    let text = Array("containr: \(line)\n".utf8)
    _ = text.withUnsafeBytes { stderr.write($0, time: time, to: &entries) }
    flush(time)
  }

  /// Writes the unfinished lines of both streams: nothing comes any more.
  public mutating func finish() {
    let time = Kernel.realTime()
    stdout.finish(time: time, to: &entries)
    stderr.finish(time: time, to: &entries)
    flush(time)
  }

  /// Goes on under other limits.
  public mutating func adopt(_ limits: LogLimits) throws(SyscallError) {
    try log.adopt(limits)
    if limits.journald != journald?.target { journald = limits.journald.map { JournaldSink($0) } }
  }

  private mutating func flush(_ time: UInt64) {
    if entries.isEmpty { return }
    journald?.send(entries)
    if !log.isKept { return entries.removeAll(keepingCapacity: true) }
    let size = entries.count
    do {
      if lost > 0 {
        var notice: [UInt8] = []
        LogTimestamp.append(time, to: &notice)
        notice.append(contentsOf: " stderr F containr: \(lost) bytes of log were lost\n".utf8)
        try log.append(notice)
        lost = 0
      }
      try log.append(entries)
    } catch {
      // The container must not wait for the disk: what does not fit is counted and told later.
      lost += size
      counter.countLost(size)
    }
    // A burst must not stay in memory for the container's whole life.
    entries.removeAll(keepingCapacity: size <= 4096)
  }
}
