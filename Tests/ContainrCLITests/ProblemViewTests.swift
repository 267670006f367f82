import ContainrEngine
import ContainrSpec
import Testing

@testable import ContainrCLI

@Suite struct ProblemViewTests {
  private let source = SourceText(
    file: "stack.yaml",
    bytes: Array("services:\n  web:\n    ports: [\"8080:80\", 81:81]\n    layers: [./base.tar]\n".utf8))

  private func text(_ problem: Problem) -> String {
    DiagnosticRenderer.render(ProblemView.diagnostics([problem], sources: [source]), sources: [source], colour: false)
  }

  @Test("a port that is taken is shown in the file, with its quotes under the caret") func portTaken() {
    let problem = Problem(
      code: "port-taken", message: "port 8080/tcp is taken by another program",
      location: SourceLocation(file: "stack.yaml", line: 3, column: 13), help: "choose another port")
    #expect(
      text(problem) == """
        error[port-taken]: port 8080/tcp is taken by another program
         --> stack.yaml:3:13
          |
        3 |     ports: ["8080:80", 81:81]
          |             ^^^^^^^^^
          = help: choose another port

        1 error

        """)
  }

  @Test("a bare word ends where the flow collection goes on") func bareWord() throws {
    let span = try #require(
      ProblemView.span(at: SourceLocation(file: "stack.yaml", line: 4, column: 14), sources: [source]))
    #expect(span.end.column - span.start.column == "./base.tar".count)
  }

  @Test("a problem of the host alone has no place") func host() {
    #expect(
      text(Problem(code: "no-cgroup", message: "the host has no pids controller"))
        == "error[no-cgroup]: the host has no pids controller\n\n1 error\n")
  }
}
