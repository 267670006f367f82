// annotations: of the container.
import Testing

struct AnnotationsTests {
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
    #expect(model("annotations", "annotations: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("text", "C0101 4:18"),
      ("{a: [x]}", "C0101 4:22"),
      ("{a: {b: c}}", "C0101 4:22"),
      ("[{a: b}]", "C0101 4:19"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("annotations: \(text)") == expected)
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
    #expect(merged("annotations", "annotations: \(base)", "annotations: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("{a: b}", ""),
      ("{}", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("annotations: \(text)") == expected)
  }
}
