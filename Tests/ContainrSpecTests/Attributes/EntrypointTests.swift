// entrypoint: the first part of the argument vector.
import Testing

struct EntrypointTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      (#"[a, b c, "3"]"#, "[a, b c, '3']"),
      (#"a "b c" d'e'"#, "[a, b c, de]"),
      ("[a, true, 1.50, ~x]", "[a, 'true', '1.50', ~x]"),
      (#""a ${WORD}""#, "[a, word]"),
      (#"["${WORD}", "$$X"]"#, "[word, $X]"),
      ("[]", "[]"),
      (#""""#, "[]"),
      ("null", "-"),
      ("\n  - a\n  - b", "[a, b]"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("entrypoint", "entrypoint: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("{a: b}", "C0101 4:17"),
      ("[[a]]", "C0101 4:18"),
      ("[a, null]", "C0101 4:21"),
      (#"a "b"#, "C0120 4:17"),
      ("true", "C0101 4:17"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("entrypoint: \(text)") == expected)
  }

  @Test(
    "a later file replaces the whole of it",
    arguments: [
      ("[a, b]", "[c]", "[c]"),
      ("a b", "c d", "[c, d]"),
      ("[a, b]", "[]", "[]"),
      ("[a]", "null", "[a]"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("entrypoint", "entrypoint: \(base)", "entrypoint: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("[a, b]", ""),
      ("a b", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("entrypoint: \(text)") == expected)
  }
}
