// dns: name servers.
import Testing

struct DnsTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("8.8.8.8", "[8.8.8.8]"),
      (#"[8.8.8.8, "2001:4860:4860::8888"]"#, "[8.8.8.8, 2001:4860:4860::8888]"),
      (#""${ADDRESS}""#, "[10.0.0.9]"),
      (#"["${EMPTY}", 8.8.8.8]"#, "[8.8.8.8]"),
      (#""${EMPTY}""#, "-"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("dns", "dns: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("x", "C0116 4:10"),
      ("[1.2.3]", "C0116 4:11"),
      ("{a: b}", "C0101 4:10"),
      ("[{a: b}]", "C0101 4:11"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("dns: \(text)") == expected)
  }

  @Test(
    "entries add up, each once",
    arguments: [
      ("8.8.8.8", "[9.9.9.9, 8.8.8.8]", "[8.8.8.8, 9.9.9.9]")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("dns", "dns: \(base)", "dns: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it starts, and says nothing",
    arguments: [
      ("8.8.8.8", ""),
      ("[]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("dns: \(text)") == expected)
  }
}
