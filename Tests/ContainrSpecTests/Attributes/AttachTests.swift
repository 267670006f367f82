// attach: whether an attached `up` shows the logs.
import Testing

struct AttachTests {
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
    #expect(model("attach", "attach: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("maybe", "C0101 4:13"),
      ("1", "C0101 4:13"),
      ("[true]", "C0101 4:13"),
      ("{a: true}", "C0101 4:13"),
      ("${WORD}", "C0101 4:13"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("attach: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("true", "false", "false"),
      ("false", "true", "true"),
      ("true", "", "true"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("attach", "attach: \(base)", "attach: \(over)") == expected)
  }

  @Test(
    "the service runs without it, and a warning says so, unless it asks for what happens anyway",
    arguments: [
      ("false", "C0400 4:5"),
      ("true", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("attach: \(text)") == expected)
  }
}
