// secrets of a service: files from the top-level secrets.
import Testing

struct SecretsTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("[cert]", "[{source: cert, target: /run/secrets/cert}]"),
      (
        #"[{source: cert, target: /x, uid: "103", gid: 104, mode: 0440}]"#,
        "[{gid: '104', mode: '0440', source: cert, target: /x, uid: '103'}]"
      ),
      ("[{source: cert, mode: 0o440}]", "[{mode: '0440', source: cert, target: /run/secrets/cert}]"),
      ("[cert, key]", "[{source: cert, target: /run/secrets/cert}, {source: key, target: /run/secrets/key}]"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("secrets", "secrets: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("cert", "C0101 4:14"),
      ("{a: b}", "C0101 4:14"),
      ("[nothing]", "C0233 4:15"),
      ("[{source: nothing}]", "C0233 4:24"),
      ("[{target: /x}]", "C0104 4:15"),
      ("[{source: cert, targets: x}]", "C0102 4:30"),
      (#"[{source: cert, mode: "9"}]"#, "C0113 4:36"),
      (#"[{source: cert, uid: "a b"}]"#, "C0110 4:35"),
      ("[[a]]", "C0101 4:15"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("secrets: \(text)") == expected)
  }

  @Test(
    "a later file replaces the file on the same target, and adds others",
    arguments: [
      ("[cert]", "[key]", "[{source: cert, target: /run/secrets/cert}, {source: key, target: /run/secrets/key}]"),
      ("[cert]", "[{source: cert, mode: 0400}]", "[{mode: '0400', source: cert, target: /run/secrets/cert}]"),
      ("[{source: cert, target: /x}]", "[{source: key, target: /x}]", "[{source: key, target: /x}]"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("secrets", "secrets: \(base)", "secrets: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it starts; an owner whose name only the container knows is refused",
    arguments: [
      ("[cert]", ""), ("[]", ""), (#"[{source: cert, uid: www-data}]"#, "C0401 4:35"),
      ("[cert, cert]", "C0221 4:21"), ("[{source: cert, target: /x}, {source: key, target: /x/}]", "C0221 4:57"),
    ])
  func run(text: String, expected: String) {
    #expect(running("secrets: \(text)") == expected)
  }
}
