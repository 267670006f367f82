// external_links: containers outside the stack.
import Testing

struct ExternalLinksTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      (#"[redis, "db:mysql"]"#, "[redis, db:mysql]"),
      (#"["${WORD}"]"#, "[word]"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("external_links", "external_links: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("db", "C0101 4:21"),
      ("[{a: b}]", "C0101 4:22"),
      (#"[""]"#, "C0110 4:22"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("external_links: \(text)") == expected)
  }

  @Test(
    "entries add up, each once",
    arguments: [
      ("[a]", "[b, a]", "[a, b]")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("external_links", "external_links: \(base)", "external_links: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it starts, and says nothing",
    arguments: [
      ("[redis]", ""),
      ("[]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("external_links: \(text)") == expected)
  }
}
