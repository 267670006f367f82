// Interpolation: what stands inside an expression, and what is looked at only when it is needed.
import Testing

@testable import ContainrSpec

struct InterpolationNestingTests {
  private static let variables = ["SET": "v", "EMPTY": "", "JSON": "{\"n\": 2}"]

  private func expand(_ text: String) -> Interpolator.Outcome { Interpolator.expand(text) { Self.variables[$0] } }

  @Test(
    "the first operator counts; the others are text",
    arguments: [
      ("${NO-a:-b}", "a:-b"), ("${NO:-a?b+c}", "a?b+c"), ("${NO-fail?text}", "fail?text"), ("${SET:+a:-b}", "a:-b"),
      ("${SET+a?b}", "a?b"), ("${SET?a:-b}", "v"), ("${SET:?a-b}", "v"), ("${NO:-/x:-y}", "/x:-y"),
      ("-${EMPTY:-d}", "-d"), (":?${EMPTY-d}", ":?"), ("+${NO:-${EMPTY-d}}", "+"),
    ])
  func operators(text: String, expected: String) {
    #expect(expand(text).text == expected)
    #expect(expand(text).problems.isEmpty)
  }

  @Test(
    "braces inside a default pair up",
    arguments: [
      ("${NO:-{\"n\": 1}}", "{\"n\": 1}"), ("${JSON:-{\"n\": 1}}", "{\"n\": 2}"), ("${JSON-{}}!", "{\"n\": 2}!"),
      ("${NO:-{${SET}}}", "{v}"), ("${SET:-{a{b}c}}d", "vd"), ("${SET:+{}}", "{}"),
      ("${NO:-{} and ${SET}", "{ and v"), ("${SET:-{}", "v"), ("{${SET}}", "{v}"), ("${NO:-}}", "}"),
    ])
  func braces(text: String, expected: String) {
    #expect(expand(text).text == expected)
    #expect(expand(text).problems.isEmpty)
  }

  @Test(
    "what is not taken is not looked up, so it warns of nothing",
    arguments: ["${NO:+$GONE}", "${SET:-${GONE}}", "${SET:?$GONE}"])
  func lazy(text: String) {
    #expect(expand(text).problems.isEmpty)
    #expect(!expand(text).used.contains("GONE"))
  }

  @Test("a default that is taken warns of its own variables")
  func eager() throws {
    let problem = try #require(expand("${NO:-$GONE}").problems.first)
    guard case .unset("GONE") = problem.kind else {
      Issue.record("\(problem)")
      return
    }
    #expect(problem.range == 6..<11)
  }

  @Test("the message of a required variable is expanded")
  func message() throws {
    let finding = try loadWeb("hostname: 'a${H:?set it to ${WORD:-something}}'").finding("C0302")
    #expect(finding.message == "the variable 'H' is required: set it to something")
  }

  @Test(
    "dollars that begin no expression stay",
    arguments: ["a $ b", "^x$", "$}", "$", "$ {", "5$%", "$-", "$(date)", "$1"])
  func plain(text: String) {
    #expect(expand(text).text == text)
    #expect(expand(text).problems.isEmpty)
  }

  @Test("a name ends where no name character follows")
  func names() {
    #expect(expand("$SET-x").text == "v-x")
    #expect(expand("$SET.x").text == "v.x")
    #expect(expand("$SETx").problems.count == 1)
    #expect(expand("$set").problems.count == 1)
    #expect(expand("$SET\u{301}").text == "v\u{301}")
  }

  @Test("a value is not expanded again")
  func once() {
    #expect(Interpolator.expand("$A") { _ in "$B ${C}" }.text == "$B ${C}")
    #expect(Interpolator.expand("${A:-x}") { _ in "${A}" }.text == "${A}")
  }
}
