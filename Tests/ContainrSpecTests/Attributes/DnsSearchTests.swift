// dns_search: search domains.
import Testing

struct DnsSearchTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("example.org", "[example.org]"),
      ("[a.org, b.org]", "[a.org, b.org]"),
      (#""${WORD}.org""#, "[word.org]"),
      (".", "[.]"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("dns_search", "dns_search: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("{a: b}", "C0101 4:17"),
      ("[{a: b}]", "C0101 4:18"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("dns_search: \(text)") == expected)
  }

  @Test(
    "entries add up, each once",
    arguments: [
      ("a.org", "[b.org, a.org]", "[a.org, b.org]")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("dns_search", "dns_search: \(base)", "dns_search: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it starts, and says nothing",
    arguments: [
      ("a.org", ""),
      ("[]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("dns_search: \(text)") == expected)
  }
}
