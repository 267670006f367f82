// label_file: files with labels.
import Testing

struct LabelFileTests {
  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("{a: b}", "C0101 4:17"),
      ("[{path: a.env}]", "C0101 4:18"),
      ("missing.env", "C0212 4:17"),
      ("[[a]]", "C0101 4:18"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("label_file: \(text)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("a.env", ""),
      ("[a.env, b.env]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("label_file: \(text)") == expected)
  }

  @Test(
    "files become labels, later ones win, and labels wins over all",
    arguments: [
      ("label_file: a.env", "{A: '1', B: '2'}"), ("label_file: [a.env, b.env]", "{A: '1', B: '3'}"),
      ("label_file: a.env\nlabels: {B: x}", "{A: '1', B: x}"), ("label_file: []", "-"),
    ])
  func labels(lines: String, expected: String) {
    #expect(model("labels", lines) == expected)
    #expect(model("label_file", lines) == "-")
  }

  @Test("a later file adds files")
  func merge() {
    #expect(merged("labels", "label_file: a.env", "label_file: [b.env]") == "{A: '1', B: '3'}")
  }
}
