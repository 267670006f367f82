// healthcheck: the canonical form and the merge; what a check does is in HealthcheckTests.
import Testing

struct HealthcheckModelTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("{test: [CMD, a, b]}", "{test: [CMD, a, b]}"),
      (#"{test: [CMD-SHELL, "a || b"]}"#, "{test: [CMD-SHELL, a || b]}"),
      (#"{test: "a || b"}"#, "{test: [CMD-SHELL, a || b]}"),
      ("{test: [NONE]}", "{test: [NONE]}"),
      ("{test: NONE}", "{test: [NONE]}"),
      ("{disable: true}", "{disable: true}"),
      (
        "{test: a, interval: 90s, timeout: 1m, retries: 3, start_period: 500ms, start_interval: 1.5s}",
        "{interval: 1m30s, retries: 3, start_interval: 1.5s, start_period: 500ms, test: [CMD-SHELL, a], timeout: 1m0s}"
      ),
      (
        #"{test: a, retries: "${NUMBER}", interval: "${TIME}", disable: "${NO}"}"#,
        "{disable: false, interval: 1m30s, retries: 3, test: [CMD-SHELL, a]}"
      ),
      ("{interval: 5s}", "{interval: 5s}"),
      (
        "{test: a, interval: 1d, start_period: 60d}",
        "{interval: 24h0m0s, start_period: 1440h0m0s, test: [CMD-SHELL, a]}"
      ),
    ])
  func forms(text: String, expected: String) {
    #expect(model("healthcheck", "healthcheck: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("x", "C0101 4:18"),
      ("{test: [wget, x]}", "C0110 4:25"),
      ("{test: a, interval: 5}", "C0111 4:38"),
      ("{test: a, retries: x}", "C0113 4:37"),
      ("{test: a, interv: 5s}", "C0102 4:28"),
      ("{test: {a: b}}", "C0101 4:25"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("healthcheck: \(text)") == expected)
  }

  @Test(
    "key by key, but the test as a whole",
    arguments: [
      ("{test: [CMD, a], interval: 1s}", "{test: b, retries: 2}", "{interval: 1s, retries: 2, test: [CMD-SHELL, b]}"),
      ("{test: a}", "{disable: true}", "{disable: true, test: [CMD-SHELL, a]}"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("healthcheck", "healthcheck: \(base)", "healthcheck: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it does not start, unless it asks for what happens anyway",
    arguments: [
      ("{test: a}", ""),
      ("{interval: 5s}", "C0104 4:5"),
      ("{test: a, interval: 60d}", "C0401 4:38"),
    ])
  func run(text: String, expected: String) {
    #expect(running("healthcheck: \(text)") == expected)
  }
}
