// use_api_socket: the API socket of an engine.
import Testing

struct UseApiSocketTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("true", "true"),
      ("false", "false"),
      (#""${YES}""#, "true"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("use_api_socket", "use_api_socket: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("maybe", "C0101 4:21"),
      ("[true]", "C0101 4:21"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("use_api_socket: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("true", "false", "false")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("use_api_socket", "use_api_socket: \(base)", "use_api_socket: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it does not start, unless it asks for what happens anyway",
    arguments: [
      ("true", "C0401 4:5"),
      ("false", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("use_api_socket: \(text)") == expected)
  }
}
