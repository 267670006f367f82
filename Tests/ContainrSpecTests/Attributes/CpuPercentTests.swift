// cpu_percent: share of all CPUs.
import Testing

struct CpuPercentTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("50", "50"),
      (#""50""#, "50"),
      ("12.5", "12.5"),
      (#""${NUMBER}""#, "3"),
      ("${NUMBER}", "3"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("cpu_percent", "cpu_percent: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("101", "C0113 4:18"),
      ("-1", "C0113 4:18"),
      ("[1]", "C0101 4:18"),
      ("{a: 1}", "C0101 4:18"),
      ("true", "C0101 4:18"),
      ("1x", "C0113 4:18"),
      ("${WORD}", "C0113 4:18"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("cpu_percent: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("1", "2", "2")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("cpu_percent", "cpu_percent: \(base)", "cpu_percent: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it does not start",
    arguments: [
      ("50", "C0401 4:5")
    ])
  func run(text: String, expected: String) {
    #expect(running("cpu_percent: \(text)") == expected)
  }
}
