// sysctls: kernel parameters of the container.
import Testing

struct SysctlsTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("{b: 2, a: x}", "{a: x, b: '2'}"),
      ("[b=2, a=x]", "{a: x, b: '2'}"),
      ("{a: true, b: 1.5, c: }", "{a: 'true', b: '1.5', c: ''}"),
      (#"["a=b=c", d]"#, "{a: b=c, d: ''}"),
      (#"{a: "${WORD}"}"#, "{a: word}"),
      (#"["a=${NUMBER}"]"#, "{a: '3'}"),
      ("{}", "-"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("sysctls", "sysctls: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("text", "C0101 4:14"),
      ("{a: [x]}", "C0101 4:18"),
      ("{a: {b: c}}", "C0101 4:18"),
      ("[{a: b}]", "C0101 4:15"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("sysctls: \(text)") == expected)
  }

  @Test(
    "both add up, and a later file wins for one name",
    arguments: [
      ("{a: 1, b: 2}", "{b: 3, c: 4}", "{a: '1', b: '3', c: '4'}"),
      ("[a=1, b=2]", "{b: 3}", "{a: '1', b: '3'}"),
      ("{a: 1}", "[a=2]", "{a: '2'}"),
      ("{a: 1, b: 2}", "{a: !reset null}", "{b: '2'}"),
      ("{a: 1}", "!override {b: 2}", "{b: '2'}"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("sysctls", "sysctls: \(base)", "sysctls: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("{net.core.somaxconn: 1024}", ""),
      ("{}", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("sysctls: \(text)") == expected)
  }
}
