// cgroup: whose cgroup namespace.
import Testing

struct CgroupTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("host", "host"),
      ("private", "private"),
      (#""${NONE:-host}""#, "host"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("cgroup", "cgroup: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("shared", "C0110 4:13"),
      ("[host]", "C0101 4:13"),
      ("true", "C0101 4:13"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("cgroup: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("host", "private", "private")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("cgroup", "cgroup: \(base)", "cgroup: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("host", ""),
      ("private", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("cgroup: \(text)") == expected)
  }
}
