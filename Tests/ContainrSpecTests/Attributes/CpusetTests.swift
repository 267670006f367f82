// cpuset: the CPUs that may be used.
import Testing

struct CpusetTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      (#""0-1,3""#, "'0-1,3'"),
      ("0", "'0'"),
      (#""0-${NUMBER}""#, "0-3"),
      (#""${EMPTY}""#, "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("cpuset", "cpuset: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("x", "C0113 4:13"),
      ("3-1", "C0113 4:13"),
      (#""0,,1""#, "C0113 4:13"),
      ("0-4294967295", "C0113 4:13"),
      ("[0]", "C0101 4:13"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("cpuset: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      (#""0""#, #""1""#, "'1'")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("cpuset", "cpuset: \(base)", "cpuset: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      (#""0""#, "")
    ])
  func run(text: String, expected: String) {
    #expect(running("cpuset: \(text)") == expected)
  }
}
