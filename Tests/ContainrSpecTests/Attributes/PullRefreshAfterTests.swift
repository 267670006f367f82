// pull_refresh_after: how old a pulled image may be.
import Testing

struct PullRefreshAfterTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("24h", "24h0m0s"),
      ("1d", "24h0m0s"),
      ("2w", "336h0m0s"),
      (#""${TIME}""#, "1m30s"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("pull_refresh_after", "pull_refresh_after: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("5", "C0111 4:25"),
      ("soon", "C0111 4:25"),
      ("[1h]", "C0101 4:25"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("pull_refresh_after: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("1h", "2h", "2h0m0s")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("pull_refresh_after", "pull_refresh_after: \(base)", "pull_refresh_after: \(over)") == expected)
  }

  @Test(
    "it has no effect without pull_policy: refresh",
    arguments: [
      ("24h", "C0400 4:5"), ("24h\npull_policy: refresh", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("pull_refresh_after: \(text)") == expected)
  }
}
