// read_only: whether the root file system can be written.
import Testing

struct ReadOnlyTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("true", "true"),
      ("false", "false"),
      (#""${YES}""#, "true"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("read_only", "read_only: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("maybe", "C0101 4:16"),
      ("[true]", "C0101 4:16"),
      ("1", "C0101 4:16"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("read_only: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("true", "false", "false")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("read_only", "read_only: \(base)", "read_only: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("true", ""),
      ("false", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("read_only: \(text)") == expected)
  }

  @Test(
    "what is allowed but doubtful is a warning",
    arguments: [
      ("on", "C0310 4:16")
    ])
  func doubtful(text: String, expected: String) {
    #expect(warnings("read_only: \(text)") == expected)
  }
}
