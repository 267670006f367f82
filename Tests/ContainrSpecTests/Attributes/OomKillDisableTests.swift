// oom_kill_disable: keep the process when memory runs out.
import Testing

struct OomKillDisableTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("true", "true"),
      ("false", "false"),
      (#""${YES}""#, "true"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("oom_kill_disable", "oom_kill_disable: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("maybe", "C0101 4:23"),
      ("[true]", "C0101 4:23"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("oom_kill_disable: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("true", "false", "false")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("oom_kill_disable", "oom_kill_disable: \(base)", "oom_kill_disable: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("true", ""),
      ("false", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("oom_kill_disable: \(text)") == expected)
  }
}
