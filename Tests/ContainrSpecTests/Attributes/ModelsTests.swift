// models: AI models that a service uses.
import Testing

struct ModelsTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("[llm]", "{llm: null}"),
      ("{llm: }", "{llm: null}"),
      ("{llm: {endpoint_var: URL, model_var: M}}", "{llm: {endpoint_var: URL, model_var: M}}"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("models", "models: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("llm", "C0101 4:13"),
      ("[nothing]", "C0234 4:14"),
      ("{nothing: }", "C0234 4:14"),
      ("{llm: {endpoint: x}}", "C0102 4:20"),
      ("{llm: x}", "C0101 4:19"),
      ("[{a: b}]", "C0101 4:14"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("models: \(text)") == expected)
  }

  @Test(
    "both add up, and what is said about one model is merged",
    arguments: [
      ("[llm]", "{llm: {model_var: M}}", "{llm: {model_var: M}}"),
      ("{llm: {model_var: M}}", "[llm, other]", "{llm: {model_var: M}, other: null}"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("models", "models: \(base)", "models: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it does not start, unless it asks for what happens anyway",
    arguments: [
      ("[llm]", "C0401 4:5"),
      ("[]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("models: \(text)") == expected)
  }
}
