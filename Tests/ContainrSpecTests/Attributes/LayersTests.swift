// layers: the root file system of a service, ours.
import Testing

struct LayersTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("[a, ./b.tar]", "[/srv/demo/a, /srv/demo/b.tar]"),
      ("[/abs/x.tar.zst]", "[/abs/x.tar.zst]"),
      (#"["${WORD}/root"]"#, "[/srv/demo/word/root]"),
      ("[../up]", "[/srv/up]"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("layers", "layers: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("text", "C0101 4:13"),
      ("{a: b}", "C0101 4:13"),
      ("[{a: b}]", "C0101 4:14"),
      (#"[""]"#, "C0118 4:14"),
      ("[a, ./a]", "C0221 4:17"),
      ("[]", "C0104 4:5"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("layers: \(text)") == expected)
  }

  @Test(
    "a later file names all of them",
    arguments: [
      ("[a, b]", "[c]", "[/srv/demo/c]"),
      ("[a]", "", "[/srv/demo/a]"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("layers", "layers: \(base)", "layers: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("[a]", ""),
      ("[a, b.tar.xz]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("layers: \(text)") == expected)
  }
}
