// image: the root file system, below `layers`.
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
    "it is honoured, alone and below layers",
    arguments: [
      ("nginx:1.27", ""), (#""a b""#, "C0110 4:12"), (#""""#, ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("image: \(text)") == expected)
  }
}
