// expose: ports that other services use.
import Testing

struct ExposeTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      (#"[80, "90/udp", 1-5]"#, "['80', 90/udp, 1-5]"),
      (#"["53/sctp"]"#, "[53/sctp]"),
      (#"["${NUMBER}"]"#, "['3']"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("expose", "expose: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("80", "C0101 4:13"),
      ("[abc]", "C0117 4:14"),
      (#"["80:80"]"#, "C0117 4:14"),
      ("[0]", "C0117 4:14"),
      (#"["80/foo"]"#, "C0117 4:14"),
      ("[{a: b}]", "C0101 4:14"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("expose: \(text)") == expected)
  }

  @Test(
    "entries add up, each once",
    arguments: [
      ("[80]", #"["80", 81]"#, "['80', '81']")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("expose", "expose: \(base)", "expose: \(over)") == expected)
  }

  @Test(
    "it is for readers only, and no finding",
    arguments: [
      (#"[80, "53/sctp"]"#, "")
    ])
  func run(text: String, expected: String) {
    #expect(running("expose: \(text)") == expected)
  }
}
