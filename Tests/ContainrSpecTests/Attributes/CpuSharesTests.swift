// cpu_shares: weight against other containers.
import Testing

struct CpuSharesTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("512", "512"),
      (#""512""#, "512"),
      ("0", "0"),
      (#""${NUMBER}""#, "3"),
      ("${NUMBER}", "3"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("cpu_shares", "cpu_shares: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("-1", "C0113 4:17"),
      ("1.5", "C0113 4:17"),
      ("[1]", "C0101 4:17"),
      ("{a: 1}", "C0101 4:17"),
      ("true", "C0101 4:17"),
      ("1x", "C0113 4:17"),
      ("${WORD}", "C0113 4:17"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("cpu_shares: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("1", "2", "2")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("cpu_shares", "cpu_shares: \(base)", "cpu_shares: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("512", "")
    ])
  func run(text: String, expected: String) {
    #expect(running("cpu_shares: \(text)") == expected)
  }
}
