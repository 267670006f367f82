// `containr explain`: what a finding's code means.
internal import ArgumentParser
internal import ContainrForeground
internal import ContainrSpec

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Says what the code of a finding means, such as C0102; without one, lists all.")

  @Argument(help: "The code.") var code: String?
  @Flag(help: ArgumentHelp("All codes as Markdown, for docs/diagnostics.md.", visibility: .hidden)) var markdown = false

  func run() throws {
    let context = try CommandContext()
    if markdown { return context.output.write(DiagnosticCode.markdownReference) }
    guard let code else {
      let codes = DiagnosticCode.allCases.sorted { $0.rawValue < $1.rawValue }
      return context.output.write(codes.map { "\($0.rawValue)  \($0.summary)\n" }.joined())
    }
    guard let known = DiagnosticCode(rawValue: code.uppercased()) else {
      throw CommandExit(.failure, "no finding has the code \(code)", help: "`containr explain` lists all codes")
    }
    context.output.write("\(known.rawValue)\n\(Displayed.safe(Paragraph.wrapped(known.reference, columns: 100)))\n")
  }
}

/// Text broken into lines at blanks; empty lines and lines that begin with a blank stay as they are.
enum Paragraph {
  static func wrapped(_ text: String, columns: Int) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.hasPrefix(" ") ? String(line) : wrapped(line: line, columns: columns)
    }.joined(separator: "\n")
  }

  private static func wrapped(line: Substring, columns: Int) -> String {
    var lines: [String] = []
    for word in line.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= columns {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines.joined(separator: "\n")
  }
}
