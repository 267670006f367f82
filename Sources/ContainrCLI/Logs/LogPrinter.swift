// Log lines as they appear: aligned, coloured names before what the containers wrote, or JSON. Pure.
internal import ContainrForeground

/// Whose log a line is of.
struct LogSource: Sendable, Hashable {
  /// What stands before its lines.
  var label: String
  var service = ""
  var index = 0
  /// The container's name.
  var container = ""
}

/// What is the same in all lines of a source.
struct LogHead: Sendable {
  /// Before the text; in JSON between time and stream.
  fileprivate var bytes: [UInt8]
}

struct LogPrinter: Sendable {
  /// One label a source; its place in the list gives its colour.
  var names: [String]
  var ink: Ink
  var showsTime = false
  var showsName = true
  /// An object a line.
  var isJSON = false

  /// To be asked for anew when there is another name, which may be longer than all before.
  func head(of source: LogSource) -> LogHead {
    if isJSON {
      return LogHead(
        bytes: Array(
          (",\"service\":\(JSONText.quoted(source.service)),\"index\":\(source.index),\"container\":"
            + "\(JSONText.quoted(source.container)),\"stream\":\"").utf8))
    }
    if !showsName { return LogHead(bytes: []) }
    let width = names.map(Displayed.width).max() ?? 0
    let padded = source.label + String(repeating: " ", count: max(0, width - Displayed.width(source.label))) + " | "
    let place = names.firstIndex(of: source.label) ?? 0
    return LogHead(bytes: Array(ink.paint(padded, sequence: Ink.palette[place % Ink.palette.count]).utf8))
  }

  /// Appends one line of a source, with a newline at its end.
  func add(_ line: LogLine, head: LogHead, to output: inout [UInt8]) {
    if isJSON { return Self.addJSON(line, head, &output) }
    output += head.bytes
    if showsTime {
      if ink.isOn {
        output += ink.paint(line.time + " ", .dim).utf8
      } else {
        output += line.timeBytes
        output.append(UInt8(ascii: " "))
      }
    }
    output += line.text
    output.append(10)
  }

  private static let time = Array("{\"time\":\"".utf8), quote = Array("\"".utf8), end = Array("\"}\n".utf8)
  private static let out = Array("stdout\",\"message\":\"".utf8), error = Array("stderr\",\"message\":\"".utf8)
  private static let more = Array("\",\"bytes\":\"".utf8), digits = Array("0123456789abcdef".utf8)

  /// What is no UTF-8 is there in hexadecimal as well, so that nothing of it is lost.
  private static func addJSON(_ line: LogLine, _ head: LogHead, _ output: inout [UInt8]) {
    output += time
    let isTimeText = JSONText.add(line.timeBytes, to: &output)
    if !isTimeText { _ = JSONText.add(Array(line.time.utf8)[...], to: &output) }
    output += quote
    output += head.bytes
    output += line.isError ? error : out
    if !JSONText.add(line.text, to: &output) {
      _ = JSONText.add(Array(String(decoding: line.text, as: UTF8.self).utf8)[...], to: &output)
      output += more
      for byte in line.text {
        output.append(digits[Int(byte >> 4)])
        output.append(digits[Int(byte & 15)])
      }
    }
    output += end
  }
}
