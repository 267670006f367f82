// How findings look: layout, colours, JSON, and that nothing of a file can act on the terminal.
import Foundation
import Testing

@testable import ContainrSpec

struct RendererTests {
  private let source = SourceText(file: "a.yaml", bytes: Array("one: 1\ntwo:\t2\n日本: x # end\n".utf8))

  private func finding(_ start: Int, _ end: Int, _ message: String = "message", label: String? = "label") -> Diagnostic
  {
    Diagnostic(severity: .error, code: "C0102", message: message, primary: source.span(start, end), label: label)
  }

  @Test("positions and lines")
  func positions() {
    #expect(source.position(at: 0) == SourcePosition(line: 1, column: 1, offset: 0))
    #expect(source.position(at: 7) == SourcePosition(line: 2, column: 1, offset: 7))
    #expect(source.position(at: 999).line == 4)
    #expect(source.line(2) == "two:\t2")
    #expect(source.line(0) == nil && source.line(5) == nil)
    #expect(SourceText(file: "x", bytes: Array("a\r\nb\rc".utf8)).line(3) == "c")
  }

  @Test("carets stand below wide characters and tabs")
  func widths() {
    let wide = DiagnosticRenderer.render([finding(18, 19)], sources: [source], colour: false)
    #expect(wide.contains("3 | 日本: x # end\n  |       ^ label\n"))
    let tab = DiagnosticRenderer.render([finding(12, 13)], sources: [source], colour: false)
    #expect(tab.contains("2 | two: 2\n  |      ^ label\n"))
  }

  @Test("the last line counts errors and warnings")
  func summary() {
    var warning = finding(0, 1)
    warning.severity = .warning
    var note = finding(0, 1)
    note.severity = .note
    #expect(DiagnosticRenderer.summary(of: [finding(0, 1), finding(0, 1), warning, note]) == "2 errors, 1 warning")
    #expect(DiagnosticRenderer.summary(of: [note]).isEmpty)
    #expect(DiagnosticRenderer.render([], sources: [], colour: true).isEmpty)
  }

  @Test("no control character of a file or a value reaches the screen")
  func controls() {
    let evil = SourceText(file: "e\u{1B}[2J.yaml", bytes: Array("a: \u{1B}]0;x\u{7} \u{202E}b".utf8))
    let finding = Diagnostic(
      severity: .error, code: "C0110", message: "bad '\u{1B}[31m'", primary: evil.span(0, 1), label: "\u{9B}x",
      notes: ["a\u{8}"], help: "b\nc\u{7F}")
    let text = DiagnosticRenderer.render([finding], sources: [evil], colour: false)
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 0x20 && !(0x7F...0x9F).contains($0.value)) })
    #expect(!text.unicodeScalars.contains("\u{202E}"))
    #expect(text.contains("bad '\\u{1b}[31m'"))
  }

  @Test("colours are added only when asked for")
  func colours() {
    let plain = DiagnosticRenderer.render([finding(0, 3)], sources: [source], colour: false)
    let coloured = DiagnosticRenderer.render([finding(0, 3)], sources: [source], colour: true)
    #expect(!plain.contains("\u{1B}") && coloured.contains("\u{1B}[1;31merror[C0102]\u{1B}[0m"))
    #expect(coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain)
  }

  @Test("a very long line is cut around the caret")
  func longLine() {
    let long = SourceText(file: "l", bytes: Array(repeating: 0x61, count: 100_000))
    let finding = Diagnostic(severity: .error, code: "C0110", message: "m", primary: long.span(50_000, 50_003))
    let text = DiagnosticRenderer.render([finding], sources: [long], colour: false)
    #expect(text.utf8.count < 600)
    #expect(text.contains("^^^"))
  }

  @Test("labels in two files are shown under their own arrows")
  func twoFiles() {
    let other = SourceText(file: ".env", bytes: Array("A=1\n".utf8))
    var finding = finding(0, 3)
    finding.secondary = [.init(span: other.span(0, 1), label: "from here")]
    let text = DiagnosticRenderer.render([finding], sources: [source, other], colour: false)
    #expect(text.contains(" ::: .env:1:1\n  |\n1 | A=1\n  | - from here\n"))
  }

  @Test("JSON is well formed and complete")
  func json() throws {
    let loaded = loadWeb("enviroment: {\"a\\e\": \"\\t\"}\nuser: a\nuser: b\nmem_limit: 1z")
    let text = DiagnosticRenderer.renderJSON(loaded.result.diagnostics)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(object["version"] as? Int == 1)
    #expect(object["errors"] as? Int == 3)
    let items = try #require(object["diagnostics"] as? [[String: Any]])
    #expect(items.compactMap { $0["code"] as? String } == loaded.codes)
    let span = try #require(items[0]["span"] as? [String: Any])
    #expect((span["start"] as? [String: Int])?["line"] == 5)
  }

  @Test("every code is unique, well formed and explained")
  func codes() {
    for code in DiagnosticCode.allCases {
      #expect(code.rawValue.utf8.count == 5 && code.rawValue.hasPrefix("C0"))
      #expect(code.explanation.count > 60 && code.explanation.hasSuffix("."), "\(code)")
    }
  }
}
