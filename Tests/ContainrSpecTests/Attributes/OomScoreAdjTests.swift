// oom_score_adj: which processes the kernel kills first.
import Testing

struct OomScoreAdjTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("500", "500"),
      ("-1000", "-1000"),
      ("0", "0"),
      (#""${NUMBER}""#, "3"),
      ("${NUMBER}", "3"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("oom_score_adj", "oom_score_adj: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("1001", "C0113 4:20"),
      ("-1001", "C0113 4:20"),
      ("[1]", "C0101 4:20"),
      ("{a: 1}", "C0101 4:20"),
      ("true", "C0101 4:20"),
      ("1x", "C0113 4:20"),
      ("${WORD}", "C0113 4:20"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("oom_score_adj: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("1", "2", "2")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("oom_score_adj", "oom_score_adj: \(base)", "oom_score_adj: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("500", ""),
      ("0", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("oom_score_adj: \(text)") == expected)
  }
}
