// configs of a service: files from the top-level configs.
import Testing

struct ConfigsTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("[conf]", "[{source: conf}]"),
      (
        #"[{source: conf, target: /x, uid: "103", gid: 104, mode: 0440}]"#,
        "[{gid: '104', mode: '0440', source: conf, target: /x, uid: '103'}]"
      ),
      ("[{source: conf, mode: 0o440}]", "[{mode: '0440', source: conf}]"),
      ("[conf, more]", "[{source: conf}, {source: more}]"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("configs", "configs: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("cert", "C0101 4:14"),
      ("{a: b}", "C0101 4:14"),
      ("[nothing]", "C0233 4:15"),
      ("[{source: nothing}]", "C0233 4:24"),
      ("[{target: /x}]", "C0104 4:15"),
      ("[{source: conf, targets: x}]", "C0102 4:30"),
      (#"[{source: conf, mode: "9"}]"#, "C0113 4:36"),
      (#"[{source: conf, uid: "a b"}]"#, "C0110 4:35"),
      ("[[a]]", "C0101 4:15"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("configs: \(text)") == expected)
  }

  @Test(
    "a later file replaces the file on the same target, and adds others",
    arguments: [
      ("[conf]", "[more]", "[{source: conf}, {source: more}]"),
      ("[conf]", "[{source: conf, mode: 0400}]", "[{mode: '0400', source: conf}]"),
      ("[{source: conf, target: /x}]", "[{source: more, target: /x}]", "[{source: more, target: /x}]"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("configs", "configs: \(base)", "configs: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it starts",
    arguments: [
      ("[conf]", ""), ("[]", ""), ("[{source: conf, target: etc/x}]", ""),
      ("[{source: conf, target: /a/../b}]", "C0118 4:38"),
    ])
  func run(text: String, expected: String) {
    #expect(running("configs: \(text)") == expected)
  }
}
