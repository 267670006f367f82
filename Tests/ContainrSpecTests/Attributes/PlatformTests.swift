// platform: os/arch/variant of the image.
import Testing

struct PlatformTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("linux/amd64", "linux/amd64"),
      ("linux/arm64/v8", "linux/arm64/v8"),
      (#""linux/${WORD}""#, "linux/word"),
      (#""${EMPTY}""#, "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("platform", "platform: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("[linux]", "C0101 4:15"),
      ("{os: linux}", "C0101 4:15"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("platform: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("linux/amd64", "linux/arm64", "linux/arm64")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("platform", "platform: \(base)", "platform: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("linux/amd64", "")
    ])
  func run(text: String, expected: String) {
    #expect(running("platform: \(text)") == expected)
  }
}
