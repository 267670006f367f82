// cpu_count: number of CPUs.
import Testing

struct CpuCountTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("2", "2"),
      ("0", "0"),
      (#""${NUMBER}""#, "3"),
      ("${NUMBER}", "3"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("cpu_count", "cpu_count: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("-1", "C0113 4:16"),
      ("1.5", "C0113 4:16"),
      ("[1]", "C0101 4:16"),
      ("{a: 1}", "C0101 4:16"),
      ("true", "C0101 4:16"),
      ("1x", "C0113 4:16"),
      ("${WORD}", "C0113 4:16"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("cpu_count: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("1", "2", "2")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("cpu_count", "cpu_count: \(base)", "cpu_count: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("2", "")
    ])
  func run(text: String, expected: String) {
    #expect(running("cpu_count: \(text)") == expected)
  }
}
