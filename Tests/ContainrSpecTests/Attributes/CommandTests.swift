// command: the arguments, or the whole command.
import Testing

struct CommandTests {
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
    #expect(model("command", "command: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("{a: b}", "C0101 4:14"),
      ("[[a]]", "C0101 4:15"),
      ("[a, null]", "C0101 4:18"),
      (#"a "b"#, "C0120 4:14"),
      ("true", "C0101 4:14"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("command: \(text)") == expected)
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
    #expect(merged("command", "command: \(base)", "command: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("[a, b]", ""),
      ("a b", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("command: \(text)") == expected)
  }
}
