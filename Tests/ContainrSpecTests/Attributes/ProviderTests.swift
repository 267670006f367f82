// provider: a tool outside that provides the service.
import Testing

struct ProviderTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("{type: tool}", "{type: tool}"),
      (
        "{type: tool, options: {a: 1, b: [x, 2], c: true}}",
        "{options: {a: ['1'], b: [x, '2'], c: ['true']}, type: tool}"
      ),
      (#"{type: "${WORD}"}"#, "{type: word}"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("provider", "provider: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("tool", "C0101 4:15"),
      ("{options: {a: b}}", "C0104 4:15"),
      ("{type: a, option: b}", "C0102 4:25"),
      ("{type: a, options: [b]}", "C0101 4:34"),
      ("{type: [a]}", "C0101 4:22"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("provider: \(text)") == expected)
  }

  @Test(
    "key by key",
    arguments: [
      ("{type: a, options: {x: 1}}", "{options: {y: 2}}", "{options: {x: ['1'], y: ['2']}, type: a}")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("provider", "provider: \(base)", "provider: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it does not start",
    arguments: [
      ("{type: tool}", "C0401 4:5")
    ])
  func run(text: String, expected: String) {
    #expect(running("provider: \(text)") == expected)
  }
}
