// stop_grace_period: how long to wait before SIGKILL.
import Testing

struct StopGracePeriodTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("10s", "10s"),
      ("1m30s", "1m30s"),
      ("1h5m30s20ms", "1h5m30.02s"),
      ("2m", "2m0s"),
      (#""${TIME}""#, "1m30s"),
      ("1d", "24h0m0s"),
      ("0", "0s"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("stop_grace_period", "stop_grace_period: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("10", "C0111 4:24"),
      (#""10""#, "C0111 4:24"),
      ("-5s", "C0111 4:24"),
      ("x", "C0111 4:24"),
      ("[1s]", "C0101 4:24"),
      ("true", "C0101 4:24"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("stop_grace_period: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("1s", "2s", "2s")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("stop_grace_period", "stop_grace_period: \(base)", "stop_grace_period: \(over)") == expected)
  }

  @Test(
    "it is honoured, up to 24 days",
    arguments: [
      ("10s", ""),
      ("60d", "C0401 4:24"),
    ])
  func run(text: String, expected: String) {
    #expect(running("stop_grace_period: \(text)") == expected)
  }
}
