// user: who the process runs as.
import Testing

struct UserTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      (#""1000:1000""#, "1000:1000"),
      ("1000", "'1000'"),
      ("web:www", "web:www"),
      ("root", "root"),
      (#""${NUMBER}:${NUMBER}""#, "3:3"),
      (#""${EMPTY}""#, "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("user", "user: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      (#""a:b:c""#, "C0110 4:11"),
      (#""a b""#, "C0110 4:11"),
      (#"":1""#, "C0110 4:11"),
      ("4294967295", "C0113 4:11"),
      ("[a]", "C0101 4:11"),
      ("true", "C0101 4:11"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("user: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("a", "b", "b")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("user", "user: \(base)", "user: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("1000:1000", ""),
      (#""${EMPTY}""#, ""),
      // No shell reads it: such a file is valid, and does not start.
      (#""root:$(id -g)""#, "C0401 4:11"),
    ])
  func run(text: String, expected: String) {
    #expect(running("user: \(text)") == expected)
  }
}
