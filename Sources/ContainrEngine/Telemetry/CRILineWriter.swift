// Cuts a byte stream into lines of the CRI log format. Pure: bytes in, bytes out; memory is bounded.
// Format: https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md

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

  /// A stream of which nothing was read yet.
  public init(_ stream: LogStream) { label = Array(" \(stream.rawValue) ".utf8) }

  /// Appends the entries that `input` completes to `output`; an unfinished line waits for its end.
  public mutating func write(_ input: UnsafeRawBufferPointer, time: UInt64, to output: inout [UInt8]) {
    var rest = input[...]
    while !rest.isEmpty {
      let room = Self.maximumLine - pending.count
      let end = rest.prefix(room).firstIndex(of: 10)
      if let end {
        entry(rest[rest.startIndex..<end], full: true, time, &output)
        rest = rest[(end + 1)...]
      } else if rest.count >= room {
        entry(rest.prefix(room), full: false, time, &output)
        rest = rest.dropFirst(room)
      } else {
        pending.append(contentsOf: rest)
        return
      }
    }
  }

  /// Appends the unfinished line, if any: the stream has ended.
  public mutating func finish(time: UInt64, to output: inout [UInt8]) {
    if !pending.isEmpty { entry(UnsafeRawBufferPointer(start: nil, count: 0)[...], full: true, time, &output) }
  }

  private mutating func entry(
    _ text: Slice<UnsafeRawBufferPointer>, full: Bool, _ time: UInt64, _ output: inout [UInt8]
  ) {
    LogTimestamp.append(time, to: &output)
    output.append(contentsOf: label)
    output.append(full ? UInt8(ascii: "F") : UInt8(ascii: "P"))
    output.append(UInt8(ascii: " "))
    output.append(contentsOf: pending)
    output.append(contentsOf: text)
    output.append(10)
    pending.removeAll(keepingCapacity: false)
  }
}
