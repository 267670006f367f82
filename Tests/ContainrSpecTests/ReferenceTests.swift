// Every code is explained and has an example that shows it; docs/diagnostics.md says the same as the program.
import Foundation
import Testing

@testable import ContainrSpec

struct ReferenceTests {
  private func load(_ text: String, _ example: DiagnosticExample, _ code: DiagnosticCode) -> [Diagnostic] {
    let isStack = example.kind == .stack
    let stack = isStack ? text : "services:\n  web:\n    image: nginx\n    environment: {P: \"$PASSWORD\"}\n"
    let isAboutStarting = code == .cannotHonour || code == .notHonoured
    return StackLoader.load(
      LoaderInput(
        file: "stack.yaml", bytes: Array(stack.utf8), absolutePath: "/srv/demo/stack.yaml",
        projectDirectory: "/srv/demo", dotEnv: isStack ? nil : (file: ".env", bytes: Array(text.utf8)),
        readFile: { $0 == "/srv/demo/stack.yaml" ? Array(stack.utf8) : nil }, purpose: isAboutStarting ? .run : .check)
    ).diagnostics
  }

  @Test("every code has an example that shows it and one that does not", arguments: DiagnosticCode.allCases)
  func examples(code: DiagnosticCode) throws {
    // A thousand documents are no example; HostileFileTests has them.
    if code == .documents { return #expect(code.example == nil) }
    let example = try #require(code.example, "add one to DiagnosticExamples+….swift")
    let bad = load(example.bad, example, code)
    #expect(bad.contains { $0.code == code.rawValue }, "\(bad.map(\.message)) of\n\(example.bad)")
    let good = load(example.good, example, code)
    #expect(!good.contains { $0.code == code.rawValue }, "\(good.map(\.message)) of\n\(example.good)")
  }

  @Test("docs/diagnostics.md ends with what the program prints")
  func document() throws {
    let here = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    let root = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("docs/diagnostics.md"), encoding: .utf8)
    let marker = "<!-- Printed by `containr explain --markdown`; a test compares. -->\n\n"
    let start = try #require(text.range(of: marker)).upperBound
    let isSame = text[start...] == DiagnosticCode.markdownReference
    #expect(isSame, "run: containr explain --markdown, and put its output below the marker")
  }
}
