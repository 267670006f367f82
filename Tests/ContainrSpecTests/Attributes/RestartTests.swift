// restart: when the container is started again.
import Testing

struct RestartTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      (#""no""#, "no"),
      ("no", "no"),
      ("always", "always"),
      ("on-failure", "on-failure"),
      (#""on-failure:3""#, "on-failure:3"),
      ("unless-stopped", "unless-stopped"),
      (#""on-failure:${NUMBER}""#, "on-failure:3"),
      (#""${EMPTY}""#, "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("restart", "restart: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("sometimes", "C0110 4:14"),
      ("always:3", "C0110 4:14"),
      ("on-failure:x", "C0113 4:14"),
      ("false", "C0101 4:14"),
      ("[always]", "C0101 4:14"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("restart: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("always", #""no""#, "no")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("restart", "restart: \(base)", "restart: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("always", ""),
      (#""on-failure:3""#, ""),
      (#""${EMPTY}""#, ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("restart: \(text)") == expected)
  }
}
