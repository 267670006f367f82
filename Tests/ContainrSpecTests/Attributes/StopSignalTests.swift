// stop_signal: the signal that asks the container to end.
import Testing

struct StopSignalTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("SIGINT", "SIGINT"),
      ("INT", "INT"),
      ("15", "'15'"),
      (#""SIGRTMIN+3""#, "SIGRTMIN+3"),
      (#""${EMPTY}""#, "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("stop_signal", "stop_signal: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("SIGNOPE", "C0114 4:18"),
      ("99", "C0114 4:18"),
      ("[INT]", "C0101 4:18"),
      ("true", "C0101 4:18"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("stop_signal: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("SIGINT", "SIGQUIT", "SIGQUIT")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("stop_signal", "stop_signal: \(base)", "stop_signal: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("SIGINT", "")
    ])
  func run(text: String, expected: String) {
    #expect(running("stop_signal: \(text)") == expected)
  }
}
