import ContainrReconcile
import Foundation
import Testing

@testable import ContainrCLI
@testable import ContainrForeground

@Suite struct OutcomeTests {
  @Test("the outcome as JSON holds the plan, and null where nothing was to be done")
  func nothing() throws {
    let text = OutcomeText.json(Changeset(stack: "hello", changes: [], matching: 3), nil)
    let object = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(object["outcome"] is NSNull)
    #expect((object["plan"] as? [String: Any])?["matching"] as? Int == 3)
  }

  @Test("text in JSON is escaped so that it comes back the same")
  func escapes() throws {
    let nasty = "a\"b\\c\nd\u{1}\u{7F}ü\u{1F600}"
    let parsed = try JSONSerialization.jsonObject(with: Data("[\(JSONText.quoted(nasty))]".utf8))
    #expect(parsed as? [String] == [nasty])
    #expect(JSONText.string(nil) == "null")
    #expect(JSONText.number(Int?.none) == "null")
  }

  @Test("an ending is written like a finding, without control characters")
  func ending() {
    let exit = CommandExit(.refused, "no \u{1B}[2J file", notes: ["looked"], help: "name one")
    #expect(
      exit.text(Ink(isOn: false)) == """
        error: no \\u{1b}[2J file
          = note: looked
          = help: name one

        """)
    #expect(CommandExit(passing: 9).text(Ink(isOn: true)) == "")
  }
}
