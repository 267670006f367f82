// tty: a terminal for the process.
import Testing

struct TtyTests {
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
    #expect(model("tty", "tty: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("maybe", "C0101 4:10"),
      ("1", "C0101 4:10"),
      ("[true]", "C0101 4:10"),
      ("{a: true}", "C0101 4:10"),
      ("${WORD}", "C0101 4:10"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("tty: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("true", "false", "false"),
      ("false", "true", "true"),
      ("true", "", "true"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("tty", "tty: \(base)", "tty: \(over)") == expected)
  }

  @Test(
    "the service runs with it",
    arguments: [
      ("true", ""),
      ("false", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("tty: \(text)") == expected)
  }
}
