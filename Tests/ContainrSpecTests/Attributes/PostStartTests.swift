// post_start: commands in the container after its start.
import Testing

struct PostStartTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("[{command: a b}]", "[{command: [a, b]}]"),
      (
        "[{command: [a], user: root, privileged: true, working_dir: /x, environment: [A=1]}]",
        "[{command: [a], environment: {A: '1'}, privileged: true, user: root, working_dir: /x}]"
      ),
      (#"[{command: "a ${WORD}"}]"#, "[{command: [a, word]}]"),
      ("[]", "-"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("post_start", "post_start: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("{command: a}", "C0101 4:17"),
      ("[a]", "C0101 4:18"),
      ("[{user: root}]", "C0104 4:18"),
      ("[{command: a, run: b}]", "C0102 4:31"),
      ("[{command: {a: b}}]", "C0101 4:28"),
      ("[{command: a, privileged: maybe}]", "C0101 4:43"),
      ("[{command: a, image: x}]", "C0102 4:31"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("post_start: \(text)") == expected)
  }

  @Test(
    "commands add up",
    arguments: [
      ("[{command: a}]", "[{command: b}]", "[{command: [a]}, {command: [b]}]")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("post_start", "post_start: \(base)", "post_start: \(over)") == expected)
  }

  @Test(
    "a stack that asks for it starts",
    arguments: [
      ("[{command: a, user: root, privileged: true, working_dir: /x, environment: {A: b}}]", ""),
      ("[]", ""),
    ])
  func run(text: String, expected: String) {
    #expect(running("post_start: \(text)") == expected)
  }
}
