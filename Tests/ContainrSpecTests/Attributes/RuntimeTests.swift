// runtime: the OCI runtime.
import Testing

struct RuntimeTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("runc", "runc"),
      ("io.containerd.wasmedge.v1", "io.containerd.wasmedge.v1"),
      ("${WORD}", "word"),
      (#""${EMPTY}""#, "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("runtime", "runtime: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("[a]", "C0101 4:14"),
      ("{a: b}", "C0101 4:14"),
      ("true", "C0101 4:14"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("runtime: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("runc", "other", "other"),
      ("runc", "", "runc"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("runtime", "runtime: \(base)", "runtime: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it does not start",
    arguments: [
      ("runc", "C0401 4:5")
    ])
  func run(text: String, expected: String) {
    #expect(running("runtime: \(text)") == expected)
  }
}
