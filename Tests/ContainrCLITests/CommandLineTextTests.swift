// Options as a stack file, and what is found in it.
import ContainrSpec
import Testing

@testable import ContainrForeground

@Suite("Options as a stack file")
struct CommandLineTextTests {
  private func text() -> CommandLineText {
    var text = CommandLineText(service: "web")
    text.add("tty", "true")
    text.add("volumes", ["/a", "$x"], of: "-v")
    text.add("ports", ["80"], of: "-p", tag: "!override")
    text.add("labels", [], of: "-l")
    return text
  }

  private func span(_ line: Int, _ file: String = CommandLineText.file) -> SourceSpan {
    let start = SourcePosition(line: line, column: 9, offset: line * 100)
    return SourceSpan(file: file, start: start, end: start)
  }

  @Test("each value has a line of its own")
  func file() {
    #expect(
      text().text == """
        services:
          web:
            tty: true
            volumes:
              - "/a"
              - "$$x"
            ports: !override
              - "80"

        """)
  }

  @Test("a finding names the option instead of a place; other files keep theirs")
  func named() {
    let second = Diagnostic.Label(span: span(5), label: "the other one")
    let found = [
      Diagnostic(
        severity: .error, code: "C1", message: "is wrong", primary: span(6), label: "here", secondary: [second]),
      Diagnostic(severity: .error, code: "C2", message: "is wrong", primary: span(3)),
      Diagnostic(severity: .error, code: "C3", message: "is wrong", primary: span(6, "a.yaml"), secondary: [second]),
      Diagnostic(severity: .error, code: "C4", message: "is wrong"),
    ]
    let named = text().named(found)
    #expect(named.map(\.message) == ["-v $x: is wrong", "is wrong", "is wrong", "is wrong"])
    #expect(named.map { $0.primary?.file } == [nil, nil, "a.yaml", nil])
    #expect(named[0].notes == ["here", "the other one: -v /a"] && named[2].notes == ["the other one: -v /a"])
  }
}
