// userns_mode: whose user namespace.
import Testing

struct UsernsModeTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("host", "host"),
      ("keep-id", "keep-id"),
      ("${WORD}", "word"),
      (#""${EMPTY}""#, "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("userns_mode", "userns_mode: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("[a]", "C0101 4:18"),
      ("{a: b}", "C0101 4:18"),
      ("true", "C0101 4:18"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("userns_mode: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("host", "other", "other"),
      ("host", "", "host"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("userns_mode", "userns_mode: \(base)", "userns_mode: \(over)") == expected)
  }

  @Test(
    "it is honoured, as far as this version knows the words",
    arguments: [
      ("host", ""),
      ("auto", ""),
      ("keep-id", "C0401 4:18"),
      ("auto\npid: host", "C0222 5:5"),
      ("auto\nprivileged: true", "C0222 5:5"),
      ("auto\nnetwork_mode: \"service:db\"", "C0222 5:5"),
    ])
  func run(text: String, expected: String) {
    #expect(running("userns_mode: \(text)") == expected)
  }
}
