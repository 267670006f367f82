// cpu_rt_period: the period of the real-time quota, in microseconds.
import Testing

struct CpuRtPeriodTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("50000", "50000"),
      (#""50000""#, "50000"),
      ("400ms", "400ms"),
      ("'1400us'", "1.4ms"),
      (#""${NUMBER}""#, "3"),
      ("0", "0"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("cpu_rt_period", "cpu_rt_period: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("x", "C0111 4:20"),
      ("1.5", "C0111 4:20"),
      ("[1]", "C0101 4:20"),
      ("true", "C0101 4:20"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("cpu_rt_period: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("1", "2", "2")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("cpu_rt_period", "cpu_rt_period: \(base)", "cpu_rt_period: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("50000", "")
    ])
  func run(text: String, expected: String) {
    #expect(running("cpu_rt_period: \(text)") == expected)
  }
}
