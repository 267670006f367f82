// privileged: all rights.
import Testing

struct PrivilegedTests {
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
    #expect(model("privileged", "privileged: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("maybe", "C0101 4:17"),
      ("1", "C0101 4:17"),
      ("[true]", "C0101 4:17"),
      ("{a: true}", "C0101 4:17"),
      ("${WORD}", "C0101 4:17"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("privileged: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("true", "false", "false"),
      ("false", "true", "true"),
      ("true", "", "true"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("privileged", "privileged: \(base)", "privileged: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("true", ""),
      ("false", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("privileged: \(text)") == expected)
  }
}
