// environment: variables of the service.
import Testing

struct EnvironmentTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("{B: 2, A: x}", "{A: x, B: '2'}"),
      ("[B=2, A=x]", "{A: x, B: '2'}"),
      (#"{A: true, B: 1.50, C: ""}"#, "{A: 'true', B: '1.50', C: ''}"),
      (#"["A=b=c", "B="]"#, "{A: b=c, B: ''}"),
      ("{WORD: , MISSING: }", "{MISSING: null, WORD: word}"),
      ("[WORD, MISSING]", "{MISSING: null, WORD: word}"),
      (#"{A: "${WORD}", B: "$$WORD"}"#, "{A: word, B: $WORD}"),
      (#"["A=${NUMBER}"]"#, "{A: '3'}"),
      ("[A=1, A=2]", "{A: '2'}"),
      ("{x-a.b: 1}", "{x-a.b: '1'}"),
      ("{}", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("environment", "environment: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("text", "C0101 4:18"),
      ("{A: [x]}", "C0101 4:22"),
      ("{A: {b: c}}", "C0101 4:22"),
      ("[{A: b}]", "C0101 4:19"),
      (#"["=x"]"#, "C0119 4:19"),
      (#"["A =x"]"#, "C0119 4:19"),
      ("[null]", "C0101 4:19"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("environment: \(text)") == expected)
  }

  @Test(
    "both add up, and a later file wins for one name",
    arguments: [
      ("{A: 1, B: 2}", "{B: 3, C: 4}", "{A: '1', B: '3', C: '4'}"),
      ("[A=1, B=2]", "{B: 3}", "{A: '1', B: '3'}"),
      ("{A: 1}", "[A]", "{A: null}"),
      ("{A: 1, B: 2}", "{A: !reset null}", "{B: '2'}"),
      ("{A: 1}", "!override {B: 2}", "{B: '2'}"),
      ("{A: 1}", "!reset {}", "-"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("environment", "environment: \(base)", "environment: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("{A: 1}", ""),
      ("[A]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("environment: \(text)") == expected)
  }

  @Test(
    "what is allowed but doubtful is a warning",
    arguments: [
      ("[A=1, A=2]", "C0221 4:24"),
      ("{A: yes}", "C0310 4:22"),
    ])
  func doubtful(text: String, expected: String) {
    #expect(warnings("environment: \(text)") == expected)
  }
}
