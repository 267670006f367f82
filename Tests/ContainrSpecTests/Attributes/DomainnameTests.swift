// domainname: the NIS domain inside the container.
import Testing

struct DomainnameTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("example.org", "example.org"),
      (#""${WORD}""#, "word"),
      (#""${EMPTY}""#, "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("domainname", "domainname: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("-x", "C0119 4:17"),
      ("[a]", "C0101 4:17"),
      ("true", "C0101 4:17"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("domainname: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("a", "b", "b")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("domainname", "domainname: \(base)", "domainname: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("example.org", "")
    ])
  func run(text: String, expected: String) {
    #expect(running("domainname: \(text)") == expected)
  }
}
