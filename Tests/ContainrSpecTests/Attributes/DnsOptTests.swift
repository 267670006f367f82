// dns_opt: options of the resolver.
import Testing

struct DnsOptTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      (#"[use-vc, "ndots:2"]"#, "[use-vc, ndots:2]"),
      (#"["ndots:${NUMBER}"]"#, "[ndots:3]"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("dns_opt", "dns_opt: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("use-vc", "C0101 4:14"),
      ("[{a: b}]", "C0101 4:15"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("dns_opt: \(text)") == expected)
  }

  @Test(
    "entries add up, each once",
    arguments: [
      ("[use-vc]", #"["ndots:2", use-vc]"#, "[use-vc, ndots:2]")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("dns_opt", "dns_opt: \(base)", "dns_opt: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it starts, and says nothing",
    arguments: [
      ("[use-vc]", ""),
      ("[]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("dns_opt: \(text)") == expected)
  }
}
