// links: other names of other services.
import Testing

struct LinksTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      (#"[db, "db:alias"]"#, "[db, db:alias]"),
      (#"["${NONE:-db}"]"#, "[db]"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("links", "links: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("db", "C0101 4:12"),
      ("[nothing]", "C0201 4:13"),
      (#"["nothing:x"]"#, "C0201 4:13"),
      ("[{a: b}]", "C0101 4:13"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("links: \(text)") == expected)
  }

  @Test(
    "entries add up, each once",
    arguments: [
      ("[db]", "[cache, db]", "[db, cache]")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("links", "links: \(base)", "links: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it starts, and says nothing",
    arguments: [
      ("[db]", ""),
      ("[]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("links: \(text)") == expected)
  }

  @Test("the other service is started first")
  func dependency() {
    let expected = "{db: {condition: service_started, required: true, restart: true}}"
    #expect(model("depends_on", "links: [\"db:alias\"]") == expected)
  }
}
