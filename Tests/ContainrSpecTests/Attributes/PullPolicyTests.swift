// pull_policy: when other tools pull the image.
import Testing

struct PullPolicyTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("always", "always"),
      ("never", "never"),
      ("missing", "missing"),
      ("build", "build"),
      ("refresh", "refresh"),
      ("daily", "daily"),
      ("weekly", "weekly"),
      ("every_12h", "every_12h"),
      ("every_1w2d3h4m5s", "every_1w2d3h4m5s"),
      ("if_not_present", "missing"),
      (#""${EMPTY}""#, "-"),
      (#""every_${NUMBER}d""#, "every_3d"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("pull_policy", "pull_policy: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("allways", "C0110 4:18"),
      ("every_", "C0110 4:18"),
      ("every_5y", "C0110 4:18"),
      ("5", "C0110 4:18"),
      ("[always]", "C0101 4:18"),
      ("true", "C0101 4:18"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("pull_policy: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("always", "never", "never")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("pull_policy", "pull_policy: \(base)", "pull_policy: \(over)") == expected)
  }

  @Test(
    "what this version does with it",
    arguments: [
      ("always", ""), ("never", ""), ("every_1w2d3h4m5s", ""), ("daily", ""),
      ("build", "C0401 4:5"), ("refresh", "C0401 4:5"), ("every_99999999999999999999w", "C0110 4:18"),
    ])
  func run(text: String, expected: String) {
    #expect(running("pull_policy: \(text)") == expected)
  }
}
