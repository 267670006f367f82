// One line that a container wrote, from the log's form `TIME STREAM TAG text` (the CRI log format). Pure.

/// A line, as a part of the bytes that were read: it costs no memory of its own.
struct LogLine: Sendable {
  /// The record, or what was made of several: the time, something, and the text at its end.
  private let record: ArraySlice<UInt8>
  private let timeEnd: Int
  private let textStart: Int
  let isError: Bool

  /// `record` is cut at these indices of its own.
  init(record: ArraySlice<UInt8>, timeEnd: Int, textStart: Int, isError: Bool) {
    self.record = record
    self.timeEnd = timeEnd
    self.textStart = textStart
    self.isError = isError
  }

  /// A line of nobody's record.
  init(time: some Collection<UInt8>, isError: Bool, text: some Collection<UInt8>) {
    record = ArraySlice(Array(time) + Array(text))
    timeEnd = time.count
    textStart = time.count
    self.isError = isError
  }

  init(time: String, isError: Bool, text: [UInt8]) { self.init(time: time.utf8, isError: isError, text: text) }

  /// RFC 3339 with nanoseconds, UTC: sorts as text. Empty: the line is of nobody's log form.
  var timeBytes: ArraySlice<UInt8> { record[record.startIndex..<timeEnd] }
  var time: String { String(decoding: timeBytes, as: UTF8.self) }
  /// Without its newline; as the container wrote it.
  var text: ArraySlice<UInt8> { record[textStart...] }

  /// The same with memory of its own: who keeps it does not keep all that was read with it.
  var alone: LogLine { LogLine(time: timeBytes, isError: isError, text: text) }
}
