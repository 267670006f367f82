// group_add: further groups of the process.
import Testing

struct GroupAddTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("[mail, 1001]", "[mail, '1001']"),
      (#"["${NUMBER}"]"#, "['3']"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("group_add", "group_add: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("mail", "C0101 4:16"),
      (#"["a b"]"#, "C0110 4:17"),
      ("[[a]]", "C0101 4:17"),
      ("[4294967295]", "C0113 4:17"),
      ("[true]", "C0101 4:17"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("group_add: \(text)") == expected)
  }

  @Test(
    "entries add up, each once",
    arguments: [
      ("[a, 1]", "[1, b]", "[a, '1', b]")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("group_add", "group_add: \(base)", "group_add: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("[mail]", ""),
      ("[]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("group_add: \(text)") == expected)
  }
}
