// cpus: CPU time.
import Testing

struct CpusTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("1.5", "1.5"),
      (#""0.5""#, "0.5"),
      ("2", "2"),
      (#""${NUMBER}""#, "3"),
      ("0", "0"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("cpus", "cpus: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("-1", "C0113 4:11"),
      ("x", "C0113 4:11"),
      ("[1]", "C0101 4:11"),
      ("true", "C0101 4:11"),
      ("1\ndeploy: {resources: {limits: {cpus: 2}}}", "C0222 5:35"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("cpus: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("1", "0.5", "0.5")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("cpus", "cpus: \(base)", "cpus: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("0.5", ""),
      ("1\ndeploy: {resources: {limits: {cpus: \"1.0\"}}}", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("cpus: \(text)") == expected)
  }
}
