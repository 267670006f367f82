// pids_limit: processes and threads at the same time.
import Testing

struct PidsLimitTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("100", "100"),
      ("-1", "-1"),
      ("0", "0"),
      (#""${NUMBER}""#, "3"),
      ("${NUMBER}", "3"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("pids_limit", "pids_limit: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("-2", "C0113 4:17"),
      ("1.5", "C0113 4:17"),
      ("1\ndeploy: {resources: {limits: {pids: 2}}}", "C0222 5:35"),
      ("[1]", "C0101 4:17"),
      ("{a: 1}", "C0101 4:17"),
      ("true", "C0101 4:17"),
      ("1x", "C0113 4:17"),
      ("${WORD}", "C0113 4:17"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("pids_limit: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("1", "2", "2")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("pids_limit", "pids_limit: \(base)", "pids_limit: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("100", "")
    ])
  func run(text: String, expected: String) {
    #expect(running("pids_limit: \(text)") == expected)
  }
}
