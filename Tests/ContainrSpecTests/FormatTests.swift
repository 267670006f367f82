// Findings for machines: SARIF, GitHub annotations, JSON with fixes, and the cap of the text form.
import Foundation
import Testing

@testable import ContainrSpec

struct FormatTests {
  private let source = SourceText(file: "a b/x:y.yaml", bytes: Array("one: 1\ntwo: 2\n".utf8))

  private func finding(_ start: Int, _ end: Int, _ severity: Diagnostic.Severity = .error) -> Diagnostic {
    Diagnostic(severity: severity, code: "C0102", message: "100% wrong", primary: source.span(start, end))
  }

  private func parsed(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func sarif(_ diagnostics: [Diagnostic]) throws -> (rules: [[String: Any]], results: [[String: Any]]) {
    let log = try parsed(DiagnosticRenderer.renderSARIF(diagnostics, version: "1.2.3"))
    #expect(log["version"] as? String == "2.1.0")
    let run = try #require((log["runs"] as? [[String: Any]])?.first)
    #expect(run["columnKind"] as? String == "unicodeCodePoints")
    let driver = try #require((run["tool"] as? [String: Any])?["driver"] as? [String: Any])
    #expect(driver["semanticVersion"] as? String == "1.2.3")
    return (try #require(driver["rules"] as? [[String: Any]]), try #require(run["results"] as? [[String: Any]]))
  }

  @Test("SARIF: each result names its rule, its place, the places that explain it, and its fix")
  func sarifResults() throws {
    let loaded = loadWeb("enviroment: {}\nuser: a\nuser: b")
    let (rules, results) = try sarif(loaded.result.diagnostics)
    #expect(rules.compactMap { $0["id"] as? String } == ["C0102", "C0103"])
    #expect(rules[0]["name"] as? String == "unknownKey")
    #expect((rules[0]["help"] as? [String: String])?["markdown"]?.contains("```yaml") == true)
    #expect(results.map { $0["ruleIndex"] as? Int } == [0, 1])
    #expect(results.allSatisfy { $0["level"] as? String == "error" })
    let place = try #require(
      (results[0]["locations"] as? [[String: Any]])?.first?["physicalLocation"] as? [String: Any])
    #expect((place["artifactLocation"] as? [String: String]) == ["uri": "stack.yaml"])
    #expect(
      (place["region"] as? [String: Int]) == ["startLine": 5, "startColumn": 5, "endLine": 5, "endColumn": 15])
    let related = try #require((results[1]["relatedLocations"] as? [[String: Any]])?.first)
    #expect((related["message"] as? [String: String]) == ["text": "first defined here"])
    let fix = try #require((results[0]["fixes"] as? [[String: Any]])?.first)
    let change = try #require((fix["artifactChanges"] as? [[String: Any]])?.first)
    let replacement = try #require((change["replacements"] as? [[String: Any]])?.first)
    #expect((replacement["insertedContent"] as? [String: String]) == ["text": "environment"])
    #expect((replacement["deletedRegion"] as? [String: Int])?["endColumn"] == 15)
  }

  @Test("SARIF: files are URIs, and a finding without a place has no location")
  func sarifPlaces() throws {
    var away = finding(0, 1, .note)
    away.primary = nil
    let (_, results) = try sarif([finding(0, 3), away])
    let place = try #require(
      (results[0]["locations"] as? [[String: Any]])?.first?["physicalLocation"] as? [String: Any])
    #expect((place["artifactLocation"] as? [String: String]) == ["uri": "a%20b/x:y.yaml"])
    #expect(results[1]["locations"] == nil && results[1]["level"] as? String == "note")
    let root = SourceText(file: "/é", bytes: [])
    let colon = SourceText(file: "a:b", bytes: [])
    let places = [root, colon].map {
      Diagnostic(severity: .error, code: "C0102", message: "m", primary: $0.span(0, 0))
    }
    let text = DiagnosticRenderer.renderSARIF(places, version: "1")
    #expect(text.contains("\"uri\":\"file:///%C3%A9\"") && text.contains("\"uri\":\"./a:b\""))
  }

  @Test("SARIF: no findings are a run without results")
  func sarifEmpty() throws {
    let (rules, results) = try sarif([])
    #expect(rules.isEmpty && results.isEmpty)
  }

  @Test("GitHub: one command a line, with what has a meaning to the runner escaped")
  func github() {
    var first = finding(0, 3)
    first.help = "a\nb: c, d"
    let second = finding(5, 10, .warning)
    var third = finding(0, 0, .note)
    third.primary = nil
    #expect(
      DiagnosticRenderer.renderGitHub([first, second, third]) == """
        ::error file=a b/x%3Ay.yaml,line=1,endLine=1,col=1,endColumn=3,title=C0102::100%25 wrong%0Ahelp: a%0Ab: c, d
        ::warning file=a b/x%3Ay.yaml,line=1,endLine=2,col=6,title=C0102::100%25 wrong
        ::notice title=C0102::100%25 wrong

        """)
  }

  @Test("GitHub: a file cannot speak to the runner")
  func githubInjection() {
    let loaded = load("services:\n  web:\n    layers: [./a]\n    command: [c]\n    \"x\\n::set-env name=A::b\": 1\n")
    let text = DiagnosticRenderer.renderGitHub(loaded.result.diagnostics)
    #expect(text.split(separator: "\n").allSatisfy { $0.hasPrefix("::error file=stack.yaml") })
    let evil = SourceText(file: "a\n::error::b", bytes: [])
    let finding = Diagnostic(severity: .error, code: "C0102", message: "m", primary: evil.span(0, 0))
    #expect(DiagnosticRenderer.renderGitHub([finding]).split(separator: "\n").count == 1)
  }

  @Test("JSON names the fixes with their edits")
  func json() throws {
    let object = try parsed(DiagnosticRenderer.renderJSON(loadWeb("stop_grace_period: 10").result.diagnostics))
    let item = try #require((object["diagnostics"] as? [[String: Any]])?.first)
    let fix = try #require((item["fixes"] as? [[String: Any]])?.first)
    #expect(fix["applicability"] as? String == "maybe")
    let edit = try #require((fix["edits"] as? [[String: Any]])?.first)
    #expect(edit["replacement"] as? String == "10s")
  }

  @Test("text shows the worst twenty in the file's order and counts the rest")
  func cap() {
    let many = (0..<30).map { finding($0 % 6, $0 % 6 + 1, .warning) } + [finding(3, 4)] + [finding(4, 5, .note)]
    let text = DiagnosticRenderer.render(many, sources: [source], colour: false)
    #expect(text.components(separatedBy: "\nwarning[").count - 1 == 18)  // and the first one opens the text
    #expect(text.contains("\nerror[C0102]"))
    #expect(text.hasSuffix("\n… and 12 more; `containr check --format json` lists all\n\n1 error, 30 warnings\n"))
    let few = DiagnosticRenderer.render(Array(many.prefix(20)), sources: [source], colour: false)
    #expect(!few.contains("more"))
  }
}
