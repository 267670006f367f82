// cpu_quota: CPU time in a period, in microseconds.
import Testing

struct CpuQuotaTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("50000", "50000"),
      (#""50000""#, "50000"),
      ("400ms", "400ms"),
      ("'1400us'", "1.4ms"),
      (#""${NUMBER}""#, "3"),
      ("-1", "-1"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("cpu_quota", "cpu_quota: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("x", "C0111 4:16"),
      ("1.5", "C0111 4:16"),
      ("[1]", "C0101 4:16"),
      ("true", "C0101 4:16"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("cpu_quota: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("1", "2", "2")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("cpu_quota", "cpu_quota: \(base)", "cpu_quota: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("50000", ""),
      ("50ms", ""),
      ("0", ""),
      ("10", "C0401 4:16"),
      ("50000\ncpus: 1", "C0222 4:5"),
    ])
  func run(text: String, expected: String) {
    #expect(running("cpu_quota: \(text)") == expected)
  }
}
