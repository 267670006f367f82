// working_dir: where the process starts.
import Testing

struct WorkingDirTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("/srv", "/srv"),
      (#""/srv/${WORD}""#, "/srv/word"),
      (#""${EMPTY}""#, "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("working_dir", "working_dir: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("srv", "C0118 4:18"),
      ("./x", "C0118 4:18"),
      ("/a/../b", "C0118 4:18"),
      ("[a]", "C0101 4:18"),
      ("true", "C0101 4:18"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("working_dir: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("/a", "/b", "/b")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("working_dir", "working_dir: \(base)", "working_dir: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("/srv", "")
    ])
  func run(text: String, expected: String) {
    #expect(running("working_dir: \(text)") == expected)
  }
}
