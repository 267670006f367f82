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
      (
        #"["oci:./d:v1", "oci:/abs/d", "image:a/b:1@sha256:0", "./image:x"]"#,
        "[oci:/srv/demo/d:v1, oci:/abs/d, image:a/b:1@sha256:0, /srv/demo/image:x]"
      ),
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
      (#"["oci:d", "oci:./d"]"#, "C0221 4:23"),
      (#"["oci:"]"#, "C0118 4:14"),
      (#"["oci:d:"]"#, "C0118 4:14"),
      (#"["image:"]"#, "C0110 4:14"),
      (#"["image:a b"]"#, "C0110 4:14"),
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
      (#"[a, "image:nginx:1.27", "oci:./layout", "oci:./layout:v2"]"#, ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("layers: \(text)") == expected)
  }
}
