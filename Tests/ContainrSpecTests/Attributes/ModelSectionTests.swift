// models at the top level.
import Testing

struct ModelSectionTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("{model: ai/x}", "{model: ai/x}"),
      (
        #"{model: ai/x, name: n, context_size: 1024, runtime_flags: ["--a", "1"]}"#,
        "{context_size: 1024, model: ai/x, name: n, runtime_flags: [--a, '1']}"
      ),
      (#"{model: "${WORD}", context_size: "${NUMBER}"}"#, "{context_size: 3, model: word}"),
      ("{model: a, x-a: 1}", "{model: a, x-a: 1}"),
    ])
  func forms(text: String, expected: String) {
    #expect(sectionModel("models", "m", text) == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("text", "C0101 2:13"),
      ("{name: a}", "C0104 2:13"),
      ("{model: a, size: 1}", "C0102 2:24"),
      ("{model: a, context_size: x}", "C0113 2:38"),
      ("{model: a, runtime_flags: x}", "C0101 2:39"),
    ])
  func wrong(text: String, expected: String) {
    #expect(sectionMistakes("models", "m", text) == expected)
  }

  @Test(
    "key by key; flags add up",
    arguments: [
      (
        "{model: a, runtime_flags: [x]}", "{context_size: 5, runtime_flags: [y]}",
        "{context_size: 5, model: a, runtime_flags: [x, y]}"
      )
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(sectionModel("models", "m", base, over) == expected)
  }

  @Test(
    "no service can use it, and a warning says so",
    arguments: [
      ("{model: a}", "C0400 2:1")
    ])
  func run(text: String, expected: String) {
    #expect(sectionRunning("models", "m", text) == expected)
  }
}
