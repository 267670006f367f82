// credential_spec: credentials of Windows.
import Testing

struct CredentialSpecTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("{file: c.json}", "{file: c.json}"),
      ("{registry: r}", "{registry: r}"),
      (#"{config: "${WORD}"}"#, "{config: word}"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("credential_spec", "credential_spec: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("file://x", "C0101 4:22"),
      ("{path: x}", "C0102 4:23"),
      ("{file: [a]}", "C0101 4:29"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("credential_spec: \(text)") == expected)
  }

  @Test(
    "key by key",
    arguments: [
      ("{file: a}", "{file: b}", "{file: b}"),
      ("{file: a}", "{registry: b}", "{file: a, registry: b}"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("credential_spec", "credential_spec: \(base)", "credential_spec: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it does not start",
    arguments: [
      ("{file: x}", "C0401 4:5")
    ])
  func run(text: String, expected: String) {
    #expect(running("credential_spec: \(text)") == expected)
  }
}
