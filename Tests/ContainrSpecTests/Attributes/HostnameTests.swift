// hostname: the name inside the container.
import Testing

struct HostnameTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("web", "web"),
      ("web.example.org", "web.example.org"),
      (#""${WORD}-${NUMBER}""#, "word-3"),
      (#""${EMPTY}""#, "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("hostname", "hostname: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("-x", "C0119 4:15"),
      ("a b", "C0119 4:15"),
      ("a..b", "C0119 4:15"),
      ("[a]", "C0101 4:15"),
      ("true", "C0101 4:15"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("hostname: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("a", "b", "b")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("hostname", "hostname: \(base)", "hostname: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("web", ""),
      (#""${EMPTY}""#, ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("hostname: \(text)") == expected)
  }

  @Test("a name that DNS takes and the kernel does not is right, but nothing starts with it")
  func long() {
    let name = String(repeating: "a.", count: 32) + "b"
    #expect(model("hostname", "hostname: \(name)") == name)
    #expect(running("hostname: \(name)") == "C0401 4:15")
    #expect(mistakes("hostname: \(String(repeating: "a.", count: 127))b") == "C0119 4:15")
  }
}
