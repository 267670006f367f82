// mac_address: of the container.
import Testing

struct MacAddressTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      (#""02:42:ac:11:00:03""#, "02:42:ac:11:00:03"),
      ("02-42-AC-11-00-03", "02-42-AC-11-00-03"),
      (#""${EMPTY}""#, "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("mac_address", "mac_address: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("x", "C0116 4:18"),
      (#""02:42:ac:11:00""#, "C0116 4:18"),
      ("[a]", "C0101 4:18"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("mac_address: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      (#""02:42:ac:11:00:03""#, #""02:42:ac:11:00:04""#, "02:42:ac:11:00:04")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("mac_address", "mac_address: \(base)", "mac_address: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      (#""02:42:ac:11:00:03""#, ""),
      (#""03:42:ac:11:00:03""#, "C0401 4:18"),
    ])
  func run(text: String, expected: String) {
    #expect(running("mac_address: \(text)") == expected)
  }
}
