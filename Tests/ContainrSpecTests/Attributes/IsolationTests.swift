// isolation: the isolation technology.
import Testing

struct IsolationTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("default", "default"),
      ("hyperv", "hyperv"),
      ("${WORD}", "word"),
      (#""${EMPTY}""#, "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("isolation", "isolation: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("[a]", "C0101 4:16"),
      ("{a: b}", "C0101 4:16"),
      ("true", "C0101 4:16"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("isolation: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("default", "other", "other"),
      ("default", "", "default"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("isolation", "isolation: \(base)", "isolation: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it does not start, unless it asks for what happens anyway",
    arguments: [
      ("hyperv", "C0401 4:5"),
      ("default", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("isolation: \(text)") == expected)
  }
}
