// Cuts a byte stream into lines of the CRI log format. Pure: bytes in, bytes out; memory is bounded.
// Format: https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md
internal import Glibc

/// Which of a container's two streams.
public enum LogStream: String, Sendable, Hashable {
  case stdout, stderr
}

/// One stream on its way into the log: `TIME STREAM F|P TEXT`, where P says that the line goes on.
public struct CRILineWriter: Sendable {
  /// Longer lines are cut into partial entries of this many bytes.
  public static let maximumLine = 16384

  private let label: [UInt8]
  /// The begin of a line whose end has not come.
  private var pending: [UInt8] = []
  /// `TIME STREAM F `, of the time below: what is read at once has one time, and many lines.
  private var head: [UInt8] = []
  private var headTime: UInt64?

  /// A stream of which nothing was read yet.
  public init(_ stream: LogStream) { label = Array(" \(stream.rawValue) F ".utf8) }

  /// Appends the entries that `input` completes to `output`; an unfinished line waits for its end. Answers the ends of lines
  /// in it.
  @discardableResult
  public mutating func write(_ input: UnsafeRawBufferPointer, time: UInt64, to output: inout [UInt8]) -> Int {
    setHead(time)
    var (start, lines) = (0, 0)
    while start < input.count {
      let room = min(Self.maximumLine - pending.count, input.count - start)
      let base = input.baseAddress! + start
      if let end = memchr(base, 10, room) {
        let length = UnsafeRawPointer(end) - base
        entry(UnsafeRawBufferPointer(start: base, count: length), full: true, &output)
        start += length + 1
        lines += 1
      } else if pending.count + room == Self.maximumLine {
        entry(UnsafeRawBufferPointer(start: base, count: room), full: false, &output)
        start += room
      } else {
        pending.append(contentsOf: UnsafeRawBufferPointer(start: base, count: room))
        return lines
      }
    }
    return lines
  }

  /// Appends the unfinished line, if any: the stream has ended.
  public mutating func finish(time: UInt64, to output: inout [UInt8]) {
    if pending.isEmpty { return }
    setHead(time)
    entry(UnsafeRawBufferPointer(start: nil, count: 0), full: true, &output)
  }

  private mutating func setHead(_ time: UInt64) {
    if headTime == time { return }
    headTime = time
    head.removeAll(keepingCapacity: true)
    LogTimestamp.append(time, to: &head)
    head.append(contentsOf: label)
  }

  private mutating func entry(_ text: UnsafeRawBufferPointer, full: Bool, _ output: inout [UInt8]) {
    output.append(contentsOf: head)
    if !full { output[output.count - 2] = UInt8(ascii: "P") }
    if !pending.isEmpty {
      output.append(contentsOf: pending)
      pending.removeAll(keepingCapacity: false)
    }
    output.append(contentsOf: text)
    output.append(10)
  }
}
