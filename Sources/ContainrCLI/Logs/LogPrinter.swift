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

struct LogPrinter: Sendable {
  /// One label a source; its place in the list gives its colour.
  var names: [String]
  var ink: Ink
  var showsTime = false
  var showsName = true
  /// An object a line.
  var isJSON = false

  private var width: Int { names.map(Displayed.width).max() ?? 0 }

  /// One line of a source, with a newline at its end.
  func text(_ line: LogLine, from source: LogSource) -> [UInt8] {
    if isJSON { return Array(Self.json(line, source).utf8) }
    var prefix = ""
    if showsName {
      let padded = source.label + String(repeating: " ", count: max(0, width - Displayed.width(source.label))) + " | "
      let place = names.firstIndex(of: source.label) ?? 0
      prefix += ink.paint(padded, sequence: Ink.palette[place % Ink.palette.count])
    }
    if showsTime { prefix += ink.paint(line.time + " ", .dim) }
    return Array(prefix.utf8) + line.text + [10]
  }

  /// What is no UTF-8 is there in hexadecimal as well, so that nothing of it is lost.
  private static func json(_ line: LogLine, _ source: LogSource) -> String {
    let text = String(validating: line.text, as: UTF8.self)
    var fields = [
      "\"time\":\(JSONText.quoted(line.time))", "\"service\":\(JSONText.quoted(source.service))",
      "\"index\":\(source.index)", "\"container\":\(JSONText.quoted(source.container))",
      "\"stream\":\"\(line.isError ? "stderr" : "stdout")\"",
      "\"message\":\(JSONText.quoted(text ?? String(decoding: line.text, as: UTF8.self)))",
    ]
    if text == nil {
      let digits = line.text.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      fields.append("\"bytes\":\"\(digits)\"")
    }
    return "{\(fields.joined(separator: ","))}\n"
  }
}
