// gpus: of the host.
import Testing

struct GpusTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("all", "[{count: -1}]"),
      ("[{count: 2}]", "[{count: 2}]"),
      ("[{count: all}]", "[{count: -1}]"),
      (
        #"[{driver: nvidia, device_ids: ["0", x], capabilities: [gpu, utility], options: {a: 1}}]"#,
        "[{capabilities: [gpu, utility], device_ids: ['0', x], driver: nvidia, options: {a: '1'}}]"
      ),
      ("[{driver: nvidia}]", "[{count: -1, driver: nvidia}]"),
      (#"[{count: "${NUMBER}"}]"#, "[{count: 3}]"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("gpus", "gpus: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("some", "C0110 4:11"),
      ("2", "C0110 4:11"),
      ("true", "C0101 4:11"),
      ("{count: 2}", "C0101 4:11"),
      ("[{counts: 2}]", "C0102 4:13"),
      ("[{count: x}]", "C0113 4:20"),
      ("[{count: 1, device_ids: [x]}]", "C0222 4:23"),
      ("[[a]]", "C0101 4:12"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("gpus: \(text)") == expected)
  }

  @Test(
    "requests add up",
    arguments: [
      ("[{count: 1}]", "[{driver: x}]", "[{count: 1}, {count: -1, driver: x}]")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("gpus", "gpus: \(base)", "gpus: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("all", ""),
      ("[]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("gpus: \(text)") == expected)
  }
}
