// init: a small first process.
import Testing

struct InitTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("true", "true"),
      ("false", "false"),
      (#""true""#, "true"),
      ("${YES}", "true"),
      ("${NO:-true}", "false"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("init", "init: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("maybe", "C0101 4:11"),
      ("1", "C0101 4:11"),
      ("[true]", "C0101 4:11"),
      ("{a: true}", "C0101 4:11"),
      ("${WORD}", "C0101 4:11"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("init: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("true", "false", "false"),
      ("false", "true", "true"),
      ("true", "", "true"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("init", "init: \(base)", "init: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("true", ""),
      ("false", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("init: \(text)") == expected)
  }
}
