// image: the root file system of other tools. Containr runs layers, which win over it.
import Testing

struct ImageTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("nginx:1.27", "nginx:1.27"),
      ("registry.example:5000/a/b@sha256:0123", "registry.example:5000/a/b@sha256:0123"),
      (#""repo:${NUMBER}""#, "repo:3"),
      ("${WORD}", "word"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("image", "image: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("[a]", "C0101 4:12"),
      ("{a: b}", "C0101 4:12"),
      ("true", "C0101 4:12"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("image: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("nginx:1.27", "other", "other"),
      ("nginx:1.27", "", "nginx:1.27"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("image", "image: \(base)", "image: \(over)") == expected)
  }

  @Test(
    "beside layers it is not used, and a warning says so",
    arguments: [
      ("nginx:1.27", "C0400 4:5")
    ])
  func run(text: String, expected: String) {
    #expect(running("image: \(text)") == expected)
  }
}
