// container_name: a fixed name for the only container.
import Testing

struct ContainerNameTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("my-web.1", "my-web.1"),
      ("${WORD}", "word"),
      (#""${EMPTY}""#, "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("container_name", "container_name: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("a b", "C0119 4:21"),
      ("a/b", "C0119 4:21"),
      ("-a", "C0119 4:21"),
      ("[a]", "C0101 4:21"),
      ("{a: b}", "C0101 4:21"),
      ("true", "C0101 4:21"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("container_name: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("my-web.1", "other", "other"),
      ("my-web.1", "", "my-web.1"),
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("container_name", "container_name: \(base)", "container_name: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it starts, and says nothing",
    arguments: [
      ("web", "")
    ])
  func run(text: String, expected: String) {
    #expect(running("container_name: \(text)") == expected)
  }
}
