// cpu_period: the period of the CPU quota, in microseconds.
import Testing

struct CpuPeriodTests {
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
    #expect(model("cpu_period", "cpu_period: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("x", "C0111 4:17"),
      ("1.5", "C0111 4:17"),
      ("[1]", "C0101 4:17"),
      ("true", "C0101 4:17"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("cpu_period: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("1", "2", "2")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("cpu_period", "cpu_period: \(base)", "cpu_period: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("50000", ""),
      ("50ms", ""),
      ("0", ""),
      ("10", "C0401 4:17"),
      ("50000\ncpus: 1", "C0222 4:5"),
    ])
  func run(text: String, expected: String) {
    #expect(running("cpu_period: \(text)") == expected)
  }
}
