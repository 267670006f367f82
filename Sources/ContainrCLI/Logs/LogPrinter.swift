// Log lines as they appear: aligned, coloured names before what the containers wrote. Pure.
internal import ContainrForeground

struct LogPrinter: Sendable {
  /// One name a source; its place in the list gives its colour.
  var names: [String]
  var ink: Ink
  var showsTime = false
  var showsName = true

  private var width: Int { names.map(Displayed.width).max() ?? 0 }

  /// The line of the source at `index`, with a newline at its end.
  func text(_ line: LogLine, from index: Int) -> [UInt8] {
    var prefix = ""
    if showsName {
      let name = names[index]
      let padded = name + String(repeating: " ", count: width - Displayed.width(name)) + " | "
      prefix += ink.paint(padded, sequence: Ink.palette[index % Ink.palette.count])
    }
    if showsTime { prefix += ink.paint(line.time + " ", .dim) }
    return Array(prefix.utf8) + line.text + [10]
  }
}
