// uts: whose host name namespace.
import Testing

struct UtsTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("host", "host"),
      ("private", "private"),
      (#""${NONE:-host}""#, "host"),
      (#""${EMPTY}""#, "-"),
      ("platform-word", "platform-word"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("uts", "uts: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("[host]", "C0101 4:10"),
      ("true", "C0101 4:10"),
      ("{a: b}", "C0101 4:10"),
      (#""service:""#, "C0110 4:10"),
      (#""service:nothing""#, "C0201 4:10"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("uts: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("host", #""container:x""#, "container:x")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("uts", "uts: \(base)", "uts: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("host", ""),
      ("private", ""),
      (#""container:x""#, "C0401 4:10"),
      ("host\nhostname: x", "C0222 5:5"),
    ])
  func run(text: String, expected: String) {
    #expect(running("uts: \(text)") == expected)
  }
}
