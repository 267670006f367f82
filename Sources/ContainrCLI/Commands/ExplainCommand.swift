// `containr explain`: what a finding's code means.
internal import ArgumentParser
internal import ContainrSpec

struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Says what the code of a finding means, such as C0102; without one, lists all.")

  @Argument(help: "The code.") var code: String?

  func run() throws {
    let context = try CommandContext()
    guard let code else {
      for code in DiagnosticCode.allCases { context.output.write("\(code.rawValue)  \(code)\n") }
      return
    }
    guard let known = DiagnosticCode(rawValue: code.uppercased()) else {
      throw CommandExit(.failure, "no finding has the code \(code)", help: "`containr explain` lists all codes")
    }
    context.output.write("\(known.rawValue)\n\(Paragraph.wrapped(known.explanation, columns: 100))\n")
  }
}

/// Text broken into lines at blanks.
enum Paragraph {
  static func wrapped(_ text: String, columns: Int) -> String {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= columns {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines.joined(separator: "\n")
  }
}
